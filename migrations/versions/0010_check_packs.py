"""Check packs that a regulator writes: drafts, cases, dry-runs, publication."""

from alembic import op  # noqa: F401 - tables of this revision come with their feature

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
