"""The packs that are shipped."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from checklists.engine import run_cases
from checklists.loader import load_pack, pack_ids, pack_versions
from checklists.model import Check, CheckPack, Template
from checklists.predicates import PREDICATES
from checklists.reading import read_out
from portal.services.packs_in_force import shipped_packs
from tests.unit.checklists.mutants import mutants

PACKS = [load_pack(pack_id, version) for pack_id in pack_ids() for version in pack_versions(pack_id)]
CHECKS = [(pack, check) for pack in PACKS for check in pack.checks]
IDS = [f"{pack.id}/{pack.version}/{check.id}" for pack, check in CHECKS]

#: What stops signing. A change here changes what enterprises may sign: it must be meant.
BLOCKING = {
    "CK-QP-001", "CK-QP-002", "CK-QP-003", "CK-QP-005",
    "CK-MT-001", "CK-MT-002",
    "CK-AD-001", "CK-AD-002", "CK-AD-003", "CK-AD-004", "CK-AD-005",
    "CK-EF-001", "CK-EF-002", "CK-EF-003", "CK-EF-004", "CK-EF-006", "CK-EF-007",
    "CK-PR-001", "CK-SB-001", "CK-SB-002", "CK-SV-001",
}  # fmt: skip


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: f"{pack.id}/{pack.version}")
def test_every_case_of_a_shipped_pack_comes_out(pack: CheckPack) -> None:
    report = run_cases(pack)
    assert report.failures == ()
    assert pack.checks or pack.questions
    assert report.passed >= 2 * len(pack.checks)


@pytest.mark.parametrize(("pack", "check"), CHECKS, ids=IDS)
def test_breaking_a_check_anywhere_fails_one_of_its_cases(pack: CheckPack, check: Check) -> None:
    survivors = [
        what for what, mutant in mutants(check) if run_cases(replace(pack, checks=(mutant,))).failed == 0
    ]
    assert survivors == []


def _templates(check: Check) -> Iterator[Template]:
    yield from (
        check.message,
        check.message_en,
        check.expected,
        check.expected_en,
        check.actual,
        check.actual_en,
    )


@pytest.mark.parametrize(("pack", "check"), CHECKS, ids=IDS)
def test_a_check_is_cited_and_written_in_both_languages(pack: CheckPack, check: Check) -> None:
    assert check.clause
    assert len(check.source) > len("CETS-AG")
    for english in (check.title_en, check.mend_en, check.message_en.source):
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in english), english
    for chinese in (check.title, check.mend, check.message.source):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese), chinese


@pytest.mark.parametrize(("pack", "check"), CHECKS, ids=IDS)
def test_a_check_can_be_read_out(pack: CheckPack, check: Check) -> None:
    words = read_out(check.expression) if check.expression else PREDICATES[check.predicate].reading
    assert words
    assert "row." not in words
    assert "totals." not in words


def test_a_limit_that_no_rule_gives_is_marked_unverified() -> None:
    settings = {(check.id, name): setting for _, check in CHECKS for name, setting in check.settings.items()}
    for key in [("CK-AD-007", "step"), ("CK-AD-009", "hint"), ("CK-MT-004", "ahead"), ("CK-YY-001", "hint")]:
        assert settings[key].confidence == "unverified"
    assert settings["CK-EF-005", "lowest"].confidence == "transcribed"
    assert all(setting.source for setting in settings.values())


def test_the_severities_of_the_month_are_meant() -> None:
    pack = load_pack("carbon-data-quality", "1")
    assert {check.id for check in pack.checks if check.severity == "blocking"} == BLOCKING
    assert {check.severity for check in pack.checks} == {"blocking", "explain", "note"}


def test_the_library_is_as_large_as_it_was_meant_to_be() -> None:
    """The counts are told in docs; each check has cases that fail when it is broken."""
    assert len(CHECKS) >= 100
    assert sum(len(pack.questions) for pack in PACKS) >= 140
    names = [check.id for _, check in CHECKS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: f"{pack.id}/{pack.version}")
def test_a_pack_says_on_what_footing_it_stands(pack: CheckPack) -> None:
    assert "不是" in pack.legal_status or "为准" in pack.legal_status
    if pack.occasion != "disclosure" and pack.id != "environment-steward-visit":
        assert "未公开" in pack.legal_status


def test_only_the_common_pack_and_those_of_disclosures_can_stop_a_signature() -> None:
    blocking = {pack.id for pack, check in CHECKS if check.severity == "blocking"}
    assert blocking == {
        "carbon-data-quality",
        *(p.id for p in PACKS if p.occasion == "disclosure" and p.checks),
    }


@pytest.mark.parametrize(
    ("guideline", "sector"),
    [
        ("CETS-AG-03.01-V01-2024", "steel-month"),
        ("CETS-AG-01.01-V04-2026", "power-month"),
        ("industry-other-2015", "general-industry-month"),
        ("GBT-32151-2023", "general-industry-month"),
    ],
)
def test_a_month_is_asked_the_common_packs_and_its_sectors_alone(guideline: str, sector: str) -> None:
    asked = [pack.id for pack in shipped_packs(guideline)]
    assert asked == ["carbon-data-quality", *sorted(["data-quality-plan", "environment-month", sector])]


def test_the_local_guideline_pack_says_that_it_is_not_the_local_text() -> None:
    pack = load_pack("carbon-data-quality")
    assert "未公开" in pack.legal_status
    assert "not public" in pack.legal_status_en
    assert len(pack.checks) >= 18


def test_every_predicate_is_used_and_explained() -> None:
    used = {check.predicate for _, check in CHECKS if check.predicate}
    assert used == set(PREDICATES)
    for predicate in PREDICATES.values():
        assert predicate.call.__doc__
        assert predicate.clause
