"""Files given with an answer to a reviewer's question: kept as evidence, named by the event, seen by both."""

from datetime import timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.errors import Invalid
from portal.domain.periods import today
from portal.domain.workflow import Section
from portal.models.evidence import Evidence, EvidenceLink
from portal.models.records import MonthlyRecord
from portal.models.reviews import Question
from portal.queries.reviews import questions_page, review_head
from portal.services import reviews
from portal.services.uploads import MOST_FILES, Upload
from tests.factories.months import pdf, temporary_storage
from tests.factories.reviews import take
from tests.fixtures.reviewing import MONTH, Reviewing


def upload(filename: str = "换秤记录.pdf", content: BytesIO | None = None) -> Upload:
    return Upload(content or pdf(filename), filename, MONTH.first, MONTH.last)


def asked(session: Session, reviewing: Reviewing, record: MonthlyRecord) -> Question:
    regulator = reviewing.world.regulator
    take(session, regulator, record)
    ask = (Section.ENERGY, "8 月换秤了吗？", today() + timedelta(days=3))
    return reviews.ask(session, regulator, record.id, record.row_version, *ask)


def test_an_answer_takes_files_that_the_reviewer_and_the_enterprise_see(
    reviewing: Reviewing,
) -> None:
    world, storage = reviewing.world, temporary_storage()
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        links = session.scalar(sa.select(sa.func.count()).select_from(EvidenceLink))
        question = asked(session, reviewing, record)
        files = (upload(), upload("照片.pdf"))
        reviews.answer(session, world.steward, question.id, "换了 GD-01", uploads=files, storage=storage)
        assert session.scalar(sa.select(sa.func.count()).select_from(EvidenceLink)) == links
    with reviewing.database.reading() as session:
        head = review_head(session, reviewing.record(session).current_version_id)
        assert head is not None
        for line in (
            head.questions[0],
            questions_page(session, world.officer, world.steel_id, MONTH).questions[0],
        ):
            assert [file.filename for file in line.files] == ["换秤记录.pdf", "照片.pdf"]
        row = session.get_one(Evidence, head.questions[0].files[0].id)
        assert (row.enterprise_id, row.uploaded_for_firm_id) == (
            world.steel_id,
            world.steward.organisation_id,
        )
        assert (row.period_from, row.period_to) == (MONTH.first, MONTH.last)
        assert storage.get(row.storage_key) == pdf("换秤记录.pdf").getvalue()
        assert head.questions[0].files[0].sha256 == row.sha256


def test_an_answer_without_files_names_none(reviewing: Reviewing) -> None:
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        question = asked(session, reviewing, record)
        reviews.answer(session, reviewing.world.officer, question.id, "没有换")
        page = questions_page(session, reviewing.world.officer, reviewing.world.steel_id, MONTH)
        assert page.questions[0].files == ()


@pytest.mark.parametrize(
    "files",
    [
        [upload("程序.exe")],
        [upload("假的.pdf", BytesIO(b"MZ\x90\x00" + b"\x00" * 64))],
        [upload("空的.pdf", BytesIO(b""))],
        [upload(f"{number}.pdf") for number in range(MOST_FILES + 1)],
    ],
    ids=["a kind that is not taken", "content that is another kind", "empty", "too many"],
)
def test_a_file_that_is_not_taken_leaves_the_question_open(reviewing: Reviewing, files: list[Upload]) -> None:
    with reviewing.database.writing() as session:
        question_id = asked(session, reviewing, reviewing.record(session)).id
    with (
        pytest.raises(Invalid) as caught,
        reviewing.database.writing() as session,
    ):
        reviews.answer(
            session,
            reviewing.world.officer,
            question_id,
            "见附件",
            uploads=files,
            storage=temporary_storage(),
        )
    assert caught.value.path == "file"
    with reviewing.database.reading() as session:
        assert session.get_one(Question, question_id).answered_at is None
        assert session.scalar(sa.select(sa.func.count()).where(Evidence.filename == files[0].filename)) == 0
