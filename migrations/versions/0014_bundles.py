"""Keys for seals, and bundles."""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_signing_keys()
    _make_bundles()
    _make_parts()


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _make_signing_keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", _choice("key_kind", "authority", "organisation"), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("private_key", sa.Text(), nullable=False),
        sa.Column("token_uri", sa.String(length=300), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("valid_to", UtcDateTime(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoke_reason", sa.String(length=300), nullable=False),
        sa.CheckConstraint(
            "(kind = 'authority') = (organisation_id IS NULL)",
            name=op.f("ck_signing_keys_only_an_authority_has_no_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_signing_keys_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_keys")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_signing_keys_fingerprint")),
    )
    op.create_index(op.f("ix_signing_keys_organisation_id"), "signing_keys", ["organisation_id"])


def _make_bundles() -> None:
    op.create_table(
        "bundles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("first_month", sa.String(length=7), nullable=False),
        sa.Column("last_month", sa.String(length=7), nullable=False),
        sa.Column("state", _choice("bundle_state", "building", "ready", "failed"), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("with_trace", sa.Boolean(), nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("requested_by_id", sa.Integer(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("problem", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["organisations.id"], name=op.f("fk_bundles_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_bundles_organisation_id")
        ),
        sa.ForeignKeyConstraint(["requested_by_id"], ["users.id"], name=op.f("fk_bundles_requested_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundles")),
    )
    op.create_index(op.f("ix_bundles_enterprise_id"), "bundles", ["enterprise_id"])
    op.create_index(
        "uq_bundles_building",
        "bundles",
        ["enterprise_id"],
        unique=True,
        sqlite_where=sa.text("state = 'building'"),
        postgresql_where=sa.text("state = 'building'"),
    )


def _make_parts() -> None:
    kinds = ("data", "document", "evidence", "checks", "events", "proof")
    op.create_table(
        "bundle_parts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bundle_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", _choice("part_kind", *kinds), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("origin", sa.String(length=60), nullable=False),
        sa.Column("storage_key", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("crc32", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["bundle_id"], ["bundles.id"], name=op.f("fk_bundle_parts_bundle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle_parts")),
        sa.UniqueConstraint("bundle_id", "name", name=op.f("uq_bundle_parts_bundle_id_name")),
        sa.UniqueConstraint("bundle_id", "position", name=op.f("uq_bundle_parts_bundle_id_position")),
    )


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("bundle_parts")
    op.drop_index(
        "uq_bundles_building",
        table_name="bundles",
        sqlite_where=sa.text("state = 'building'"),
        postgresql_where=sa.text("state = 'building'"),
    )
    op.drop_index(op.f("ix_bundles_enterprise_id"), table_name="bundles")
    op.drop_table("bundles")
    op.drop_index(op.f("ix_signing_keys_organisation_id"), table_name="signing_keys")
    op.drop_table("signing_keys")
