"""Letters of an authority that ask for mending, as drafts: printed by a worker, kept like a preview.

The portal numbers, seals and sends no letter: that is done where the authority writes its documents. The
draft says so on each page and has no code by which it could be confirmed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.access import Actor, Permission
from portal.domain.canonical import canonical_json, sha256_text
from portal.domain.errors import NotFound
from portal.domain.periods import SHANGHAI, shanghai_date
from portal.domain.workflow import FindingSource, Section
from portal.models.database import Database
from portal.models.jobs import Job
from portal.queries.access import require
from portal.queries.jobs import JobView, newest_job
from portal.queries.notices import About, FindingMatter, Parties, ReturnMatter, finding_matter, return_matter
from portal.services.documents import footer_note
from portal.services.jobs import request_job
from portal.services.previews import stored_preview
from portal.storage import Storage
from reports.notice.view import day_words
from reports.pdf import render_pdf

REPORT = "notice"
WATERMARK = "文稿　未印发"
JOBS: Mapping[About, str] = {About.FINDING: "print_finding_notice", About.RETURN: "print_return_notice"}
#: Names of sections as the letter writes them.
_SECTIONS: Mapping[Section, str] = {
    Section.ENERGY: "能源消耗数据",
    Section.PROCESS: "过程数据",
    Section.POWER_HEAT: "电力和热力数据",
    Section.OUTPUT: "产量数据",
    Section.POLLUTANTS: "污染物数据",
    Section.OTHER: "其他内容",
    Section.EVIDENCE: "支撑材料",
}
_FOUND_BY: Mapping[FindingSource, str] = {
    FindingSource.CHECK: "数据检查",
    FindingSource.REVIEW: "审核",
    FindingSource.VISIT: "现场检查",
    FindingSource.PATTERN: "数据筛查",
}
_LATE = "逾期未完成的，依法处理。"


@dataclass(frozen=True)
class Letter:
    """A letter's data and the moment of what it is about; the same matter gives the same letter."""

    number: str
    enterprise_id: int
    data: Mapping[str, Any]
    at: datetime

    @property
    def sha256(self) -> str:
        """Hash of its words."""
        return sha256_text(canonical_json(self.data))


@dataclass(frozen=True)
class Notice:
    """Where the draft of a letter stands."""

    about: About
    subject_id: int
    enterprise: str
    number: str
    title: str
    key: str
    ready: bool
    job: JobView | None


def notice_of(
    session: Session, storage: Storage, actor: Actor, enterprise_id: int, about: About, subject_id: int
) -> Notice:
    """Whether the letter has been printed already, or is being printed.

    Raises NotFound for what is foreign or was never returned, Invalid for what needs no letter any more.
    """
    letter = _letter(session, actor, enterprise_id, about, subject_id)
    key = _key(about, subject_id, letter)
    ready = storage.exists(key)
    return Notice(
        about=about,
        subject_id=subject_id,
        enterprise=letter.data["addressee"],
        number=letter.number,
        title="".join(letter.data["title"]),
        key=key,
        ready=ready,
        job=None if ready else newest_job(session, JOBS[about], subject_id),
    )


def request_notice(session: Session, actor: Actor, enterprise_id: int, about: About, subject_id: int) -> Job:
    """Have the letter printed; a job that still waits serves again. Raises as ``notice_of``."""
    _letter(session, actor, enterprise_id, about, subject_id)
    running = newest_job(session, JOBS[about], subject_id)
    if running is not None and running.under_way:
        return session.get_one(Job, running.id)
    return request_job(session, JOBS[about], subject_id, actor=actor, enterprise_id=enterprise_id)


def print_notice(
    database: Database, storage: Storage, settings: Settings, about: About, subject_id: int
) -> None:
    """Print the draft, unless it is printed already. Raises Invalid when no letter is needed any more."""
    with database.reading() as session:
        letter = letter_about(session, about, subject_id)
    key = _key(about, subject_id, letter)
    if storage.exists(key):
        return
    document = {
        "number": letter.number,
        "issued_at": letter.at.astimezone(SHANGHAI).replace(microsecond=0).isoformat(),
        "snapshot_sha256": letter.sha256,
        "footer_note": footer_note(settings),
    }
    content = render_pdf(
        REPORT,
        {"document": document, "letter": dict(letter.data)},
        font_cache=settings.font_dir,
        watermark=WATERMARK,
    )
    if not storage.exists(key):
        storage.put(key, content)


def notice_bytes(storage: Storage, notice: Notice) -> bytes:
    """The printed draft; raises NotFound when it is not there yet."""
    return stored_preview(storage, notice.key)


def letter_about(session: Session, about: About, subject_id: int) -> Letter:
    """The letter's words; raises as ``finding_matter`` and ``return_matter``."""
    if about is About.FINDING:
        return finding_letter(finding_matter(session, subject_id))
    return return_letter(return_matter(session, subject_id))


def finding_letter(matter: FindingMatter) -> Letter:
    """A letter that asks to mend one gap."""
    detail, month = matter.detail, f"{month_words(matter.month)}月度碳排放数据" if matter.month else "现场"
    clause = f"（{detail['clause']}）" if detail.get("clause") else ""
    words = [detail.get("message") or matter.title]
    words += [f"应为：{detail['expected']}。"] if detail.get("expected") else []
    words += [f"整改要求：{detail['mend']}"] if detail.get("mend") else []
    data = _letter_data(
        matter.parties,
        title=(f"关于要求{matter.parties.enterprise}", "限期整改的通知"),
        opening=f"经{_FOUND_BY[matter.source]}，你公司{month}存在下列问题"
        f"（编号 {matter.number}），现要求整改。",
        items=[{"head": matter.title, "text": f"{_sentence(''.join(map(_sentence, words)))}{clause}"}],
        closing=f"请于{day_words(matter.due_on.isoformat())}前完成整改，并在平台提交整改说明和材料。{_LATE}",
        dated=shanghai_date(matter.at),
    )
    return Letter(f"RN-{matter.number}", matter.parties.enterprise_id, data, matter.at)


def return_letter(matter: ReturnMatter) -> Letter:
    """A letter that returns a month and asks to amend it."""
    month = month_words(matter.month)
    data = _letter_data(
        matter.parties,
        title=(f"关于退回{matter.parties.enterprise}{month}", "碳排放数据存证材料并要求补正的通知"),
        opening=f"你公司{day_words(matter.submitted_on.isoformat())}提交的{month}碳排放存证材料"
        f"（{matter.receipt_number}）收悉。经审核，下列内容不符合要求，现予退回。",
        items=[
            {"head": _SECTIONS[entry.section], "text": _sentence(entry.comment)} for entry in matter.sections
        ],
        closing=f"请于{day_words(matter.due_on.isoformat())}前补正并重新签发提交，补正不改变当月存证时限"
        f"（{day_words(matter.filing_due_on.isoformat())}）。{_LATE}",
        dated=shanghai_date(matter.at),
    )
    return Letter(f"RN-{matter.receipt_number}", matter.parties.enterprise_id, data, matter.at)


def month_words(month: Any) -> str:
    """2026年9月."""
    return f"{month.year}年{month.number}月"


def _letter_data(
    parties: Parties,
    *,
    title: tuple[str, str],
    opening: str,
    items: list[dict[str, str]],
    closing: str,
    dated: date,
) -> dict[str, Any]:
    return {
        "authority": parties.authority,
        "reference": "",
        "title": list(title),
        "addressee": parties.enterprise,
        "opening": opening,
        "items": items,
        "closing": [closing],
        "attachments": [],
        "dated": dated.isoformat(),
        "copies": list(parties.copies),
        "office": parties.authority,
    }


def _sentence(text: str) -> str:
    """With a full stop at its end."""
    bare = text.strip()
    return bare if not bare or bare[-1] in "。！？" else f"{bare}。"


def _letter(session: Session, actor: Actor, enterprise_id: int, about: About, subject_id: int) -> Letter:
    require(session, actor, Permission.FINDING_CLOSE, enterprise_id)
    letter = letter_about(session, about, subject_id)
    if letter.enterprise_id != enterprise_id:
        raise NotFound
    return letter


def _key(about: About, subject_id: int, letter: Letter) -> str:
    """The same words have the same key, whenever they were printed."""
    return f"previews/notice-{about.value}-{subject_id}-{letter.sha256[:16]}.pdf"
