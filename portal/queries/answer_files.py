"""The files given with answers to a reviewer's questions, as the events of those answers name them."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models.events import Event
from portal.models.evidence import Evidence
from portal.models.records import MonthlyRecord

ANSWERED = "record.answer"


@dataclass(frozen=True)
class AnswerFile:
    """A file that came with an answer."""

    id: int
    enterprise_id: int
    filename: str
    sha256: str


def answer_files(session: Session, record_ids: Collection[int]) -> Mapping[int, tuple[AnswerFile, ...]]:
    """Files of the answers about these months, by question.

    The event of an answer is what joins it to its files: neither can be changed any more, and a signed
    version takes no links. The caller has authorised the reader.
    """
    events = session.execute(
        sa.select(MonthlyRecord.enterprise_id, Event.after)
        .join(MonthlyRecord, MonthlyRecord.id == Event.subject_id)
        .where(Event.subject_kind == "record", Event.subject_id.in_(record_ids), Event.action == ANSWERED)
    )
    named = [(enterprise_id, json.loads(after)) for enterprise_id, after in events]
    ids = {number for _, after in named for number in after.get("evidence", ())}
    if not ids:
        return {}
    held = {row.id: row for row in session.scalars(sa.select(Evidence).where(Evidence.id.in_(ids)))}
    return {
        after["question"]: tuple(
            AnswerFile(number, enterprise_id, held[number].filename, held[number].sha256)
            for number in after["evidence"]
            if number in held and held[number].enterprise_id == enterprise_id
        )
        for enterprise_id, after in named
        if after.get("evidence")
    }
