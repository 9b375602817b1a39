"""Which version of a check pack holds for a month."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checklists.drafts import compile_text
from checklists.loader import load_pack, pack_versions
from checklists.model import CheckPack
from portal.domain.check_packs import PackState
from portal.models.check_packs import PackVersion
from portal.models.evaluations import Evaluation
from portal.models.records import RecordVersion, Snapshot

#: Published packs by the hash of their text: a published text never changes.
_compiled: dict[str, CheckPack] = {}
_MOST_KEPT = 32
Published = sa.Row[int, str, str, str, str]


def packs_in_force(
    session: Session, pack_ids: Sequence[str], month: str, record_id: int | None = None
) -> tuple[CheckPack, ...]:
    """The packs for one month, each in the version that holds for it; ``record_id`` is None off a record.

    A month that was signed before keeps the versions that its signature rests on, also when it is
    amended, unless such a version was withdrawn. Any other month has the version published last
    among those in force from it or from an earlier month, and the shipped one where there is none.
    """
    published = _published(session, pack_ids)
    pinned = {} if record_id is None else _pinned(session, record_id)
    return tuple(
        _choose(session, pack_id, [row for row in published if row.pack_id == pack_id], month, pinned)
        for pack_id in pack_ids
    )


def _published(session: Session, pack_ids: Sequence[str]) -> Sequence[Published]:
    """Without the texts: a month's page asks for this each time, and needs a text once."""
    return session.execute(
        sa.select(
            PackVersion.id,
            PackVersion.pack_id,
            PackVersion.version,
            PackVersion.effective_from,
            PackVersion.content_sha256,
        )
        .where(PackVersion.pack_id.in_(pack_ids), PackVersion.state == PackState.PUBLISHED)
        .order_by(PackVersion.effective_from, PackVersion.published_at, PackVersion.id)
    ).all()


def _pinned(session: Session, record_id: int) -> Mapping[str, str]:
    """Pack versions of the newest signature of this month; none before the first."""
    found = session.scalar(
        sa.select(Evaluation.packs)
        .join(Snapshot, Snapshot.evaluation_id == Evaluation.id)
        .join(RecordVersion, RecordVersion.id == Snapshot.version_id)
        .where(RecordVersion.record_id == record_id)
        .order_by(RecordVersion.number.desc())
        .limit(1)
    )
    return found or {}


def _choose(
    session: Session,
    pack_id: str,
    published: Sequence[Published],
    month: str,
    pinned: Mapping[str, str],
) -> CheckPack:
    held = pinned.get(pack_id, "")
    if held in pack_versions(pack_id):
        return load_pack(pack_id, held)
    kept = [row for row in published if row.version == held]
    in_force = kept or [row for row in published if row.effective_from <= month]
    return _compile(session, in_force[-1]) if in_force else load_pack(pack_id)


def _compile(session: Session, row: Published) -> CheckPack:
    pack = _compiled.get(row.content_sha256)
    if pack is None:
        text = session.scalars(sa.select(PackVersion.content).where(PackVersion.id == row.id)).one()
        pack = compile_text(text)
        while len(_compiled) >= _MOST_KEPT:
            _compiled.pop(next(iter(tuple(_compiled))), None)  # a copy: another thread may be adding
        _compiled[row.content_sha256] = pack
    return pack
