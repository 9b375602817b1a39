"""Products, footprints, credits and the dossiers made of them."""

from alembic import op  # noqa: F401 - tables of this revision come with their feature

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
