"""The life of a document: editions, signatures, keys, staleness."""

from alembic import op  # noqa: F401 - tables of this revision come with their feature

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
