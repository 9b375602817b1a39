"""The trace in the browser: who sees it, how it is filtered, turned over and exported."""

import csv
import io
import json
import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from flask import Flask

from portal.domain.access import Actor
from portal.queries.audit import PER_PAGE
from portal.services.events import record_event
from tests.factories.world import World
from tests.fixtures.application import Browser

Browse = Callable[[int], Browser]
PLACE = "/enterprises/{}/audit"


@pytest.fixture
def trace(app: Flask, world: World) -> str:
    """Sixty events of the steel works; gives the address of its trace."""
    with app.extensions["portal.database"].writing() as session:
        for number in range(PER_PAGE + 8):
            record_event(
                session,
                world.steward,
                "meter.changed",
                "meter",
                number + 1,
                enterprise_id=world.steel_id,
                before={"name": f"旧名 {number}"},
                after={"name": f"新名 {number}", "late": True},
            )
        record_event(
            session,
            world.signatory,
            "record.sign",
            "record",
            7,
            enterprise_id=world.steel_id,
            before={"state": "ready_for_signoff"},
            after={"state": "submitted", "reason": "=cmd|' /C calc'!A0<b>"},
        )
        record_event(session, None, "record.evaluated", "record", 7, enterprise_id=world.dyeing_id)
    return PLACE.format(world.steel_id)


def rows(page: str) -> list[str]:
    return re.findall(r"<tr>.*?</tr>", page.partition("<tbody>")[2], re.DOTALL)


def test_the_newest_event_stands_first_with_actor_place_and_change(
    trace: str, world: World, browse: Browse
) -> None:
    page = browse(world.regulator.user_id).get(trace).text
    found = rows(page)
    assert len(found) == PER_PAGE
    assert "签署并提交" in found[0]
    assert world.signatory.name in found[0]
    assert "待签 → 已提交" in " ".join(found[0].split())
    assert f"代 {'示例钢铁有限公司'}" in found[1]
    assert "旧名 57 → 新名 57" in " ".join(found[1].split())
    assert "<b>" not in found[0]
    assert "是" in found[1]


def test_the_pages_hold_every_event_once(trace: str, world: World, browse: Browse) -> None:
    browser = browse(world.administrator.user_id)
    page, seen = browser.get(trace).text, []
    for _ in range(5):
        seen += [int(found) for found in re.findall(r'data-head="序号">(\d+)<', page)]
        older = re.search(r'rel="next" href="([^"]+)"', page)
        if older is None:
            break
        page = browser.get(older[1].replace("&amp;", "&")).text
    length = int(re.search(r"链长 (\d+) 条", page)[1])  # type: ignore[index]  # the page says it
    assert seen == list(range(length, 0, -1))


def test_action_and_subject_narrow_the_list(trace: str, world: World, browse: Browse) -> None:
    browser = browse(world.signatory.user_id)
    assert len(rows(browser.get(f"{trace}?action=record.sign").text)) == 1
    assert len(rows(browser.get(f"{trace}?subject=meter:3").text)) == 1
    assert len(rows(browser.get(f"{trace}?subject=meter").text)) == PER_PAGE
    nothing = browser.get(f"{trace}?action=record.sign&subject=meter")
    assert nothing.status_code == 200
    assert "没有符合条件的留痕" in nothing.text


@pytest.mark.parametrize("query", ["before=x", "before=99999999999999", "subject=:::", "subject=meter:٣"])
def test_a_strange_address_is_no_error(query: str, trace: str, world: World, browse: Browse) -> None:
    assert browse(world.regulator.user_id).get(f"{trace}?{query}").status_code == 200


def test_the_export_holds_the_chain_and_no_formula(trace: str, world: World, browse: Browse) -> None:
    answer = browse(world.regulator.user_id).get(f"{trace}/trace.csv")
    assert answer.mimetype == "text/csv"
    table = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(table) - 1 == int(table[1][0])
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in table for cell in row)
    assert json.loads(table[1][10])["reason"].startswith("=cmd")
    for newer, older in pairwise(table[1:]):
        assert newer[11] == older[12], "each event carries the hash of the one before"


def test_only_who_may_audit_sees_the_trace_of_their_own_enterprise(
    trace: str, world: World, browse: Browse
) -> None:
    def status(actor: Actor, path: str) -> int:
        return int(browse(actor.user_id).get(path).status_code)

    for path in (trace, f"{trace}/trace.csv"):
        for actor in (world.signatory, world.administrator, world.regulator, world.city_regulator):
            assert status(actor, path) == 200
        for actor in (world.officer, world.steward):
            assert status(actor, path) == 403
        for actor in (world.other_regulator, world.stranger_signatory, world.other_steward):
            assert status(actor, path) in {403, 404}
    other = PLACE.format(world.dyeing_id)
    assert "评估完成" not in browse(world.city_regulator.user_id).get(trace).text
    assert status(world.signatory, other) == 404


def test_an_empty_chain_says_what_will_be_here(world: World, browse: Browse) -> None:
    page = browse(world.city_regulator.user_id).get(PLACE.format(world.dyeing_id))
    assert page.status_code == 200
    assert "还没有留痕" in page.text
