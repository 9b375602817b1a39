"""From answers to score and gaps."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

from checklists.loader import load_pack
from checklists.model import CheckPack
from portal.domain.visits import Given
from portal.queries.visit_packs import (
    PinnedPack,
    frozen_pack,
    pinned_pack,
    pinned_question,
    shipped_visit_packs,
)
from portal.queries.visit_sheet import VisitSheet, visit_sheet
from tests.factories.visits import PACK, example_pack, key_of

DAY = date(2026, 11, 12)


def sheet(**answers: str) -> VisitSheet:
    given = {
        key_of(name.replace("_", "-")): Given(
            place, key_of(name.replace("_", "-")), value, "", datetime(2026, 11, 12, tzinfo=UTC), "李示例"
        )
        for place, (name, value) in enumerate(answers.items(), 1)
    }
    return visit_sheet([example_pack()], given, DAY)


def test_points_are_the_weights_met_over_the_weights_that_count() -> None:
    found = sheet(Q_01="yes", Q_02="own", Q_03="no", Q_06="yes")
    # weights 5 + 3 of 5 + 1 + 3; the choice Q-02 is only noted
    assert found.total.points == Decimal("88.9")
    assert [(area.title, area.points) for area in found.areas] == [
        ("计量器具", Decimal("83.3")),
        ("存证", Decimal("100.0")),
    ]
    assert (found.total.asked, found.total.applicable, found.total.noted, found.total.open) == (6, 3, 1, 2)


def test_a_question_appears_only_when_its_condition_is_met() -> None:
    assert not sheet().item(key_of("Q-03")).shown  # type: ignore[union-attr]  # it is there
    assert not sheet(Q_02="none").item(key_of("Q-03")).shown  # type: ignore[union-attr]
    assert sheet(Q_02="own").item(key_of("Q-03")).shown  # type: ignore[union-attr]


def test_an_answer_to_a_question_that_no_longer_applies_counts_for_nothing() -> None:
    found = sheet(Q_02="none", Q_03="no")
    assert found.gaps == ()
    assert found.total.points is None
    assert found.conclusion == "met"


def test_not_applicable_leaves_a_question_out_of_the_points() -> None:
    found = sheet(Q_01="na", Q_06="yes")
    assert found.total.points == Decimal("100.0")
    assert found.total.not_applicable == 1


def test_nothing_answered_has_no_points() -> None:
    assert sheet().total.points is None


def test_one_blocking_gap_means_rectify_whatever_the_points() -> None:
    assert sheet(Q_01="no", Q_06="yes").conclusion == "rectify"
    assert sheet(Q_01="yes", Q_06="no").conclusion == "gaps"
    assert sheet(Q_01="yes", Q_06="yes").conclusion == "met"


def test_gaps_stand_with_the_heaviest_first() -> None:
    found = sheet(Q_05="2026-11-11", Q_06="no", Q_01="no")
    assert [item.question.id for item in found.gaps] == ["Q-01", "Q-06", "Q-05"]
    assert [item.severity for item in found.gaps] == ["blocking", "explain", "note"]


def test_a_date_expires_on_the_day_after_it() -> None:
    assert sheet(Q_05="2026-11-12").gaps == ()
    assert len(sheet(Q_05="2026-11-11").gaps) == 1


def test_a_pack_is_read_back_as_it_was_frozen() -> None:
    packs: list[CheckPack | PinnedPack] = [
        example_pack(),
        *(load_pack(pack_id) for pack_id in shipped_visit_packs()),
    ]
    for pack in packs:
        content = json.loads(json.dumps(frozen_pack(pack)))
        again = pinned_pack(content)
        assert again.questions == pack.questions
        assert again.areas == pack.areas
        assert pinned_question(content, pack.questions[0].id) == pack.questions[0]
        assert pinned_question(content, "nothing") is None


def test_the_shipped_packs_are_offered_for_visits() -> None:
    assert set(shipped_visit_packs()) >= {"carbon-steward-visit", "environment-steward-visit"}
    assert PACK not in shipped_visit_packs()
