"""What still stands between a month and its signature: one list for pages and for the guards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, lazyload

from portal.accounting.month import Figures, Origin, figures
from portal.domain.errors import Failure
from portal.domain.messages import N_
from portal.domain.sheet import Sheet, SheetRow, SheetStream
from portal.domain.workflow import FindingSource, FindingState, Guard, Section, Severity
from portal.models.evaluations import Evaluation
from portal.models.findings import Finding
from portal.queries.sheets import load_sheet
from portal.services.check_findings import blocks
from portal.services.evaluations import current_hash, newest_evaluation
from portal.services.months import GuardFunction, Move
from portal.services.packs_in_force import packs_for

_FINDINGS = (
    sa.select(Finding)
    .where(Finding.record_id == sa.bindparam("record_id"), Finding.source == FindingSource.CHECK)
    .order_by(Finding.id)
    .options(lazyload(Finding.steps))
)


@dataclass(frozen=True)
class Readiness:
    """The reasons, by guard; empty when the month can be handed to the signatory."""

    failures: Mapping[Guard, tuple[Failure, ...]]
    evaluation: Evaluation | None
    stale: bool

    @property
    def all(self) -> tuple[Failure, ...]:
        """Every reason, the most urgent kind first."""
        return tuple(failure for group in self.failures.values() for failure in group)


def readiness(session: Session, sheet: Sheet, month: Figures, *, digest: str = "") -> Readiness:
    """Look at everything that signing needs, without changing anything.

    ``digest`` is the hash of the facts of this moment, where the caller has it already.
    """
    evaluation = newest_evaluation(session, sheet.version_id)
    stale = evaluation is not None and (
        evaluation.input_hash != (digest or current_hash(session, sheet, month))
        or (sheet.working and _asked_by_others(session, sheet, evaluation))
    )
    findings = list(session.scalars(_FINDINGS, {"record_id": sheet.record_id}))
    return Readiness(
        failures={
            Guard.NO_BLOCKING_FINDING: tuple(_finding(finding) for finding in findings if blocks(finding)),
            Guard.EXPLANATIONS_GIVEN: tuple(_finding(f) for f in findings if _wants_explanation(f)),
            Guard.EVIDENCE_PRESENT: _empty_slots(sheet),
            Guard.SECTIONS_COMPLETE: _blank_sections(sheet, month),
            Guard.RETURNED_SECTIONS_ANSWERED: _unanswered(sheet),
            Guard.EVALUATED_ON_THIS_DATA: _evaluated(evaluation, stale),
        },
        evaluation=evaluation,
        stale=stale,
    )


def _asked_by_others(session: Session, sheet: Sheet, evaluation: Evaluation) -> bool:
    """Whether other versions of the packs hold for the month than those that were asked."""
    return evaluation.packs != {pack.id: pack.version for pack in packs_for(session, sheet)}


def blank_rows(sheet: Sheet, month: Figures, section: Section) -> list[tuple[SheetStream, SheetRow]]:
    """Required rows of a section that a person has to fill and has not, each with its stream."""
    return [
        (stream, row)
        for stream in sheet.streams
        if stream.section is section
        for row in stream.rows
        if row.required
        and not row.derived
        and month.values[row.cell] is None
        and month.origins[row.cell] is Origin.TYPED
    ]


def _finding(finding: Finding) -> Failure:
    return Failure(
        "finding",
        "%(title)s",
        {"title": finding.title, "number": finding.number, "detail": finding.detail},
        section=finding.section.value if finding.section else "",
        cell=finding.cell or finding.slot,
    )


def _wants_explanation(finding: Finding) -> bool:
    settled = {FindingState.EXPLAINED, FindingState.CLOSED, FindingState.WAIVED}
    return finding.severity is Severity.EXPLAIN and finding.state not in settled


def _empty_slots(sheet: Sheet) -> tuple[Failure, ...]:
    empty = [slot for slot in sheet.slots() if slot.mandatory and not slot.files]
    if not empty:
        return ()
    titles = "、".join(dict.fromkeys(slot.title for slot in empty[:3]))
    return (
        Failure(
            "evidence_missing",
            N_("缺 %(count)s 份必备支撑材料：%(titles)s"),
            {"count": len(empty), "titles": titles},
            section=Section.EVIDENCE.value,
        ),
    )


def _blank_sections(sheet: Sheet, month: Figures) -> tuple[Failure, ...]:
    failures = []
    for entry in sheet.sections:
        blank = blank_rows(sheet, month, entry.section)
        if blank:
            names = "、".join(f"{stream.name} {row.name}" for stream, row in blank[:3])
            failures.append(
                Failure(
                    "section_blank",
                    N_("还有 %(count)s 格没有填：%(names)s"),
                    {"count": len(blank), "names": names},
                    section=entry.section.value,
                    cell=blank[0][1].cell,
                )
            )
    for code, fault in month.faults.items():
        stream = sheet.stream(code)
        failures.append(
            Failure(
                "stream_fault",
                N_("%(stream)s 还不能核算：%(reason)s"),
                {"stream": stream.name if stream else code, "reason": str(fault)},
                section=stream.section.value if stream else "",
            )
        )
    return tuple(failures)


def _unanswered(sheet: Sheet) -> tuple[Failure, ...]:
    return tuple(
        Failure("response_missing", N_("这一节被退回，请写明怎样补正"), section=entry.section.value)
        for entry in sheet.sections
        if entry.return_comment and not entry.response.strip()
    )


def _evaluated(evaluation: Evaluation | None, stale: bool) -> tuple[Failure, ...]:
    if evaluation is None:
        return (Failure("not_evaluated", N_("还没有评估")),)
    if stale:
        return (Failure("evaluation_stale", N_("评估已过期：此后数据有改动，请重新评估")),)
    return ()


def readiness_guards() -> Mapping[Guard, GuardFunction]:
    """The guards of the steps that lead to a signature, all fed from one look at the month."""
    looked: dict[int, Readiness] = {}

    def of(move: Move) -> Readiness:
        version_id = move.record.current_version_id or 0
        if version_id not in looked:
            sheet = load_sheet(move.session, version_id)
            looked[version_id] = readiness(move.session, sheet, figures(sheet))
        return looked[version_id]

    def guard(name: Guard) -> GuardFunction:
        def failures(move: Move) -> Sequence[Failure]:
            return of(move).failures[name]

        return failures

    return {
        name: guard(name)
        for name in (
            Guard.NO_BLOCKING_FINDING,
            Guard.EXPLANATIONS_GIVEN,
            Guard.EVIDENCE_PRESENT,
            Guard.SECTIONS_COMPLETE,
            Guard.RETURNED_SECTIONS_ANSWERED,
            Guard.EVALUATED_ON_THIS_DATA,
        )
    }
