"""A print of a month that nobody has signed: marked on every page, and entered nowhere."""

import io

import pikepdf
import pytest
import sqlalchemy as sa

from portal.config import Settings
from portal.domain.errors import Invalid, NotFound
from portal.models.documents import IssuedDocument
from portal.services.previews import preview_of, print_preview, request_preview
from portal.services.signing import recall
from portal.storage import Storage
from tests.factories.months import evaluate, save_cell
from tests.fixtures.printing import words
from tests.fixtures.reviewing import Reviewing


def test_a_preview_is_marked_on_every_page_and_enters_nothing(
    reviewing: Reviewing, storage: Storage, settings: Settings
) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        version_id = recall(session, world.signatory, record.id, record.row_version, "填错了").id
        with pytest.raises(Invalid):
            preview_of(session, storage, world.officer, world.steel_id, version_id)
    with reviewing.database.writing() as session:
        evaluate(session, world.officer, version_id)
        request_preview(session, world.officer, world.steel_id, version_id)
    print_preview(reviewing.database, storage, settings, version_id)
    with reviewing.database.reading() as session:
        preview = preview_of(session, storage, world.officer, world.steel_id, version_id)
        assert preview.ready
        with pytest.raises(NotFound):
            preview_of(session, storage, world.stranger_officer, world.dyeing_id, version_id)
        assert session.scalar(sa.select(sa.func.count(IssuedDocument.id))) == 0
    content = storage.get(preview.key)
    text = words(content)
    assert "1,214,057.49" in text
    assert "尚未提交" in text
    assert "尚未签署" in text
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert not pdf.attachments
        assert text.count("未签发") >= len(pdf.pages)


def test_a_changed_month_asks_for_a_new_preview(
    reviewing: Reviewing, storage: Storage, settings: Settings
) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        version_id = recall(session, world.signatory, record.id, record.row_version, "填错了").id
        evaluate(session, world.officer, version_id)
    print_preview(reviewing.database, storage, settings, version_id)
    with reviewing.database.writing() as session:
        before = preview_of(session, storage, world.officer, world.steel_id, version_id)
        save_cell(session, world.officer, version_id, "S-06.amount", "313")
        after = preview_of(session, storage, world.officer, world.steel_id, version_id)
    assert (before.ready, after.ready) == (True, False)
