"""Filling in the sections of a registration: whole sections, rows of lists, files."""

from collections.abc import Mapping
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission, authorize
from portal.domain.errors import DomainError, Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import now, today
from portal.domain.registration import Gap, gaps_of, may_edit, rows_of
from portal.domain.registration_questions import FILE_SLOTS, SECTIONS
from portal.domain.workflow import Decision, RegistrationState
from portal.models.evidence import Evidence
from portal.models.registrations import Registration, RegistrationSection
from portal.models.users import User
from portal.queries.registration_faults import filed_of
from portal.services.events import record_event
from portal.services.evidence import store_file
from portal.services.rows import check_version
from portal.storage import Storage

MOST_ROWS = 200
MOST_FILES = 10


class SectionIncomplete(DomainError):
    """The section was not kept, because the applicant said that it was finished and it is not."""

    code = "section_incomplete"

    def __init__(self, gaps: tuple[Gap, ...]) -> None:
        """Keep what is missing or wrong."""
        super().__init__(N_("这一项还没有填好"))
        self.gaps = gaps


def save_section(
    session: Session,
    actor: Actor,
    registration_id: int,
    key: str,
    answers: Mapping[str, Any],
    row_version: int,
    *,
    later: bool = False,
) -> Registration:
    """Keep the answers of a section.

    Without ``later`` the section must be complete. Raises NotFound, Refused (not editable now),
    Conflict (changed meanwhile) or SectionIncomplete.
    """
    registration, section = open_section(session, actor, registration_id, key, row_version)
    if SECTIONS[key].rows or SECTIONS[key].files:
        raise NotFound
    known = {question.key for question in SECTIONS[key].questions}
    _keep(session, actor, registration, section, {k: v for k, v in answers.items() if k in known})
    if not later:
        _demand(session, registration, key)
    return registration


def save_row(
    session: Session,
    actor: Actor,
    registration_id: int,
    key: str,
    row: Mapping[str, Any],
    row_version: int,
    row_id: str = "",
) -> Registration:
    """Add a row to a list section, or change the one with ``row_id``; the row must be complete.

    Raises as ``save_section`` does, and Invalid when the list is full.
    """
    registration, section = open_section(session, actor, registration_id, key, row_version)
    spec = SECTIONS[key]
    rows = [dict(kept) for kept in rows_of(section.answers)]
    if not spec.rows or (row_id and row_id not in {kept["id"] for kept in rows}):
        raise NotFound
    if not row_id and len(rows) >= MOST_ROWS:
        raise Invalid(N_("最多 %(most)s 行"), params={"most": MOST_ROWS})
    last = int(section.answers.get("last", 0))
    new_id = row_id or str(last + 1)
    filled = {question.key: row.get(question.key, "") for question in spec.questions} | {"id": new_id}
    rows = [filled if kept["id"] == row_id else kept for kept in rows] + ([] if row_id else [filled])
    # A row's number is never given twice: other sections refer to it.
    answers = {"rows": rows, "last": last if row_id else last + 1}
    _keep(session, actor, registration, section, answers)
    _demand(session, registration, key, new_id)
    return registration


def remove_row(
    session: Session, actor: Actor, registration_id: int, key: str, row_id: str, row_version: int
) -> Registration:
    """Take a row out of a list section; rows elsewhere that hang on it then need attention."""
    registration, section = open_section(session, actor, registration_id, key, row_version)
    rows = [dict(kept) for kept in rows_of(section.answers)]
    left = [kept for kept in rows if kept["id"] != row_id]
    if len(left) == len(rows):
        raise NotFound
    _keep(session, actor, registration, section, {"rows": left, "last": section.answers.get("last", 0)})
    return registration


def declare_none(
    session: Session, actor: Actor, registration_id: int, key: str, row_version: int
) -> Registration:
    """Say that there is nothing to list in this section; raises Refused when there are rows already."""
    registration, section = open_section(session, actor, registration_id, key, row_version)
    if not SECTIONS[key].none_allowed:
        raise NotFound
    if rows_of(section.answers):
        raise Refused(N_("已经填了几行；要声明没有，请先逐行删去"))
    answers = {"rows": [], "none": True, "last": section.answers.get("last", 0)}
    _keep(session, actor, registration, section, answers)
    return registration


def add_file(
    session: Session,
    storage: Storage,
    actor: Actor,
    registration_id: int,
    slot: str,
    stream: BinaryIO,
    filename: str,
    row_version: int,
    *,
    most_bytes: int,
) -> Evidence:
    """Lay a file into ``licence`` or ``permit``; raises Invalid for a file that cannot be taken."""
    registration, section = open_section(session, actor, registration_id, "evidence", row_version)
    if slot not in FILE_SLOTS:
        raise NotFound
    there: list[int] = section.answers.get(slot, [])
    if len(there) >= MOST_FILES:
        raise Invalid(N_("每一类最多 %(most)s 个文件"), params={"most": MOST_FILES}, path=slot)
    try:
        file = store_file(
            session, storage, actor, stream, filename, registration_id=registration_id, most_bytes=most_bytes
        )
    except Invalid as error:
        raise Invalid(error.message, params=error.params, path=slot) from error
    _keep(session, actor, registration, section, {**section.answers, slot: [*there, file.id]})
    return file


def take_out_file(
    session: Session, actor: Actor, registration_id: int, slot: str, file_id: int, row_version: int
) -> Registration:
    """Take a file out of its place; its bytes stay in the archive."""
    registration, section = open_section(session, actor, registration_id, "evidence", row_version)
    there: list[int] = section.answers.get(slot, [])
    if file_id not in there:
        raise NotFound
    left = [number for number in there if number != file_id]
    _keep(session, actor, registration, section, {**section.answers, slot: left})
    return registration


def locked_registration(
    session: Session, registration_id: int, *conditions: sa.ColumnElement[bool]
) -> Registration:
    """The row, locked; raises NotFound when the conditions do not hold."""
    row = session.scalar(
        sa.select(Registration)
        .where(Registration.id == registration_id, *conditions)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    return row


def open_section(
    session: Session, actor: Actor, registration_id: int, key: str, row_version: int
) -> tuple[Registration, RegistrationSection]:
    """The applicant's own section, locked for a change; its version is counted up."""
    authorize(actor, Permission.REGISTRATION_APPLY)
    registration = locked_registration(session, registration_id, Registration.applicant_id == actor.user_id)
    section = session.scalar(
        sa.select(RegistrationSection)
        .where(RegistrationSection.registration_id == registration.id, RegistrationSection.key == key)
        .execution_options(populate_existing=True)
    )
    if section is None:
        raise NotFound
    if not may_edit(registration.state, section.decision):
        raise Refused(N_("这一项现在不能改：登记已提交，或这一项已经通过"))
    who = session.get(User, section.updated_by_id) if section.updated_by_id else None
    check_version(section, row_version, who=who.name if who else "", when=section.updated_at)
    return registration, section


def _keep(
    session: Session,
    actor: Actor,
    registration: Registration,
    section: RegistrationSection,
    answers: Mapping[str, Any],
) -> None:
    before = section.answers
    section.answers = dict(answers)
    section.updated_at, section.updated_by_id = now(), actor.user_id
    if section.decision is Decision.RETURN:
        section.decision = Decision.UNDECIDED  # answered; the comment stays for the reviewer
    if section.key == "enterprise":
        registration.uscc = str(answers.get("uscc", ""))
        registration.name = str(answers.get("name", ""))
        registration.district = str(answers.get("district", ""))
    # What hangs on it may be complete no more: each tag is worked out anew from what is kept.
    filed = filed_of(session, registration)
    for other in registration.sections:
        other.complete = not gaps_of(other.key, filed, today())
        reopened = (
            registration.state is RegistrationState.RETURNED
            and other.decision is Decision.ACCEPT
            and not other.complete
        )
        if reopened:
            other.decision = Decision.UNDECIDED
    names = sorted(name for name in {*before, *answers} if before.get(name) != answers.get(name))
    if names:
        record_event(
            session,
            actor,
            "registration.section_saved",
            "registration",
            registration.id,
            before={"section": section.key, **{name: before.get(name) for name in names}},
            after={"section": section.key, **{name: answers.get(name) for name in names}},
        )


def _demand(session: Session, registration: Registration, key: str, row_id: str = "") -> None:
    gaps = gaps_of(key, filed_of(session, registration), today())
    mine = tuple(gap for gap in gaps if not row_id or gap.row == row_id)
    if mine:
        raise SectionIncomplete(mine)
