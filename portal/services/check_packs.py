"""Writing a check pack: a draft copied from a version, changed piece by piece, thrown away."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from checklists.drafts import Kind, Raw, drop_entry, entry, faults, parse_pack, put_entry
from checklists.toml_text import toml_text
from portal.domain.access import Actor, Permission, authorize
from portal.domain.canonical import sha256_text
from portal.domain.check_packs import UNDER_WAY, PackAction, next_state
from portal.domain.errors import Failure, GuardFailed, Invalid, NotFound
from portal.domain.messages import N_
from portal.domain.periods import Month, now, today
from portal.models.check_packs import PackVersion
from portal.models.users import User
from portal.queries.check_packs import pack_text
from portal.services.events import record_event
from portal.services.rows import check_version

SUBJECT = "check_pack"
MOST_ENTRIES = 400


def copy_pack(session: Session, actor: Actor, pack_id: str, version: str, note: str = "") -> PackVersion:
    """Begin a draft from a shipped or published version.

    Its number is that of the shipped version it goes back to, and one more than the last made from
    it: 1.1, 1.2 … Raises NotFound, and GuardFailed while another draft of the pack is under way.
    """
    authorize(actor, Permission.CHECK_PACK_WRITE)
    raw = parse_pack(pack_text(session, pack_id, version))
    under_way = Failure("under_way", N_("这个检查包已有一个在编写或待发布的版本；先完成或作废它"))
    # Drafts thrown away keep their numbers: a number never means two texts.
    used = session.execute(
        sa.select(PackVersion.version, PackVersion.state).where(PackVersion.pack_id == pack_id)
    ).all()
    if any(row.state in UNDER_WAY for row in used):
        raise GuardFailed([under_way])
    stem = version.partition(".")[0]
    numbers = [
        int(row.version.partition(".")[2] or 0) for row in used if row.version.partition(".")[0] == stem
    ]
    number = f"{stem}.{max(numbers, default=0) + 1}"
    text = toml_text({**raw, "version": number})
    draft = PackVersion(
        pack_id=pack_id,
        version=number,
        based_on=version,
        content=text,
        content_sha256=sha256_text(text),
        note=note,
        effective_from=str(Month.of(today())),
        author_id=actor.user_id,
        updated_by_id=actor.user_id,
        editor_ids=[actor.user_id],
    )
    try:
        with session.begin_nested():
            session.add(draft)
    except IntegrityError as error:  # somebody else was faster
        raise GuardFailed([under_way]) from error
    record_event(
        session,
        actor,
        "check_pack.copied",
        SUBJECT,
        draft.id,
        after={"pack": pack_id, "version": number, "based_on": version},
    )
    return draft


def save_entry(
    session: Session,
    actor: Actor,
    draft_id: int,
    expected_version: int,
    kind: Kind,
    item: Mapping[str, Any],
    *,
    replaced: str = "",
) -> PackVersion:
    """Put a check or question into a draft, in the place of ``replaced`` or at the end.

    Raises Conflict when the draft was changed since it was read, Invalid at the key that is wrong
    (``expression``, ``settings.step``), with the id of the entry in its message.
    """
    draft = editable_draft(session, actor, draft_id, expected_version)
    raw = parse_pack(draft.content)
    name = str(item.get("id", ""))
    if name != replaced and any(old["id"] == name for old in raw.get(kind, [])):
        raise Invalid(N_("编号 %(id)s 已被用过"), params={"id": name}, path="id")
    if len(raw.get(kind, [])) >= MOST_ENTRIES:
        raise Invalid(N_("一个检查包最多 %(most)s 条"), params={"most": MOST_ENTRIES}, path="id")
    wrong = faults(raw, kind, item)
    if wrong:
        params = {"id": name, "key": wrong[0].key, "problem": wrong[0].problem}
        raise Invalid(N_("%(id)s 的 %(key)s：%(problem)s"), params=params, path=wrong[0].key)
    before = entry(raw, kind, replaced) if replaced else {}
    changed = {key: item.get(key) for key in {*item, *before} if item.get(key) != before.get(key)}
    return _rewrite(
        session,
        actor,
        draft,
        put_entry(raw, kind, item, replaced),
        action="check_pack.entry_saved",
        before={"kind": kind, "id": replaced, "keys": {key: before.get(key) for key in changed}},
        after={"kind": kind, "id": name, "keys": changed},
    )


def remove_entry(
    session: Session, actor: Actor, draft_id: int, expected_version: int, kind: Kind, entry_id: str
) -> PackVersion:
    """Take a check or question out of a draft; raises NotFound, Conflict, and Invalid for the last one."""
    draft = editable_draft(session, actor, draft_id, expected_version)
    raw = parse_pack(draft.content)
    before = entry(raw, kind, entry_id)
    if len(raw.get("checks", [])) + len(raw.get("questions", [])) == 1:
        raise Invalid(N_("检查包里至少要留一条"), path="id")
    if any(item.get("depends_on", {}).get("question") == entry_id for item in raw.get("questions", [])):
        raise Invalid(N_("别的问题以 %(id)s 为前提，先改那些问题"), params={"id": entry_id}, path="id")
    return _rewrite(
        session,
        actor,
        draft,
        drop_entry(raw, kind, entry_id),
        action="check_pack.entry_removed",
        before={"kind": kind, "id": entry_id, "keys": before},
        after={},
    )


def change_head(
    session: Session, actor: Actor, draft_id: int, expected_version: int, *, note: str, effective_from: str
) -> PackVersion:
    """Say what has changed in words and from which month the version shall hold."""
    draft = editable_draft(session, actor, draft_id, expected_version)
    month = Month.parse(effective_from)
    earliest = Month.of(today()).previous()
    if month < earliest:
        raise Invalid(
            N_("起用月份不能早于 %(month)s：更早的月份已按当时的版本存证"),
            params={"month": str(earliest)},
            path="effective_from",
        )
    before = {"note": draft.note, "effective_from": draft.effective_from}
    draft.note, draft.effective_from = note, str(month)
    _touch(draft, actor)
    record_event(
        session,
        actor,
        "check_pack.head_changed",
        SUBJECT,
        draft.id,
        before=before,
        after={"note": note, "effective_from": str(month)},
    )
    return draft


def discard_draft(session: Session, actor: Actor, draft_id: int, expected_version: int) -> PackVersion:
    """Throw a draft away; its row and its number stay."""
    draft = locked_version(session, actor, Permission.CHECK_PACK_WRITE, draft_id, expected_version)
    draft.state = next_state(draft.state, PackAction.DISCARD)
    _touch(draft, actor)
    record_event(session, actor, "check_pack.discarded", SUBJECT, draft.id)
    return draft


def editable_draft(session: Session, actor: Actor, draft_id: int, expected_version: int) -> PackVersion:
    """A draft to be changed, locked; raises GuardFailed when it is no draft any more."""
    draft = locked_version(session, actor, Permission.CHECK_PACK_WRITE, draft_id, expected_version)
    draft.state = next_state(draft.state, PackAction.EDIT)
    return draft


def locked_version(
    session: Session, actor: Actor, permission: Permission, version_id: int, expected_version: int
) -> PackVersion:
    """A version for a change by somebody who may; raises Refused, NotFound or Conflict."""
    authorize(actor, permission)
    row = session.scalar(sa.select(PackVersion).where(PackVersion.id == version_id).with_for_update())
    if row is None:
        raise NotFound
    who = session.get(User, row.updated_by_id)
    check_version(row, expected_version, who=who.name if who else "", when=row.updated_at)
    return row


def _rewrite(
    session: Session,
    actor: Actor,
    draft: PackVersion,
    raw: Raw,
    *,
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> PackVersion:
    draft.content = toml_text(raw)
    draft.content_sha256 = sha256_text(draft.content)
    _touch(draft, actor)
    record_event(session, actor, action, SUBJECT, draft.id, before=before, after=after)
    return draft


def _touch(draft: PackVersion, actor: Actor) -> None:
    draft.updated_at, draft.updated_by_id = now(), actor.user_id
    if actor.user_id not in draft.editor_ids:
        draft.editor_ids = [*draft.editor_ids, actor.user_id]
