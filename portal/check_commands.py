"""The commands ``portal checks``: what the packs ask, whether their cases come out, what they cover."""

import json
from collections.abc import Iterator
from typing import Any

import click

from checklists.coverage import CoveredList, Item, faults, load_coverage
from checklists.engine import run_cases
from checklists.loader import load_pack, pack_ids, pack_versions
from checklists.model import Check, CheckPack
from checklists.predicates import PREDICATES
from checklists.questions import AnswerRule, Question
from checklists.reading import read_out


@click.group()
def checks() -> None:
    """The check packs that are shipped."""


@checks.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print an array instead of lines.")
def list_checks(as_json: bool) -> None:
    """Every check and question of the newest packs."""
    entries = [entry for pack in _packs() for entry in _entries(pack)]
    if as_json:
        click.echo(json.dumps(entries, ensure_ascii=False, indent=1))
        return
    for entry in entries:
        columns = f"{entry['pack']:<26} {entry['id']:<11} {entry['kind']:<9} {entry['severity']:<9}"
        click.echo(f"{columns} {entry['title']}")
    kinds = [entry["kind"] for entry in entries]
    click.echo(f"{kinds.count('automatic')} automatic, {kinds.count('question')} questions")


@checks.command("show")
@click.argument("name")
def show(name: str) -> None:
    """A pack, a check or a question, by its id; a check is read out in plain Chinese."""
    for pack in _packs():
        if name == pack.id:
            return _show_pack(pack)
        for check in pack.checks:
            if name == check.id:
                return _show_check(pack, check)
        for question in pack.questions:
            if name == question.id:
                return _show_question(pack, question)
    raise click.ClickException(f"没有 {name} · there is no {name}")


@checks.command("test")
@click.argument("packs", nargs=-1)
def test(packs: tuple[str, ...]) -> None:
    """Run the cases of every shipped check, or of the packs that are named."""
    passed = failed = 0
    for pack_id in packs or pack_ids():
        for version in pack_versions(pack_id):
            pack = load_pack(pack_id, version)
            report = run_cases(pack)
            passed, failed = passed + report.passed, failed + report.failed
            click.echo(f"{pack_id} {version}: {report.passed} passed, {report.failed} failed")
            for failure in report.failures:
                click.echo(f"  {failure}")
    click.echo(f"{passed} passed, {failed} failed")
    if failed:
        raise SystemExit(1)


@checks.command("diff")
@click.argument("pack_id")
@click.argument("old")
@click.argument("new")
def diff(pack_id: str, old: str, new: str) -> None:
    """What differs between two versions of a pack, check by check and key by key."""
    before, after = load_pack(pack_id, old), load_pack(pack_id, new)
    count = 0
    for line in _differences(_described(before), _described(after)):
        count += 1
        click.echo(line)
    click.echo(f"{count} differences")


@checks.command("coverage")
@click.option("--json", "as_json", is_flag=True, help="Print an array instead of lines.")
def coverage(as_json: bool) -> None:
    """For each item of the public checklists: the check, the question, or why there is none yet."""
    lists = load_coverage()
    packs = _packs()
    names = [check.id for pack in packs for check in pack.checks]
    questions = [question.id for pack in packs for question in pack.questions]
    wrong = list(faults(lists, names, questions))
    if as_json:
        click.echo(
            json.dumps([_covered(one, item) for one in lists for item in one.items], ensure_ascii=False)
        )
    else:
        _print_coverage(lists)
    for fault in wrong:
        click.echo(fault, err=True)
    if wrong:
        raise SystemExit(1)


def _packs() -> list[CheckPack]:
    return [load_pack(pack_id) for pack_id in pack_ids()]


def _entries(pack: CheckPack) -> Iterator[dict[str, Any]]:
    for check in pack.checks:
        yield _entry(pack, check, "automatic", check.title, len(check.cases))
    for question in pack.questions:
        yield _entry(pack, question, "question", question.text, 0)


def _entry(pack: CheckPack, one: Check | Question, kind: str, title: str, cases: int) -> dict[str, Any]:
    return {
        "pack": pack.id,
        "version": pack.version,
        "id": one.id,
        "kind": kind,
        "severity": one.severity,
        "clause": one.clause,
        "source": one.source,
        "confidence": one.confidence,
        "cases": cases,
        "title": title,
    }


def _show_pack(pack: CheckPack) -> None:
    click.echo(f"{pack.id} {pack.version}  {pack.title} · {pack.title_en}")
    click.echo(f"{pack.body}  {pack.valid_from} – {pack.valid_to or ''}")
    click.echo(pack.legal_status)
    for check in pack.checks:
        click.echo(f"  {check.id:<11} {check.severity:<9} {check.title}")
    for area in pack.areas:
        click.echo(f"  {area.title}")
        for question in pack.questions:
            if question.area == area.code:
                click.echo(f"    {question.id:<9} {question.severity:<9} {question.text}")


def _show_check(pack: CheckPack, check: Check) -> None:
    click.echo(f"{check.id}  {check.title} · {check.title_en}")
    click.echo(
        f"{pack.id} {pack.version}, {check.severity}, {check.source} {check.clause} ({check.confidence})"
    )
    if check.applies_words:
        click.echo(f"问到：{check.applies_words}")
    click.echo(f"应当：{_rule_words(check)}")
    for setting in check.settings.values():
        origin = f"{setting.source}，{setting.confidence}"
        click.echo(f"参数 {setting.name} = {setting.value}  {setting.title}（{origin}）")
    click.echo(f"整改：{check.mend}")
    for measure in check.measures:
        click.echo(f"措施：{measure.text} → {measure.effect}")
    for case in check.cases:
        click.echo(f"用例：{case.name} → {case.outcome}")


def _rule_words(check: Check) -> str:
    return read_out(check.expression) if check.expression is not None else PREDICATES[check.predicate].reading


def _show_question(pack: CheckPack, question: Question) -> None:
    click.echo(f"{question.id}  {question.text} · {question.text_en}")
    click.echo(f"{pack.id} {pack.version}, {question.source} {question.clause} ({question.confidence})")
    click.echo(
        f"答案：{question.answer_type} {question.unit} {'、'.join(o.text for o in question.options)}".rstrip()
    )
    click.echo(f"常见证据：{question.evidence}")
    for rule in question.findings:
        click.echo(f"差距：{_rule_told(rule)} → {rule.severity}")
    for measure in question.measures:
        click.echo(f"措施：{measure.text} → {measure.effect}")


def _rule_told(rule: AnswerRule) -> str:
    if rule.answers:
        return "、".join(rule.answers)
    if rule.expired:
        return "早于检查日"
    limits = ((rule.below, "小于"), (rule.above, "大于"))
    return "或".join(f"{word} {limit}" for limit, word in limits if limit is not None)


def _described(pack: CheckPack) -> dict[str, dict[str, object]]:
    """Each check and question by its id, as texts that can be compared."""
    found: dict[str, dict[str, object]] = {}
    for check in pack.checks:
        found[check.id] = {
            "title": check.title,
            "severity": check.severity,
            "clause": check.clause,
            "applies": check.applies.source if check.applies else "",
            "rule": check.expression.source if check.expression else check.predicate,
            "settings": {name: setting.value for name, setting in check.settings.items()},
            "message": check.message.source,
            "cases": len(check.cases),
        }
    for question in pack.questions:
        found[question.id] = {
            "text": question.text,
            "severity": question.severity,
            "clause": question.clause,
            "weight": question.weight,
            "findings": question.findings,
        }
    return found


def _differences(before: dict[str, dict[str, object]], after: dict[str, dict[str, object]]) -> Iterator[str]:
    yield from (f"- {name}" for name in before if name not in after)
    yield from (f"+ {name}" for name in after if name not in before)
    for name, old in before.items():
        new = after.get(name, old)
        for key in dict.fromkeys((*old, *new)):
            if old.get(key) != new.get(key):
                yield f"~ {name}.{key}: {old.get(key)} → {new.get(key)}"


def _covered(one: CoveredList, item: Item) -> dict[str, Any]:
    return {
        "list": one.id,
        "id": item.id,
        "about": item.about,
        "checks": item.checks,
        "questions": item.questions,
        "reason": item.reason.text if item.reason else "",
    }


def _print_coverage(lists: tuple[CoveredList, ...]) -> None:
    for one in lists:
        click.echo(f"{one.title} · {one.title_en}")
        for item in one.items:
            stands = "、".join((*item.checks, *item.questions))
            why = f"尚无：{item.reason.text}" if item.reason else ""
            click.echo(f"  {item.id:<10} {item.about}：{stands or why}")
    for one in lists:
        checked = sum(bool(item.checks) for item in one.items)
        asked = sum(bool(item.questions and not item.checks) for item in one.items)
        without = sum(item.reason is not None for item in one.items)
        click.echo(f"{one.id}: {len(one.items)} items, {checked} checked, {asked} asked, {without} not yet")
