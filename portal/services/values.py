"""Saving the cells of a month, one at a time, with a word for whoever comes second."""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounting.meter_correction import corrected_key, offered, standing, stored_form
from portal.accounting.month import figures
from portal.domain.access import Actor, OrganisationKind, Permission
from portal.domain.errors import Conflict, Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import SHANGHAI, now
from portal.domain.workflow import Acquisition, Section
from portal.models.plans import Parameter, SourceStream
from portal.models.records import RecordValue, RecordVersion
from portal.models.users import User
from portal.queries.sheets import load_sheet
from portal.services.events import record_event
from portal.services.record_access import Work, editable_version

MOST_DIGITS = 15
MOST_DECIMALS = 8
LONGEST_TEXT = 2000

_PARAMETER = (
    sa.select(Parameter, SourceStream.section)
    .join(SourceStream, SourceStream.id == Parameter.stream_id)
    .join(RecordVersion, RecordVersion.plan_version_id == SourceStream.plan_version_id)
    .where(
        RecordVersion.id == sa.bindparam("version_id"),
        SourceStream.code == sa.bindparam("stream"),
        Parameter.key == sa.bindparam("key"),
    )
)
_VALUE = (
    sa.select(RecordValue)
    .where(
        RecordValue.version_id == sa.bindparam("version_id"),
        RecordValue.stream_code == sa.bindparam("stream"),
        RecordValue.parameter_key == sa.bindparam("key"),
    )
    .with_for_update()
)


def save_value(
    session: Session,
    actor: Actor,
    version_id: int,
    cell: str,
    value: Decimal | None,
    expected_version: int,
    *,
    text: str = "",
    unit: str | None = None,
) -> RecordValue:
    """Write one cell (``S-02.purchased``) of a month that is being worked on.

    ``value`` is in the plan's unit, None clears the cell; ``text`` is for cells that hold words.
    ``expected_version`` is 0 for a cell never filled. Raises Invalid for figures that cannot be,
    Refused for derived cells and locked sections, Conflict (with what stands there) when somebody
    else was first, NotFound for foreign or unknown cells.
    """
    parameter, section = _parameter(session, version_id, cell)
    work = editable_version(session, actor, version_id, Permission.RECORD_EDIT, section=section)
    if parameter.derived:
        raise Refused(N_("这一格由其他格算出，不能直接填写"), path=cell)
    if unit is not None and unit != parameter.unit:
        raise Invalid(
            N_("单位应为 %(unit)s，不能换成 %(given)s"),
            params={"unit": parameter.unit, "given": unit[:20]},
            path=cell,
        )
    text = text.replace("\0", "")  # PostgreSQL keeps no text with it
    _check_figure(value, text, cell)
    if value is not None and value.is_zero():
        value = abs(value)  # a minus before nothing says nothing
    row = _row(session, work.version, cell)
    if (row.row_version if row else 0) != expected_version:
        raise _conflict(session, row, cell)
    if row is None:
        row = _new_row(work, parameter, cell)
        session.add(row)
    elif row.value == value and row.text == text:
        return row
    before = {"value": row.value, "text": row.text}
    row.value, row.text = value, text
    _stamp(row, actor, expected_version + 1)
    work.version.revision += 1
    session.flush()
    record_event(
        session,
        actor,
        "record.value_saved",
        "record",
        work.record.id,
        enterprise_id=work.enterprise_id,
        before={"cell": cell, **before},
        after={"cell": cell, "value": value, "text": text, "version": work.version.number},
    )
    return row


def correct_value(
    session: Session, actor: Actor, version_id: int, cell: str, expected_version: int, *, corrected: bool
) -> RecordValue:
    """Have a measured amount corrected for the calibration of its meter, or take the correction back.

    The standing of the meter is kept as it is now; the corrected figure follows from it and the value.
    Raises Refused where the meter calls for no correction, and what ``save_value`` raises.
    """
    _planned, section = _parameter(session, version_id, cell)
    work = editable_version(session, actor, version_id, Permission.RECORD_EDIT, section=section)
    row = _row(session, work.version, cell)
    if row is None or row.row_version != expected_version:
        raise _conflict(session, row, cell)
    kept = _standing(session, version_id, cell) if corrected else None
    if corrected and kept is None:
        raise Refused(N_("这一格不需要按计量器具修正"), path=cell)
    if row.correction == kept:
        return row
    before = row.correction
    row.correction = kept
    _stamp(row, actor, expected_version + 1)
    work.version.revision += 1
    session.flush()
    record_event(
        session,
        actor,
        "record.value_corrected" if corrected else "record.correction_removed",
        "record",
        work.record.id,
        enterprise_id=work.enterprise_id,
        before={"cell": cell, "correction": before},
        after={"cell": cell, "correction": kept, "version": work.version.number},
    )
    return row


def _standing(session: Session, version_id: int, cell: str) -> dict[str, Any] | None:
    """What is kept with a value that its meter calls to correct; None where it does not."""
    sheet = load_sheet(session, version_id)
    month = figures(sheet)
    for stream in sheet.streams:
        kind = month.catalogue.kind_of(stream.category, stream.item)
        row = stream.row(cell.partition(".")[2]) if cell.startswith(f"{stream.code}.") else None
        if row is None or kind is None:
            continue
        value = month.value(stream.code, corrected_key(kind, row.key))
        meter = standing(row, kind.parameter(row.key), sheet.month)
        if meter is not None and offered(stream, row, kind, sheet.month, value) is not None:
            return stored_form(meter)
    return None


def _parameter(session: Session, version_id: int, cell: str) -> tuple[Parameter, Section]:
    stream, _, key = cell.partition(".")
    found = session.execute(
        _PARAMETER, {"version_id": version_id, "stream": stream, "key": key}
    ).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]


def _row(session: Session, version: RecordVersion, cell: str) -> RecordValue | None:
    stream, _, key = cell.partition(".")
    return session.scalar(_VALUE, {"version_id": version.id, "stream": stream, "key": key})


def _new_row(work: Work, parameter: Parameter, cell: str) -> RecordValue:
    stream, _, key = cell.partition(".")
    return RecordValue(
        version_id=work.version.id,
        stream_code=stream,
        parameter_key=key,
        unit=parameter.unit,
        acquisition=Acquisition(parameter.acquisition),
        meter_id=parameter.meter_id,
        text="",
        row_version=0,
    )


def _stamp(row: RecordValue, actor: Actor, version: int) -> None:
    row.row_version = version
    row.updated_at = now()
    row.updated_by_id = actor.user_id
    row.updated_for_firm_id = actor.organisation_id if actor.kind is OrganisationKind.STEWARD_FIRM else None


def _check_figure(value: Decimal | None, text: str, cell: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise Invalid(N_("说明最多 %(most)s 字"), params={"most": LONGEST_TEXT}, path=cell)
    if value is None:
        return
    if not value.is_finite():
        raise Invalid(N_("要填数字，例如 1234.56"), path=cell)
    if value < 0:
        raise Invalid(N_("不能填负数；没有用量请填 0，没有数据请留空"), path=cell)
    exponent = value.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    if value.adjusted() >= MOST_DIGITS:
        raise Invalid(
            N_("数字太大：整数部分最多 %(most)s 位，请核对单位"), params={"most": MOST_DIGITS}, path=cell
        )
    if decimals > MOST_DECIMALS:
        raise Invalid(N_("小数最多 %(most)s 位"), params={"most": MOST_DECIMALS}, path=cell)


def _conflict(session: Session, row: RecordValue | None, cell: str) -> Conflict:
    if row is None:
        return Conflict(params={"who": "—", "when": "—"}, path=cell)
    who = session.scalar(sa.select(User.name).where(User.id == row.updated_by_id)) or "—"
    when = row.updated_at.astimezone(SHANGHAI).strftime("%m-%d %H:%M")
    current = {"value": row.value, "text": row.text, "row_version": row.row_version}
    return Conflict(params={"who": who, "when": when}, path=cell, current=current)
