"""The example world of a first start: three enterprises, their steward, their regulators.

Every name says that it is an example. Nothing here is loaded in production.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.errors import Refused
from portal.domain.messages import N_
from portal.domain.periods import Month, today
from portal.models.database import Database
from portal.services.demo_credits import add_demo_credits
from portal.services.demo_dossiers import add_dossiers
from portal.services.demo_people import (
    BATTERY,
    DYEING,
    PASSWORD,
    STEEL,
    Account,
    World,
    add_enterprise,
    add_firm_and_authorities,
    is_empty,
)
from portal.services.demo_products import add_demo_products
from portal.services.demo_records import add_dyeing_months, add_steel_months, whole_year
from portal.services.demo_visits import DemoVisitors, add_visits
from portal.services.jobs import request_job
from portal.storage import Storage, open_storage

__all__ = ["PASSWORD", "Account", "fill_world", "load_demo"]


def load_demo(settings: Settings) -> list[dict[str, str]]:
    """Make the example world of an instance; returns its accounts. Raises Refused in production."""
    if settings.production:
        raise Refused(N_("生产环境不装入示例数据"))
    database = Database(settings.database_url)
    try:
        with _uncollected(), database.writing() as session:
            return [asdict(account) for account in fill_world(session, open_storage(settings.storage_url))]
    finally:
        database.engine.dispose()


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for cycles meanwhile: it finds little among all these rows and takes a tenth of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def fill_world(session: Session, storage: Storage) -> list[Account]:
    """Make the example world in an empty database; returns its accounts, or none when people are there."""
    if not is_empty(session):
        return []
    last = Month.of(today()).previous()
    year = whole_year(last)
    world = add_firm_and_authorities(session)
    steel = add_enterprise(session, world, STEEL, Month(year, 1))
    dyeing = add_enterprise(session, world, DYEING, Month(year, 1))
    # Its first month is the present one: nothing is due yet.
    battery = add_enterprise(session, world, BATTERY, Month.of(today()))
    add_steel_months(session, storage, world.people(STEEL.place), steel.id, last)
    add_dyeing_months(session, storage, world.people(DYEING.place), dyeing.id, last)
    add_visits(session, _visitors(world), steel.id)
    places = {STEEL.place: steel.id, DYEING.place: dyeing.id, BATTERY.place: battery.id}
    officers = {place: world.people(place).officer for place in places}
    for spec in (DYEING, BATTERY):
        add_demo_products(session, officers[spec.place], places[spec.place], spec.place)
    add_dossiers(session, officers, places, year)
    add_demo_credits(session, storage, officers[DYEING.place], dyeing.id, DYEING.name, year)
    request_job(session, "make_demo_keys", steel.id, actor=officers[STEEL.place], enterprise_id=steel.id)
    return world.accounts


def _visitors(world: World) -> DemoVisitors:
    return DemoVisitors(
        steward=world.actors["steward@firm.example"],
        officer=world.actors["officer@steel.example"],
        regulator=world.actors["reviewer@district.example"],
        password=PASSWORD,
    )
