"""What a dry-run may leave unread, unasked and untold, and what it may not."""

from collections.abc import Iterator

import pytest

from checklists.drafts import compile_pack, library_draft, put_entry
from checklists.engine import run
from checklists.loader import load_pack, pack_ids
from checklists.model import Check, CheckPack
from checklists.patches import patched
from checklists.stored import deflate_facts, inflate_facts, inflate_roots
from checklists.subjects import Subjects
from checklists.toml_text import toml_text
from checklists.trial import Trial, gaps, words_read

PACKS = [pack for pack in map(load_pack, pack_ids()) if pack.checks]
PACK = "carbon-data-quality"


def stored_cases(pack: CheckPack, check: Check) -> Iterator[bytes]:
    """The facts of each case of a check, as they are kept."""
    yield from (deflate_facts(patched(pack.base, case)) for case in check.cases)


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.id)
def test_what_a_check_does_not_read_changes_no_answer(pack: CheckPack) -> None:
    for check in pack.checks:
        words = words_read([check])
        for content in stored_cases(pack, check):
            whole, read = (Subjects({}, inflate_roots(content, limit)) for limit in (None, words))
            assert list(gaps({check.id: check}, read)) == list(gaps({check.id: check}, whole)), check.id


def test_only_a_few_words_of_a_month_are_read_for_a_few_checks() -> None:
    pack = load_pack(PACK)
    check = next(check for check in pack.checks if check.per == "row" and check.expression)
    roots = inflate_roots(deflate_facts(pack.base), words_read([check]))
    unread = [name for name, value in roots.items() if not isinstance(value, dict | list)]
    assert len(unread) > len(roots) / 2


def test_a_changed_answer_tells_what_the_whole_pack_tells() -> None:
    """Every check whose passing cases are turned round: message and values are those of a full run."""
    parent = library_draft(PACK)
    turned = [item for item in parent["checks"] if item.get("expression") and not item.get("let")]
    draft = parent
    for item in turned:
        reverse = {**item, "expression": f"not ({item['expression']})", "cases": []}
        draft = put_entry(draft, "checks", reverse, item["id"])
    trial = Trial(toml_text(draft), toml_text(parent))
    content = deflate_facts(load_pack(PACK).base)
    found = trial.ask(content).changed
    facts = inflate_facts(content)
    told = {
        (one.check_id, one.subject): (one.message, one.message_en, one.values, one.severity)
        for one in run(compile_pack(draft, lenient=True), facts)
        if one.outcome == "failed"
    }
    new = {(one.check_id, one.subject): one for one in found if one.is_new}
    assert len({check_id for check_id, _ in new}) > 20
    assert {key: (one.message, one.message_en, one.values, one.severity) for key, one in new.items()} == {
        key: told[key] for key in new
    }


def test_a_check_that_stands_in_both_word_for_word_is_not_asked() -> None:
    parent = library_draft(PACK)
    first = parent["checks"][0]
    draft = put_entry(parent, "checks", {**first, "mend": "换一句话。"}, first["id"])
    trial = Trial(toml_text(draft), toml_text(parent))
    assert trial.differ == {first["id"]}
    assert set(trial.after) == set(trial.before) == {first["id"]}
    answers = trial.ask(deflate_facts(load_pack(PACK).base))
    assert answers.changed == ()
