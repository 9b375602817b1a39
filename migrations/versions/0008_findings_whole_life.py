"""Findings' whole life: waivers asked, extensions, comments, look-back."""

from alembic import op  # noqa: F401 - tables of this revision come with their feature

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
