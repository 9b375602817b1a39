"""Check packs for their pages: what is shipped, what is published, what is being written."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload

from checklists.drafts import (
    CaseResult,
    Change,
    Raw,
    case_results,
    changes,
    compile_text,
    library_draft,
    parse_pack,
)
from checklists.loader import load_pack, pack_ids, pack_versions
from checklists.model import CheckPack
from checklists.predicates import PREDICATES
from checklists.reading import read_out
from checklists.toml_text import toml_text
from portal.domain.access import Actor, Permission, authorize
from portal.domain.check_packs import UNDER_WAY, PackState
from portal.domain.errors import NotFound
from portal.domain.periods import Month, today
from portal.models.check_packs import PackVersion
from portal.models.events import Event


@dataclass(frozen=True)
class VersionRow:
    """A version of a pack in a list; ``id`` is None for a shipped one."""

    id: int | None
    version: str
    based_on: str
    state: str
    effective_from: str
    note: str
    author: str
    updated_at: datetime | None
    updated_by: str
    published_by: str
    published_at: datetime | None


@dataclass(frozen=True)
class PackRow:
    """A pack in the list: what holds now, what comes, what is being written."""

    pack_id: str
    title: str
    title_en: str
    occasion: str
    checks: int
    questions: int
    in_force: str
    versions: tuple[VersionRow, ...]

    @property
    def under_way(self) -> VersionRow | None:
        """The version that is being written or decided about."""
        return next((row for row in self.versions if row.state in {state.value for state in UNDER_WAY}), None)


@dataclass(frozen=True)
class EntryRow:
    """A check or question in a pack's list; ``change`` is added, changed or empty.

    ``reading_en`` is empty where there is Chinese only: expressions are read out in Chinese.
    """

    id: str
    title: str
    title_en: str
    severity: str
    clause: str
    confidence: str
    reading: str
    reading_en: str
    change: str
    cases: tuple[CaseResult, ...]

    @property
    def passed(self) -> int:
        """How many cases came out as they should."""
        return sum(1 for case in self.cases if not case.problem)

    @property
    def lacks_cases(self) -> bool:
        """Whether no case passes or none fails."""
        return not {"passed", "failed"} <= {case.wanted for case in self.cases}


@dataclass(frozen=True)
class HistoryRow:
    """Something that was done to a version."""

    at: datetime
    who: str
    action: str
    entry: str


@dataclass(frozen=True)
class VersionPage:
    """One version with everything in it."""

    row: VersionRow
    row_version: int
    pack: CheckPack
    raw: Raw
    sha256: str
    checks: tuple[EntryRow, ...]
    questions: tuple[EntryRow, ...]
    differences: tuple[Change, ...]
    return_comment: str
    withdraw_reason: str
    history: tuple[HistoryRow, ...]

    @property
    def is_draft(self) -> bool:
        """Whether it can be changed."""
        return self.row.state == PackState.DRAFT

    @property
    def removed(self) -> tuple[Change, ...]:
        """Entries of the version before that are gone."""
        return tuple(change for change in self.differences if change.what == "removed")


def pack_text(session: Session, pack_id: str, version: str) -> str:
    """The text of a version, shipped or stored; raises NotFound."""
    if pack_id in pack_ids() and version in pack_versions(pack_id):
        return _library_text(pack_id, version)
    text = session.scalar(
        sa.select(PackVersion.content).where(
            PackVersion.pack_id == pack_id,
            PackVersion.version == version,
            PackVersion.state.in_((PackState.PUBLISHED, PackState.WITHDRAWN)),
        )
    )
    if text is None:
        raise NotFound
    return text


@lru_cache(maxsize=32)
def _library_text(pack_id: str, version: str) -> str:
    return toml_text(library_draft(pack_id, version))


def pack_list(session: Session, actor: Actor) -> tuple[PackRow, ...]:
    """Every pack with its versions."""
    authorize(actor, Permission.CHECK_PACK_VIEW)
    stored = _stored_rows(session)
    return tuple(
        _pack_row(pack_id, [row for row in stored if row.pack_id == pack_id]) for pack_id in pack_ids()
    )


def _stored_rows(session: Session, *conditions: sa.ColumnElement[bool]) -> Sequence[PackVersion]:
    return session.scalars(
        sa.select(PackVersion)
        .where(PackVersion.state != PackState.DISCARDED, *conditions)
        .options(
            joinedload(PackVersion.author),
            joinedload(PackVersion.updated_by),
            joinedload(PackVersion.published_by),
            defer(PackVersion.content),
        )
        .order_by(PackVersion.id)
    ).all()


def _pack_row(pack_id: str, stored: Sequence[PackVersion]) -> PackRow:
    pack = load_pack(pack_id)
    month = str(Month.of(today()))
    published = [row for row in stored if row.state is PackState.PUBLISHED and row.effective_from <= month]
    newest = max(published, key=lambda row: (row.effective_from, row.published_at, row.id), default=None)
    shipped = [_shipped_row(load_pack(pack_id, version)) for version in pack_versions(pack_id)]
    return PackRow(
        pack_id=pack_id,
        title=pack.title,
        title_en=pack.title_en,
        occasion=pack.occasion,
        checks=len(pack.checks),
        questions=len(pack.questions),
        in_force=newest.version if newest else pack.version,
        versions=(*shipped, *map(_version_row, stored)),
    )


def _shipped_row(pack: CheckPack) -> VersionRow:
    return VersionRow(
        None, pack.version, "", "shipped", str(Month.of(pack.valid_from)), "", "", None, "", "", None
    )


def _version_row(row: PackVersion) -> VersionRow:
    return VersionRow(
        id=row.id,
        version=row.version,
        based_on=row.based_on,
        state=row.state.value,
        effective_from=row.effective_from,
        note=row.note,
        author=row.author.name,
        updated_at=row.updated_at,
        updated_by=row.updated_by.name,
        published_by=row.published_by.name if row.published_by else "",
        published_at=row.published_at,
    )


def shipped_page(actor: Actor, pack_id: str, version: str) -> VersionPage:
    """A shipped version; raises NotFound."""
    authorize(actor, Permission.CHECK_PACK_VIEW)
    if pack_id not in pack_ids() or version not in pack_versions(pack_id):
        raise NotFound
    text = _library_text(pack_id, version)
    return _page(_shipped_row(load_pack(pack_id, version)), 0, text, text, ())


def version_page(session: Session, actor: Actor, version_id: int) -> VersionPage:
    """A stored version, whatever its state; raises NotFound."""
    row = _stored(session, actor, version_id)
    parent = pack_text(session, row.pack_id, row.based_on)
    history = _history(session, row.id)
    page = _page(_version_row(row), row.row_version, row.content, parent, history)
    return _with_comments(page, row)


def stored_text(session: Session, actor: Actor, version_id: int) -> tuple[str, str]:
    """A stored version's name (``pack-1.1``) and its text; raises NotFound."""
    row = _stored(session, actor, version_id)
    return f"{row.pack_id}-{row.version}", row.content


def _stored(session: Session, actor: Actor, version_id: int) -> PackVersion:
    authorize(actor, Permission.CHECK_PACK_VIEW)
    row = session.get(PackVersion, version_id)
    if row is None:
        raise NotFound
    return row


def _with_comments(page: VersionPage, row: PackVersion) -> VersionPage:
    told: Mapping[str, Any] = {
        **page.__dict__,
        "return_comment": row.return_comment,
        "withdraw_reason": row.withdraw_reason,
        "sha256": row.content_sha256,
    }
    return VersionPage(**told)


def _page(
    row: VersionRow, row_version: int, text: str, parent: str, history: tuple[HistoryRow, ...]
) -> VersionPage:
    raw, pack = parse_pack(text), compile_text(text, lenient=True)
    found = changes(parse_pack(parent), raw)
    return VersionPage(
        row=row,
        row_version=row_version,
        pack=pack,
        raw=raw,
        sha256="",
        checks=_check_rows(raw, pack, found),
        questions=_question_rows(pack, found),
        differences=found,
        return_comment="",
        withdraw_reason="",
        history=history,
    )


def _check_rows(raw: Raw, pack: CheckPack, found: Sequence[Change]) -> tuple[EntryRow, ...]:
    results = case_results(raw)
    return tuple(
        EntryRow(
            id=check.id,
            title=check.title,
            title_en=check.title_en,
            severity=check.severity,
            clause=check.clause,
            confidence=check.confidence,
            reading=read_out(check.expression) if check.expression else PREDICATES[check.predicate].reading,
            reading_en="",
            change=_change_of("checks", check.id, found),
            cases=results[check.id],
        )
        for check in pack.checks
    )


def _question_rows(pack: CheckPack, found: Sequence[Change]) -> tuple[EntryRow, ...]:
    return tuple(
        EntryRow(
            id=question.id,
            title=question.text,
            title_en=question.text_en,
            severity=question.severity,
            clause=question.clause,
            confidence=question.confidence,
            reading=question.evidence,
            reading_en=question.evidence_en,
            change=_change_of("questions", question.id, found),
            cases=(),
        )
        for question in pack.questions
    )


def _change_of(kind: str, entry_id: str, found: Sequence[Change]) -> str:
    return next((one.what for one in found if one.kind == kind and one.id == entry_id), "")


def _history(session: Session, version_id: int) -> tuple[HistoryRow, ...]:
    rows = session.execute(
        sa.select(Event.at, Event.actor_name, Event.action, Event.after, Event.before)
        .where(Event.subject_kind == "check_pack", Event.subject_id == version_id)
        .order_by(Event.id.desc())
        .limit(200)
    )
    return tuple(
        HistoryRow(row.at, row.actor_name, row.action, _entry_of(row.after) or _entry_of(row.before))
        for row in rows
    )


def _entry_of(written: str) -> str:
    """Id of the entry that an event is about; events are kept as canonical JSON."""
    found = json.loads(written).get("id", "")
    return found if isinstance(found, str) else ""
