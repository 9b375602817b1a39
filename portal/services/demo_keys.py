"""Keys for the seals of the example enterprises; made after the start, for each takes a third of a second."""

import sqlalchemy as sa

from portal.config import Settings
from portal.domain.access import OrganisationKind
from portal.models.database import Database
from portal.models.organisations import Organisation
from portal.services.signing_keys import create_authority, is_usable, issue_key, newest_key


def make_demo_keys(database: Database, settings: Settings) -> None:
    """A test authority, and a key for each enterprise that has none; does nothing in production."""
    if settings.production:
        return
    with database.writing() as session:
        if newest_key(session, None) is None:
            create_authority(session, settings.secret_key)
        enterprises = sa.select(Organisation).where(Organisation.kind == OrganisationKind.ENTERPRISE)
        for enterprise in session.scalars(enterprises.order_by(Organisation.id)).all():
            held = newest_key(session, enterprise.id)
            if held is None or not is_usable(held):
                issue_key(session, settings.secret_key, enterprise.uscc)
