"""Texts of people that would be scripts: every page shows them as letters."""

import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.domain.workflow import Section, Severity
from portal.models.evidence import Evidence
from portal.models.meters import Meter
from portal.models.organisations import Organisation
from portal.models.records import MonthlyRecord
from portal.models.users import User
from portal.services.findings import raise_finding
from portal.services.reviews import take_for_review
from tests.factories.world import World
from tests.fixtures.application import Browser
from tests.fixtures.reviewing import MONTH, reviewing_sqlite  # noqa: F401 - a fixture

SCRIPT = "<script>alert('%(x)s')</script>\" onmouseover=\"alert(1)"
#: What must not come out of any page: the script as a script, the attribute as an attribute.
RAW = re.compile(r"<script>alert|\" onmouseover=")


class Inline(HTMLParser):
    """Collects what the page's policy would not let run: scripts, styles and handlers in the page itself."""

    def __init__(self) -> None:
        """Begin with nothing found."""
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        names = {name for name, _ in attrs}
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [name for name in names if name == "style" or name.startswith("on")]


def inline_in(page: str) -> list[str]:
    """Names of what stands inline in a page."""
    parser = Inline()
    parser.feed(page)
    return parser.found


@pytest.fixture
def sqlite_url(reviewing_sqlite: tuple[Path, World, int], tmp_path: Path) -> str:  # noqa: F811 - asks for it
    """The database in which a month is submitted."""
    path = tmp_path / "portal.db"
    shutil.copy(reviewing_sqlite[0], path)
    return f"sqlite:///{path}"


@pytest.fixture
def world(reviewing_sqlite: tuple[Path, World, int]) -> World:  # noqa: F811 - asks for it
    """The people of that database."""
    return reviewing_sqlite[1]


def test_no_page_runs_what_somebody_wrote(
    app: Flask,
    world: World,
    browse: Callable[[int], Browser],
    reviewing_sqlite: tuple[Path, World, int],  # noqa: F811
) -> None:
    with app.extensions["portal.database"].writing() as session:
        record = session.scalars(sa.select(MonthlyRecord).where(MonthlyRecord.month == str(MONTH))).one()
        take_for_review(session, world.regulator, record.id, record.row_version)
        finding = raise_finding(
            session,
            world.regulator,
            record.id,
            section=Section.ENERGY,
            severity=Severity.BLOCKING,
            title=SCRIPT,
            text=SCRIPT,
            due_on=record.due_on.replace(year=2099),
            cell="S-02.purchased",
            clause=SCRIPT,
        )
        finding_id = finding.id
        for column in (
            Organisation.name,
            User.name,
            User.title,
            Evidence.filename,
            Meter.name,
            Meter.location,
        ):
            session.execute(sa.update(column.class_).values({column.key: SCRIPT}))
    month = f"/enterprises/{world.steel_id}/records/{MONTH}"
    base = f"/enterprises/{world.steel_id}"
    pages = {
        world.officer: (
            *("/", month, f"{month}/energy", f"{month}/evidence", f"{month}/evaluation", base, "/account"),
            *(f"{base}/meters", f"{base}/plans/{reviewing_sqlite[2]}", f"{base}/records", "/notifications"),
            *("/findings", f"/findings/{finding_id}", f"/findings?q={SCRIPT}", "/no/such/<script>alert"),
        ),
        world.regulator: (
            *("/", f"{month}/review", f"{month}/review/return", f"{month}/review/findings", "/engagements"),
            *(f"{month}/receipts/1", f"{base}/audit", "/enterprises", "/findings"),
        ),
        world.administrator: ("/members", "/engagements", "/engagements/new", f"{base}/documents"),
        world.signatory: ("/", f"{month}/sign"),
        world.steward: ("/", "/engagements"),
    }
    for person, addresses in pages.items():
        browser = browse(person.user_id)
        for address in addresses:
            answer = browser.get(address, follow_redirects=True)
            assert answer.status_code < 500, address
            assert not RAW.search(answer.text), address
            assert inline_in(answer.text) == [], address
