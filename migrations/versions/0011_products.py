"""Products, product systems, footprints worked out from them, footprints of suppliers."""

import sqlalchemy as sa
from alembic import op

from portal.models.types import DecimalText, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SQLITE = (
    "CREATE TRIGGER product_footprints_refuse_update BEFORE UPDATE ON product_footprints BEGIN SELECT RAISE(ABORT, 'product_footprints rows are frozen'); END",
    "CREATE TRIGGER product_footprints_refuse_delete BEFORE DELETE ON product_footprints BEGIN SELECT RAISE(ABORT, 'product_footprints rows are frozen'); END",
    "CREATE TRIGGER supplier_footprints_refuse_update BEFORE UPDATE ON supplier_footprints BEGIN SELECT RAISE(ABORT, 'supplier_footprints rows are frozen'); END",
    "CREATE TRIGGER supplier_footprints_refuse_delete BEFORE DELETE ON supplier_footprints BEGIN SELECT RAISE(ABORT, 'supplier_footprints rows are frozen'); END",
    "CREATE TRIGGER product_systems_frozen_update BEFORE UPDATE ON product_systems WHEN EXISTS (SELECT 1 FROM product_footprints f WHERE f.system_id = OLD.id) BEGIN SELECT RAISE(ABORT, 'a product system with footprints is frozen'); END",
    "CREATE TRIGGER product_systems_frozen_delete BEFORE DELETE ON product_systems WHEN EXISTS (SELECT 1 FROM product_footprints f WHERE f.system_id = OLD.id) BEGIN SELECT RAISE(ABORT, 'a product system with footprints is frozen'); END",
)

POSTGRESQL = (
    "CREATE FUNCTION refuse_change_of_product_system() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM product_footprints f WHERE f.system_id = OLD.id) THEN RAISE EXCEPTION 'a product system with footprints is frozen'; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER product_footprints_refuse_change BEFORE UPDATE OR DELETE ON product_footprints FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER supplier_footprints_refuse_change BEFORE UPDATE OR DELETE ON supplier_footprints FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER product_systems_frozen BEFORE UPDATE OR DELETE ON product_systems FOR EACH ROW EXECUTE FUNCTION refuse_change_of_product_system()",
)

#: SQLite drops a table's triggers with the table.
POSTGRESQL_DOWN = (
    "DROP TRIGGER product_systems_frozen ON product_systems",
    "DROP TRIGGER supplier_footprints_refuse_change ON supplier_footprints",
    "DROP TRIGGER product_footprints_refuse_change ON product_footprints",
    "DROP FUNCTION refuse_change_of_product_system()",
)


def upgrade() -> None:
    """Make the tables, then their triggers."""
    _make_products()
    _make_supplier_footprints()
    _make_systems()
    _make_footprints()
    connection = op.get_bind()
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
        connection.exec_driver_sql(statement)


def _make_products() -> None:
    op.create_table(
        "products",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("model", sa.String(length=120), nullable=False),
        sa.Column("functional", sa.Boolean(), nullable=False),
        sa.Column("unit_amount", DecimalText(), nullable=False),
        sa.Column("unit", sa.String(length=30), nullable=False),
        sa.Column("unit_words", sa.String(length=200), nullable=False),
        sa.Column("mass", DecimalText(), nullable=True),
        sa.Column("hs_code", sa.String(length=20), nullable=False),
        sa.Column("cn_code", sa.String(length=20), nullable=False),
        sa.Column(
            "boundary",
            sa.Enum(
                "cradle_to_gate",
                "cradle_to_grave",
                name="boundary",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("rules", sa.String(length=300), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_products_created_by_id")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["organisations.id"], name=op.f("fk_products_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["updated_by_id"], ["users.id"], name=op.f("fk_products_updated_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint(
            "enterprise_id", "name", "model", name=op.f("uq_products_enterprise_id_name_model")
        ),
    )


def _make_supplier_footprints() -> None:
    op.create_table(
        "supplier_footprints",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("pact_id", sa.String(length=100), nullable=False),
        sa.Column("spec_version", sa.String(length=20), nullable=False),
        sa.Column("supplier", sa.String(length=200), nullable=False),
        sa.Column("product", sa.String(length=300), nullable=False),
        sa.Column("unit", sa.String(length=30), nullable=False),
        sa.Column("amount", DecimalText(), nullable=False),
        sa.Column("pcf_excluding_biogenic_uptake", DecimalText(), nullable=False),
        sa.Column("pcf_including_biogenic_uptake", DecimalText(), nullable=False),
        sa.Column("period_from", UtcDateTime(), nullable=True),
        sa.Column("period_to", UtcDateTime(), nullable=True),
        sa.Column("geography", sa.String(length=60), nullable=False),
        sa.Column("primary_data_share", DecimalText(), nullable=True),
        sa.Column("raw", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("imported_at", UtcDateTime(), nullable=False),
        sa.Column("imported_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["organisations.id"], name=op.f("fk_supplier_footprints_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["imported_by_id"], ["users.id"], name=op.f("fk_supplier_footprints_imported_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_footprints")),
        sa.UniqueConstraint(
            "enterprise_id", "sha256", name=op.f("uq_supplier_footprints_enterprise_id_sha256")
        ),
    )


def _make_systems() -> None:
    op.create_table(
        "product_systems",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first_month", sa.String(length=7), nullable=False),
        sa.Column("last_month", sa.String(length=7), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_product_systems_product_id")),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["users.id"], name=op.f("fk_product_systems_updated_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_systems")),
        sa.UniqueConstraint("product_id", "number", name=op.f("uq_product_systems_product_id_number")),
    )


def _make_footprints() -> None:
    op.create_table(
        "product_footprints",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("system_id", sa.Integer(), nullable=False),
        sa.Column("first_month", sa.String(length=7), nullable=False),
        sa.Column("last_month", sa.String(length=7), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("product_facts", sa.JSON(), nullable=False),
        sa.Column("total", DecimalText(), nullable=False),
        sa.Column("input_sha256", sa.String(length=64), nullable=False),
        sa.Column("computed_at", UtcDateTime(), nullable=False),
        sa.Column("computed_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["computed_by_id"], ["users.id"], name=op.f("fk_product_footprints_computed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_footprints_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["system_id"], ["product_systems.id"], name=op.f("fk_product_footprints_system_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_footprints")),
    )
    op.create_index(
        op.f("ix_product_footprints_product_id"), "product_footprints", ["product_id"], unique=False
    )
    op.create_index(
        op.f("ix_product_footprints_system_id"), "product_footprints", ["system_id"], unique=False
    )


def downgrade() -> None:
    """Remove the tables."""
    connection = op.get_bind()
    for statement in () if connection.dialect.name == "sqlite" else POSTGRESQL_DOWN:
        connection.exec_driver_sql(statement)
    op.drop_index(op.f("ix_product_footprints_system_id"), table_name="product_footprints")
    op.drop_index(op.f("ix_product_footprints_product_id"), table_name="product_footprints")
    op.drop_table("product_footprints")
    op.drop_table("product_systems")
    op.drop_table("supplier_footprints")
    op.drop_table("products")
