"""Frozen rows: what is signed, issued, approved or traced cannot be changed, whoever tries."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SQLITE = (
    "CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events rows are frozen'); END",
    "CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events rows are frozen'); END",
    "CREATE TRIGGER snapshots_refuse_update BEFORE UPDATE ON snapshots BEGIN SELECT RAISE(ABORT, 'snapshots rows are frozen'); END",
    "CREATE TRIGGER snapshots_refuse_delete BEFORE DELETE ON snapshots BEGIN SELECT RAISE(ABORT, 'snapshots rows are frozen'); END",
    "CREATE TRIGGER issued_documents_refuse_update BEFORE UPDATE ON issued_documents BEGIN SELECT RAISE(ABORT, 'issued_documents rows are frozen'); END",
    "CREATE TRIGGER issued_documents_refuse_delete BEFORE DELETE ON issued_documents BEGIN SELECT RAISE(ABORT, 'issued_documents rows are frozen'); END",
    "CREATE TRIGGER record_values_frozen_insert BEFORE INSERT ON record_values WHEN EXISTS (SELECT 1 FROM snapshots WHERE version_id = NEW.version_id) BEGIN SELECT RAISE(ABORT, 'record_values are frozen'); END",
    "CREATE TRIGGER record_values_frozen_update BEFORE UPDATE ON record_values WHEN EXISTS (SELECT 1 FROM snapshots WHERE version_id = OLD.version_id) OR EXISTS (SELECT 1 FROM snapshots WHERE version_id = NEW.version_id) BEGIN SELECT RAISE(ABORT, 'record_values are frozen'); END",
    "CREATE TRIGGER record_values_frozen_delete BEFORE DELETE ON record_values WHEN EXISTS (SELECT 1 FROM snapshots WHERE version_id = OLD.version_id) BEGIN SELECT RAISE(ABORT, 'record_values are frozen'); END",
    "CREATE TRIGGER evidence_links_frozen_insert BEFORE INSERT ON evidence_links WHEN EXISTS (SELECT 1 FROM snapshots WHERE version_id = NEW.version_id) BEGIN SELECT RAISE(ABORT, 'evidence_links are frozen'); END",
    "CREATE TRIGGER evidence_links_frozen_update BEFORE UPDATE ON evidence_links WHEN EXISTS (SELECT 1 FROM snapshots WHERE version_id = OLD.version_id) OR EXISTS (SELECT 1 FROM snapshots WHERE version_id = NEW.version_id) BEGIN SELECT RAISE(ABORT, 'evidence_links are frozen'); END",
    "CREATE TRIGGER evidence_links_frozen_delete BEFORE DELETE ON evidence_links WHEN EXISTS (SELECT 1 FROM snapshots WHERE version_id = OLD.version_id) BEGIN SELECT RAISE(ABORT, 'evidence_links are frozen'); END",
    "CREATE TRIGGER source_streams_frozen_insert BEFORE INSERT ON source_streams WHEN EXISTS (SELECT 1 FROM plan_versions p WHERE p.id = NEW.plan_version_id AND p.state IN ('approved', 'superseded')) BEGIN SELECT RAISE(ABORT, 'source_streams are frozen'); END",
    "CREATE TRIGGER source_streams_frozen_update BEFORE UPDATE ON source_streams WHEN EXISTS (SELECT 1 FROM plan_versions p WHERE p.id = OLD.plan_version_id AND p.state IN ('approved', 'superseded')) OR EXISTS (SELECT 1 FROM plan_versions p WHERE p.id = NEW.plan_version_id AND p.state IN ('approved', 'superseded')) BEGIN SELECT RAISE(ABORT, 'source_streams are frozen'); END",
    "CREATE TRIGGER source_streams_frozen_delete BEFORE DELETE ON source_streams WHEN EXISTS (SELECT 1 FROM plan_versions p WHERE p.id = OLD.plan_version_id AND p.state IN ('approved', 'superseded')) BEGIN SELECT RAISE(ABORT, 'source_streams are frozen'); END",
    "CREATE TRIGGER parameters_frozen_insert BEFORE INSERT ON parameters WHEN EXISTS (SELECT 1 FROM source_streams s JOIN plan_versions p ON p.id = s.plan_version_id WHERE s.id = NEW.stream_id AND p.state IN ('approved', 'superseded')) BEGIN SELECT RAISE(ABORT, 'parameters are frozen'); END",
    "CREATE TRIGGER parameters_frozen_update BEFORE UPDATE ON parameters WHEN EXISTS (SELECT 1 FROM source_streams s JOIN plan_versions p ON p.id = s.plan_version_id WHERE s.id = OLD.stream_id AND p.state IN ('approved', 'superseded')) OR EXISTS (SELECT 1 FROM source_streams s JOIN plan_versions p ON p.id = s.plan_version_id WHERE s.id = NEW.stream_id AND p.state IN ('approved', 'superseded')) BEGIN SELECT RAISE(ABORT, 'parameters are frozen'); END",
    "CREATE TRIGGER parameters_frozen_delete BEFORE DELETE ON parameters WHEN EXISTS (SELECT 1 FROM source_streams s JOIN plan_versions p ON p.id = s.plan_version_id WHERE s.id = OLD.stream_id AND p.state IN ('approved', 'superseded')) BEGIN SELECT RAISE(ABORT, 'parameters are frozen'); END",
    "CREATE TRIGGER evidence_slots_frozen_insert BEFORE INSERT ON evidence_slots WHEN EXISTS (SELECT 1 FROM parameters q JOIN source_streams s ON s.id = q.stream_id JOIN plan_versions p ON p.id = s.plan_version_id WHERE q.id = NEW.parameter_id AND p.state IN ('approved', 'superseded')) BEGIN SELECT RAISE(ABORT, 'evidence_slots are frozen'); END",
    "CREATE TRIGGER evidence_slots_frozen_update BEFORE UPDATE ON evidence_slots WHEN EXISTS (SELECT 1 FROM parameters q JOIN source_streams s ON s.id = q.stream_id JOIN plan_versions p ON p.id = s.plan_version_id WHERE q.id = OLD.parameter_id AND p.state IN ('approved', 'superseded')) OR EXISTS (SELECT 1 FROM parameters q JOIN source_streams s ON s.id = q.stream_id JOIN plan_versions p ON p.id = s.plan_version_id WHERE q.id = NEW.parameter_id AND p.state IN ('approved', 'superseded')) BEGIN SELECT RAISE(ABORT, 'evidence_slots are frozen'); END",
    "CREATE TRIGGER evidence_slots_frozen_delete BEFORE DELETE ON evidence_slots WHEN EXISTS (SELECT 1 FROM parameters q JOIN source_streams s ON s.id = q.stream_id JOIN plan_versions p ON p.id = s.plan_version_id WHERE q.id = OLD.parameter_id AND p.state IN ('approved', 'superseded')) BEGIN SELECT RAISE(ABORT, 'evidence_slots are frozen'); END",
    "CREATE TRIGGER snapshots_signed_by_signatory BEFORE INSERT ON snapshots WHEN NOT EXISTS (SELECT 1 FROM record_versions v JOIN monthly_records m ON m.id = v.record_id JOIN users u ON u.organisation_id = m.enterprise_id JOIN user_roles r ON r.user_id = u.id WHERE v.id = NEW.version_id AND u.id = NEW.signed_by_id AND r.role = 'enterprise_signatory') BEGIN SELECT RAISE(ABORT, 'only a signatory of the enterprise signs'); END",
    "CREATE TRIGGER plan_versions_frozen BEFORE UPDATE ON plan_versions WHEN OLD.state IN ('approved', 'superseded') AND (NEW.state NOT IN ('approved', 'superseded') OR OLD.enterprise_id IS NOT NEW.enterprise_id OR OLD.number IS NOT NEW.number OR OLD.guideline IS NOT NEW.guideline OR OLD.effective_from IS NOT NEW.effective_from OR OLD.reason IS NOT NEW.reason OR OLD.boundary IS NOT NEW.boundary OR OLD.content_sha256 IS NOT NEW.content_sha256) BEGIN SELECT RAISE(ABORT, 'an approved plan is frozen'); END",
)

SQLITE_DOWN = (
    "DROP TRIGGER plan_versions_frozen",
    "DROP TRIGGER snapshots_signed_by_signatory",
    "DROP TRIGGER evidence_slots_frozen_delete",
    "DROP TRIGGER evidence_slots_frozen_update",
    "DROP TRIGGER evidence_slots_frozen_insert",
    "DROP TRIGGER parameters_frozen_delete",
    "DROP TRIGGER parameters_frozen_update",
    "DROP TRIGGER parameters_frozen_insert",
    "DROP TRIGGER source_streams_frozen_delete",
    "DROP TRIGGER source_streams_frozen_update",
    "DROP TRIGGER source_streams_frozen_insert",
    "DROP TRIGGER evidence_links_frozen_delete",
    "DROP TRIGGER evidence_links_frozen_update",
    "DROP TRIGGER evidence_links_frozen_insert",
    "DROP TRIGGER record_values_frozen_delete",
    "DROP TRIGGER record_values_frozen_update",
    "DROP TRIGGER record_values_frozen_insert",
    "DROP TRIGGER issued_documents_refuse_delete",
    "DROP TRIGGER issued_documents_refuse_update",
    "DROP TRIGGER snapshots_refuse_delete",
    "DROP TRIGGER snapshots_refuse_update",
    "DROP TRIGGER events_refuse_delete",
    "DROP TRIGGER events_refuse_update",
)

POSTGRESQL = (
    "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' rows are frozen'; END $$",
    "CREATE FUNCTION refuse_other_signers() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM record_versions v JOIN monthly_records m ON m.id = v.record_id JOIN users u ON u.organisation_id = m.enterprise_id JOIN user_roles r ON r.user_id = u.id WHERE v.id = NEW.version_id AND u.id = NEW.signed_by_id AND r.role = 'enterprise_signatory') THEN RAISE EXCEPTION 'only a signatory of the enterprise signs'; END IF; RETURN NEW; END $$",
    "CREATE FUNCTION refuse_change_of_plan() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state IN ('approved', 'superseded') AND (NEW.state NOT IN ('approved', 'superseded') OR OLD.enterprise_id IS DISTINCT FROM NEW.enterprise_id OR OLD.number IS DISTINCT FROM NEW.number OR OLD.guideline IS DISTINCT FROM NEW.guideline OR OLD.effective_from IS DISTINCT FROM NEW.effective_from OR OLD.reason IS DISTINCT FROM NEW.reason OR OLD.boundary IS DISTINCT FROM NEW.boundary OR OLD.content_sha256 IS DISTINCT FROM NEW.content_sha256) THEN RAISE EXCEPTION 'an approved plan is frozen'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER events_refuse_change BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER snapshots_refuse_change BEFORE UPDATE OR DELETE ON snapshots FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER issued_documents_refuse_change BEFORE UPDATE OR DELETE ON issued_documents FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE FUNCTION refuse_change_of_record_values() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP <> 'INSERT' THEN IF EXISTS (SELECT 1 FROM snapshots WHERE version_id = OLD.version_id) THEN RAISE EXCEPTION 'record_values are frozen'; END IF; END IF; IF TG_OP <> 'DELETE' THEN IF EXISTS (SELECT 1 FROM snapshots WHERE version_id = NEW.version_id) THEN RAISE EXCEPTION 'record_values are frozen'; END IF; RETURN NEW; END IF; RETURN OLD; END $$",
    "CREATE TRIGGER record_values_frozen BEFORE INSERT OR UPDATE OR DELETE ON record_values FOR EACH ROW EXECUTE FUNCTION refuse_change_of_record_values()",
    "CREATE FUNCTION refuse_change_of_evidence_links() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP <> 'INSERT' THEN IF EXISTS (SELECT 1 FROM snapshots WHERE version_id = OLD.version_id) THEN RAISE EXCEPTION 'evidence_links are frozen'; END IF; END IF; IF TG_OP <> 'DELETE' THEN IF EXISTS (SELECT 1 FROM snapshots WHERE version_id = NEW.version_id) THEN RAISE EXCEPTION 'evidence_links are frozen'; END IF; RETURN NEW; END IF; RETURN OLD; END $$",
    "CREATE TRIGGER evidence_links_frozen BEFORE INSERT OR UPDATE OR DELETE ON evidence_links FOR EACH ROW EXECUTE FUNCTION refuse_change_of_evidence_links()",
    "CREATE FUNCTION refuse_change_of_source_streams() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP <> 'INSERT' THEN IF EXISTS (SELECT 1 FROM plan_versions p WHERE p.id = OLD.plan_version_id AND p.state IN ('approved', 'superseded')) THEN RAISE EXCEPTION 'source_streams are frozen'; END IF; END IF; IF TG_OP <> 'DELETE' THEN IF EXISTS (SELECT 1 FROM plan_versions p WHERE p.id = NEW.plan_version_id AND p.state IN ('approved', 'superseded')) THEN RAISE EXCEPTION 'source_streams are frozen'; END IF; RETURN NEW; END IF; RETURN OLD; END $$",
    "CREATE TRIGGER source_streams_frozen BEFORE INSERT OR UPDATE OR DELETE ON source_streams FOR EACH ROW EXECUTE FUNCTION refuse_change_of_source_streams()",
    "CREATE FUNCTION refuse_change_of_parameters() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP <> 'INSERT' THEN IF EXISTS (SELECT 1 FROM source_streams s JOIN plan_versions p ON p.id = s.plan_version_id WHERE s.id = OLD.stream_id AND p.state IN ('approved', 'superseded')) THEN RAISE EXCEPTION 'parameters are frozen'; END IF; END IF; IF TG_OP <> 'DELETE' THEN IF EXISTS (SELECT 1 FROM source_streams s JOIN plan_versions p ON p.id = s.plan_version_id WHERE s.id = NEW.stream_id AND p.state IN ('approved', 'superseded')) THEN RAISE EXCEPTION 'parameters are frozen'; END IF; RETURN NEW; END IF; RETURN OLD; END $$",
    "CREATE TRIGGER parameters_frozen BEFORE INSERT OR UPDATE OR DELETE ON parameters FOR EACH ROW EXECUTE FUNCTION refuse_change_of_parameters()",
    "CREATE FUNCTION refuse_change_of_evidence_slots() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP <> 'INSERT' THEN IF EXISTS (SELECT 1 FROM parameters q JOIN source_streams s ON s.id = q.stream_id JOIN plan_versions p ON p.id = s.plan_version_id WHERE q.id = OLD.parameter_id AND p.state IN ('approved', 'superseded')) THEN RAISE EXCEPTION 'evidence_slots are frozen'; END IF; END IF; IF TG_OP <> 'DELETE' THEN IF EXISTS (SELECT 1 FROM parameters q JOIN source_streams s ON s.id = q.stream_id JOIN plan_versions p ON p.id = s.plan_version_id WHERE q.id = NEW.parameter_id AND p.state IN ('approved', 'superseded')) THEN RAISE EXCEPTION 'evidence_slots are frozen'; END IF; RETURN NEW; END IF; RETURN OLD; END $$",
    "CREATE TRIGGER evidence_slots_frozen BEFORE INSERT OR UPDATE OR DELETE ON evidence_slots FOR EACH ROW EXECUTE FUNCTION refuse_change_of_evidence_slots()",
    "CREATE TRIGGER snapshots_signed_by_signatory BEFORE INSERT ON snapshots FOR EACH ROW EXECUTE FUNCTION refuse_other_signers()",
    "CREATE TRIGGER plan_versions_frozen BEFORE UPDATE ON plan_versions FOR EACH ROW EXECUTE FUNCTION refuse_change_of_plan()",
)

POSTGRESQL_DOWN = (
    "DROP TRIGGER plan_versions_frozen ON plan_versions",
    "DROP TRIGGER snapshots_signed_by_signatory ON snapshots",
    "DROP TRIGGER evidence_slots_frozen ON evidence_slots",
    "DROP FUNCTION refuse_change_of_evidence_slots()",
    "DROP TRIGGER parameters_frozen ON parameters",
    "DROP FUNCTION refuse_change_of_parameters()",
    "DROP TRIGGER source_streams_frozen ON source_streams",
    "DROP FUNCTION refuse_change_of_source_streams()",
    "DROP TRIGGER evidence_links_frozen ON evidence_links",
    "DROP FUNCTION refuse_change_of_evidence_links()",
    "DROP TRIGGER record_values_frozen ON record_values",
    "DROP FUNCTION refuse_change_of_record_values()",
    "DROP TRIGGER issued_documents_refuse_change ON issued_documents",
    "DROP TRIGGER snapshots_refuse_change ON snapshots",
    "DROP TRIGGER events_refuse_change ON events",
    "DROP FUNCTION refuse_change_of_plan()",
    "DROP FUNCTION refuse_other_signers()",
    "DROP FUNCTION refuse_change()",
)


def upgrade() -> None:
    """Put the triggers in place."""
    _run(SQLITE, POSTGRESQL)


def downgrade() -> None:
    """Take the triggers away."""
    _run(SQLITE_DOWN, POSTGRESQL_DOWN)


def _run(sqlite: tuple[str, ...], postgresql: tuple[str, ...]) -> None:
    connection = op.get_bind()
    for statement in sqlite if connection.dialect.name == "sqlite" else postgresql:
        connection.exec_driver_sql(statement)
