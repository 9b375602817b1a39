"""Months of the steel works, made through the services as people make them: filled, checked, signed."""

import io
from collections.abc import Mapping
from decimal import Decimal

import sqlalchemy as sa
from obstore.store import MemoryStore
from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.periods import Month, now
from portal.domain.workflow import FindingState, Severity
from portal.models.findings import Finding
from portal.models.plans import PlanVersion
from portal.models.records import MonthlyRecord, RecordValue, RecordVersion
from portal.queries.sheets import load_sheet
from portal.reference.statements import load_statements
from portal.services.demo_months import STEEL_AMOUNTS
from portal.services.evaluations import request_evaluation, run_evaluation
from portal.services.evidence import fill_slot, link_existing
from portal.services.findings import respond
from portal.services.months import find_record, open_months, start_month
from portal.services.signing import agree_statement, mark_ready, open_statement, sign
from portal.services.values import save_value
from portal.storage import ObjectStorage, Storage
from tests.factories.world import PASSWORD, World

#: Total of that month in tCO2.
STEEL_TOTAL = Decimal("1214057.49")
STOCK = Decimal(1000)
EXPLANATION = "示例说明：本月按计划检修，数据已核对"


def pdf(words: str = "") -> io.BytesIO:
    """A PDF of one page that says ``words`` (plain letters), as a viewer can show it."""
    text = f"BT /F1 18 Tf 60 760 Td (Example evidence: {words}) Tj ET".encode("ascii", "replace")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    tail = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return io.BytesIO(body + tail % (count, table, count, len(body)))


def temporary_storage() -> Storage:
    """A store in memory, for tests that never look at the bytes."""
    return ObjectStorage(MemoryStore())  # type: ignore[arg-type]  # it behaves as the folder does


def make_submitted_month(
    session: Session,
    world: World,
    plan: PlanVersion,
    month: Month,
    *,
    preparer: Actor | None = None,
    changes: Mapping[str, str] | None = None,
    storage: Storage | None = None,
) -> MonthlyRecord:
    """A month with the values of the steel case, evaluated, explained and signed.

    ``preparer`` types the values (the officer unless given); ``changes`` sets cells (``S-02.purchased``)
    to other figures.
    """
    who = preparer or world.officer
    record = make_filled_month(session, world, plan, month, preparer=who, changes=changes, storage=storage)
    return submit_again(session, world, record, preparer=who)


def make_filled_month(
    session: Session,
    world: World,
    plan: PlanVersion,
    month: Month,
    *,
    preparer: Actor | None = None,
    changes: Mapping[str, str] | None = None,
    storage: Storage | None = None,
) -> MonthlyRecord:
    """A month that is filled and has its evidence, and still lies with the enterprise."""
    who = preparer or world.officer
    held = session.get_one(PlanVersion, plan.id)
    if not held.drawings:
        held.drawings = dict.fromkeys(("organisation_chart", "site_plan", "process_chart"), 0)
    open_months(session, plan.enterprise_id)
    record = find_record(session, plan.enterprise_id, month)
    version = start_month(session, who, record.id, record.row_version)
    cells = {**steel_cells(session, version), **(changes or {})}
    for cell, figure in cells.items():
        save_cell(session, who, version.id, cell, figure)
    fill_evidence(session, who, version.id, month, storage or temporary_storage())
    return record


def steel_cells(session: Session, version: RecordVersion) -> dict[str, str]:
    """Figures of the example month for every cell that a person types."""
    cells: dict[str, str] = {}
    sheet = load_sheet(session, version.id)
    for stream in sheet.streams:
        amount = STEEL_AMOUNTS.get(stream.item, "")
        figures = {
            "opening_stock": str(STOCK) if sheet.previous is None else "",
            "purchased": amount,
            "sold": "0",
            "closing_stock": str(STOCK),
            "moisture": "8.5",
            "amount": amount,
        }
        for row in stream.rows:
            if figures.get(row.key):
                cells[row.cell] = figures[row.key]
    cells["QT-01.production_changed"] = "no"
    return cells


def save_cell(session: Session, actor: Actor, version_id: int, cell: str, figure: str) -> None:
    """Save one cell at the version that it has now; what is no figure is kept as words."""
    stream, _, key = cell.partition(".")
    held = session.scalar(
        sa.select(RecordValue.row_version).where(
            RecordValue.version_id == version_id,
            RecordValue.stream_code == stream,
            RecordValue.parameter_key == key,
        )
    )
    is_number = figure.replace(".", "").isdecimal()
    save_value(
        session,
        actor,
        version_id,
        cell,
        Decimal(figure) if is_number else None,
        held or 0,
        text="" if is_number else figure,
    )


def fill_evidence(session: Session, actor: Actor, version_id: int, month: Month, storage: Storage) -> None:
    """One file for every empty mandatory slot, as one ledger may prove many rows."""
    slots = [slot for slot in load_sheet(session, version_id).slots() if slot.mandatory and not slot.files]
    if not slots:
        return
    first, *others = slots
    file = fill_slot(
        session,
        storage,
        actor,
        version_id,
        first.code,
        pdf(f"ledger {month}"),
        f"示例台账-{month}.pdf",
        period_from=month.first,
        period_to=month.last,
    )
    for slot in others:
        link_existing(session, actor, version_id, slot.code, file.id)


def evaluate(session: Session, actor: Actor, version_id: int) -> None:
    """Ask for a run and do it at once."""
    run_evaluation(session, request_evaluation(session, actor, version_id).id)


def explain_all(session: Session, actor: Actor, record: MonthlyRecord) -> None:
    """Explain every finding that asks for an explanation."""
    for finding in session.scalars(
        sa.select(Finding).where(
            Finding.record_id == record.id,
            Finding.severity == Severity.EXPLAIN,
            Finding.state.in_((FindingState.OPEN, FindingState.RETURNED)),
        )
    ):
        respond(session, actor, finding.id, finding.row_version, text=EXPLANATION)


def submit_again(
    session: Session, world: World, record: MonthlyRecord, *, preparer: Actor | None = None
) -> MonthlyRecord:
    """Evaluate, explain, hand over and sign the version that is being worked on."""
    who = preparer or world.officer
    version_id = record.current_version_id
    assert version_id is not None
    evaluate(session, who, version_id)
    explain_all(session, who, record)
    mark_ready(session, who, record.id, record.row_version)
    for statement in load_statements():
        open_statement(session, world.signatory, record.id, statement.key)
        agree_statement(session, world.signatory, record.id, statement.key)
    sign(
        session,
        world.signatory,
        record.id,
        record.row_version,
        password=PASSWORD,
        code="",
        idempotency_key=f"test-{record.id}-{version_id}",
        pressed_at=now(),
    )
    session.flush()
    return record
