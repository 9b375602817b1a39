"""When the ground of issued dossiers moves: people are told, and the difference is worked out and kept."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.domain.canonical import canonical_json, sha256_text
from portal.domain.dossiers import EXPIRING_DAYS, DossierState
from portal.domain.errors import DomainError, NotFound
from portal.domain.messages import N_
from portal.domain.periods import today
from portal.dossiers.source import Figure, put_together
from portal.models.database import Database
from portal.models.documents import IssuedDocument
from portal.models.dossiers import Dossier, DossierBase, DossierComparison, DossierSource
from portal.models.events import Event
from portal.models.records import MonthlyRecord, RecordVersion
from portal.queries.dossier_lines import replaced_or_withdrawn
from portal.queries.dossier_sources import gather
from portal.services.dossier_moves import SUBJECT, dossier_path, named
from portal.services.events import record_event
from portal.services.jobs import request_job
from portal.services.record_notices import tell_preparers, tell_signatories

COMPARE_JOB = "compare_dossier"
EXPIRY_TOLD = "dossier.expiry_told"


def mark_restated(session: Session, record: MonthlyRecord) -> int:
    """Tell of every issued dossier that was made from an older version of the month; returns how many.

    Call it after a restated version became official: a document is stale from that moment by itself;
    what follows here are the notices and the jobs that work the difference out.
    """
    direct = set(
        session.scalars(
            sa.select(DossierSource.dossier_id)
            .join(RecordVersion, RecordVersion.id == DossierSource.version_id)
            .join(Dossier, Dossier.id == DossierSource.dossier_id)
            .where(
                RecordVersion.record_id == record.id,
                DossierSource.version_id != record.official_version_id,
                Dossier.state == DossierState.ISSUED,
            )
        )
    )
    return tell_stale(session, direct | resting_on(session, direct))


def resting_on(session: Session, dossier_ids: Iterable[int]) -> set[int]:
    """Issued dossiers that rest on any of these, directly or through others."""
    found: set[int] = set()
    front = set(dossier_ids)
    while front:
        above = set(
            session.scalars(
                sa.select(DossierBase.dossier_id)
                .join(Dossier, Dossier.id == DossierBase.dossier_id)
                .where(DossierBase.base_id.in_(front), Dossier.state == DossierState.ISSUED)
            )
        )
        front = above - found
        found |= above
    return found


def tell_stale(session: Session, dossier_ids: Iterable[int]) -> int:
    """Write the event, tell preparers and signatories, and have the difference worked out; returns how many.

    Documents that were withdrawn or replaced already are left alone.
    """
    dossiers = session.scalars(sa.select(Dossier).where(Dossier.id.in_(set(dossier_ids)), _in_force()))
    count = 0
    for dossier in dossiers.all():
        enterprise_id = dossier.enterprise_id
        record_event(session, None, "dossier.stale", SUBJECT, dossier.id, enterprise_id=enterprise_id)
        for tell in (tell_preparers, tell_signatories):
            tell(
                session,
                enterprise_id,
                N_("%(title)s（%(subject)s）所依据的数据已更正，文件已过时，请编制新版"),
                named(dossier),
                dossier_path(dossier),
            )
        request_job(session, COMPARE_JOB, dossier.id, actor=None, enterprise_id=enterprise_id)
        count += 1
    return count


def compare_dossier(database: Database, dossier_id: int) -> None:
    """Work out how the figures of an issued dossier differ from those of its present sources, and keep it.

    May run twice: the same sources are compared once. Raises NotFound for one that was never signed.
    """
    with database.writing() as session:
        dossier = session.scalar(sa.select(Dossier).where(Dossier.id == dossier_id).with_for_update())
        if dossier is None or dossier.content is None:
            raise NotFound
        changes = restated(session, dossier_id)
        key = sha256_text(canonical_json([changes, _bases_now(session, dossier_id)]))
        held = sa.select(DossierComparison.id).where(
            DossierComparison.dossier_id == dossier_id, DossierComparison.sources_sha256 == key
        )
        if session.scalar(held) is None:
            session.add(_comparison(session, dossier, json.loads(dossier.content), key, changes))


def restated(session: Session, dossier_id: int) -> list[dict[str, Any]]:
    """The sources of a dossier that are no longer official: month, old and present version number."""
    official = aliased(RecordVersion)
    rows = session.execute(
        sa.select(DossierSource.month, RecordVersion.number, official.number)
        .join(RecordVersion, RecordVersion.id == DossierSource.version_id)
        .join(MonthlyRecord, MonthlyRecord.id == RecordVersion.record_id)
        .join(official, official.id == MonthlyRecord.official_version_id)
        .where(DossierSource.dossier_id == dossier_id, official.id != RecordVersion.id)
        .order_by(DossierSource.month)
    )
    return [{"month": month, "old_version": old, "new_version": new} for month, old, new in rows]


def tell_of_expiring_dossiers(session: Session) -> int:
    """Tell once of each document whose validity runs out within EXPIRING_DAYS; returns how many were told."""
    day = today()
    told = sa.select(Event.subject_id).where(Event.subject_kind == SUBJECT, Event.action == EXPIRY_TOLD)
    rows = session.execute(
        sa.select(Dossier, IssuedDocument.valid_until)
        .join(IssuedDocument, IssuedDocument.dossier_id == Dossier.id)
        .where(
            IssuedDocument.valid_until.between(day, day + timedelta(days=EXPIRING_DAYS)),
            _in_force(),
            Dossier.id.not_in(told),
        )
        .order_by(Dossier.id)
    ).all()
    for dossier, last_day in rows:
        record_event(
            session,
            None,
            EXPIRY_TOLD,
            SUBJECT,
            dossier.id,
            enterprise_id=dossier.enterprise_id,
            after={"valid_until": last_day},
        )
        for tell in (tell_preparers, tell_signatories):
            tell(
                session,
                dossier.enterprise_id,
                N_("%(title)s（%(subject)s）将于 %(day)s 到期"),
                {**named(dossier), "day": str(last_day)},
                dossier_path(dossier),
            )
    return len(rows)


def _in_force() -> sa.ColumnElement[bool]:
    """Condition on Dossier: issued, neither withdrawn nor replaced by an issued edition."""
    return sa.and_(Dossier.state == DossierState.ISSUED, ~replaced_or_withdrawn())


def _bases_now(session: Session, dossier_id: int) -> list[int]:
    """Ids of the issued editions that have followed its bases by now."""
    following = aliased(Dossier)
    return list(
        session.scalars(
            sa.select(following.id)
            .join(DossierBase, DossierBase.base_id == following.replaces_id)
            .where(DossierBase.dossier_id == dossier_id, following.state == DossierState.ISSUED)
            .order_by(following.id)
        )
    )


def _comparison(
    session: Session, dossier: Dossier, signed: Mapping[str, Any], key: str, changes: list[dict[str, Any]]
) -> DossierComparison:
    row = DossierComparison(dossier_id=dossier.id, sources_sha256=key, changes=changes, figures=[])
    try:
        figures = put_together(gather(session, dossier)).figures
    except DomainError as refused:
        row.problem = refused.message
        row.problem_params = {name: str(value) for name, value in refused.params.items()}
        figures = ()
    row.figures = _differences(signed["figures"], figures)
    return row


def _differences(signed: list[dict[str, Any]], figures: Iterable[Figure]) -> list[dict[str, Any]]:
    present = {figure.key: figure for figure in figures}
    old = {figure["key"]: figure for figure in signed}
    return [
        {
            "key": key,
            **_words(old.get(key), present.get(key)),
            "old": old[key]["value"] if key in old else None,
            "new": format(present[key].value, "f") if key in present else None,
        }
        for key in dict.fromkeys([*old, *present])
    ]


def _words(old: Mapping[str, Any] | None, new: Figure | None) -> dict[str, str]:
    if new is not None:
        return {"name": new.name, "name_en": new.name_en, "unit": new.unit}
    words = old or {}
    return {"name": words["name"], "name_en": words["name_en"], "unit": words["unit"]}
