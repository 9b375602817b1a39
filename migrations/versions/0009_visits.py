"""Visits: chosen packs, answers, photos, draws by lot."""

from alembic import op  # noqa: F401 - tables of this revision come with their feature

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
