"""Files given together with words: with a response to a finding, with an answer to a reviewer's question."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.queries.access import require
from portal.services.evidence import store_file
from portal.storage import Storage

MOST_FILES = 5


@dataclass(frozen=True)
class Upload:
    """A file given with somebody's words, and the days that it proves."""

    stream: BinaryIO
    filename: str
    period_from: date | None = None
    period_to: date | None = None


def store_uploads(
    session: Session,
    storage: Storage | None,
    actor: Actor,
    enterprise_id: int,
    uploads: Sequence[Upload],
    most_bytes: int,
) -> list[int]:
    """Keep the files as evidence of the enterprise and return their ids.

    Raises Invalid (``file``, ``period_from``) for too many files, one without a period and whatever the
    evidence service refuses; NotFound or Refused for who may not upload.
    """
    if not uploads:
        return []
    if len(uploads) > MOST_FILES:
        raise Invalid(N_("一次最多上传 %(most)s 份文件"), params={"most": MOST_FILES}, path="file")
    require(session, actor, Permission.EVIDENCE_UPLOAD, enterprise_id)
    if storage is None:
        raise ValueError("files need a place to be stored")
    kept = []
    for upload in uploads:
        if upload.period_from is None or upload.period_to is None:
            raise Invalid(N_("请写明文件证明的起止日期"), path="period_from")
        row = store_file(
            session,
            storage,
            actor,
            upload.stream,
            upload.filename,
            enterprise_id=enterprise_id,
            period_from=upload.period_from,
            period_to=upload.period_to,
            most_bytes=most_bytes,
        )
        kept.append(row.id)
    return kept
