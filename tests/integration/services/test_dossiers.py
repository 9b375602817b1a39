"""The life of a dossier: prepared, signed, issued, stale when a month is restated, renewed, withdrawn."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pikepdf
import pytest
import sqlalchemy as sa
from obstore.store import MemoryStore
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.dossiers import DossierState, Standing
from portal.domain.errors import Conflict, GuardFailed, Invalid, NotFound, Refused
from portal.domain.signing_keys import KeyUnusable
from portal.models.documents import IssuedDocument
from portal.models.dossiers import Dossier, DossierSource
from portal.models.jobs import Job
from portal.models.notifications import Notification
from portal.queries.dossiers import DossierPage, dossier_page, dossiers_page
from portal.services.documents import stored_bytes
from portal.services.dossier_issuing import issue_dossier, request_issue, withdraw_dossier
from portal.services.dossier_previews import preview_bytes, preview_of, print_dossier_preview, request_preview
from portal.services.dossier_signing import sign_dossier
from portal.services.dossier_staleness import compare_dossier
from portal.services.dossiers import (
    complete_dossier,
    create_dossier,
    new_edition,
    reopen_dossier,
    save_answers,
)
from portal.services.proofs import verify_everything
from portal.services.signing_key_seals import check_pdf
from portal.services.signing_keys import authority_certificates, create_authority, issue_key, revoke_key
from portal.storage import ObjectStorage, Storage, open_storage
from tests.factories.months import save_cell, submit_again
from tests.factories.reviews import accept, granted
from tests.factories.world import PASSWORD
from tests.fixtures.failures import codes
from tests.fixtures.reviewing import Reviewing

KIND, SUBJECT = "quality_report", "2026-09"
SUMMARY = {"summary": "示例：各项数据按控制方案采集。"}


class DyingStorage(ObjectStorage):
    """A store whose worker is shot right after the file was written."""

    def put(self, key: str, data: bytes | BinaryIO) -> int:
        super().put(key, data)
        raise SystemExit(9)


@dataclass
class Desk:
    """A dossier about the accepted month, and what its acts need."""

    reviewing: Reviewing
    storage: Storage
    settings: Settings
    dossier_id: int

    @property
    def enterprise_id(self) -> int:
        return self.reviewing.world.steel_id

    def dossier(self, session: Session) -> Dossier:
        return session.get_one(Dossier, self.dossier_id, populate_existing=True)

    def page(self, dossier_id: int | None = None) -> DossierPage:
        with self.reviewing.database.reading() as session:
            signatory = self.reviewing.world.signatory
            return dossier_page(session, signatory, self.enterprise_id, dossier_id or self.dossier_id)

    def complete(self, dossier_id: int | None = None) -> None:
        place = (self.enterprise_id, dossier_id or self.dossier_id)
        with self.reviewing.database.writing() as session:
            steward = self.reviewing.world.steward
            version = session.get_one(Dossier, place[1]).row_version
            save_answers(session, steward, *place, version, SUMMARY)
            version = session.get_one(Dossier, place[1]).row_version
            complete_dossier(session, steward, *place, version)

    def sign(self, dossier_id: int | None = None) -> None:
        place = (self.enterprise_id, dossier_id or self.dossier_id)
        with self.reviewing.database.writing() as session:
            version = session.get_one(Dossier, place[1]).row_version
            sign_dossier(session, self.reviewing.world.signatory, *place, version, password=PASSWORD)

    def issue(self, dossier_id: int | None = None) -> None:
        wanted = dossier_id or self.dossier_id
        with self.reviewing.database.writing() as session:
            request_issue(session, self.reviewing.world.signatory, self.enterprise_id, wanted)
        issue_dossier(self.reviewing.database, self.storage, self.settings, wanted)

    def restate(self) -> None:
        world = self.reviewing.world
        with self.reviewing.database.writing() as session:
            record = self.reviewing.record(session)
            version = granted(session, world, record)
            save_cell(session, world.officer, version.id, "S-02.purchased", "350001")
            submit_again(session, world, record)
            accept(session, world, record)


@pytest.fixture(scope="session")
def printing(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings whose fonts are cut once for all tests."""
    folder = tmp_path_factory.mktemp("dossiers")
    return Settings.from_env({"INSTANCE_DIR": str(folder), "PUBLIC_URL": "https://carbon.example.org"})


@pytest.fixture
def desk(reviewing: Reviewing, tmp_path: Path, printing: Settings) -> Desk:
    world = reviewing.world
    with reviewing.database.writing() as session:
        accept(session, world, reviewing.record(session))
        made = create_dossier(session, world.officer, world.steel_id, KIND, SUBJECT)
        dossier_id = made.id
    return Desk(reviewing, open_storage((tmp_path / "files").as_uri()), printing, dossier_id)


def test_a_draft_says_what_is_missing_and_keeps_what_was_typed(desk: Desk) -> None:
    world, place = desk.reviewing.world, (desk.enterprise_id, desk.dossier_id)
    with desk.reviewing.database.writing() as session:
        with pytest.raises(GuardFailed) as refused:
            complete_dossier(session, world.officer, *place, 1)
        assert "unanswered" in codes(refused)
        assert {failure.cell for failure in refused.value.failures} >= {"summary"}
        save_answers(session, world.officer, *place, 1, SUMMARY)
        with pytest.raises(Conflict):
            save_answers(session, world.steward, *place, 1, {"summary": "另一人"})
        improvements = {"improvements": [{"measure": "甲", "due_on": "明年"}]}
        with pytest.raises(Invalid) as wrong:
            save_answers(session, world.officer, *place, 2, improvements)
        assert wrong.value.path == "improvements.0.due_on"
        with pytest.raises(Invalid, match="没有这一项"):
            save_answers(session, world.officer, *place, 2, {"nothing": "x"})
        with pytest.raises(Invalid, match="已经有了"):
            create_dossier(session, world.officer, desk.enterprise_id, KIND, SUBJECT)
    assert desk.page().answers == SUMMARY
    assert desk.page().check.passed


def test_strangers_find_nothing_and_other_roles_are_refused(desk: Desk) -> None:
    world, place = desk.reviewing.world, (desk.enterprise_id, desk.dossier_id)
    with desk.reviewing.database.writing() as session:
        for stranger in (world.stranger_officer, world.other_steward, world.other_regulator):
            with pytest.raises(NotFound):
                dossier_page(session, stranger, *place)
        with pytest.raises(NotFound):
            save_answers(session, world.stranger_officer, *place, 1, SUMMARY)
        with pytest.raises(NotFound):
            dossier_page(session, world.stranger_officer, world.dyeing_id, desk.dossier_id)
        for other in (world.signatory, world.regulator, world.administrator):
            with pytest.raises(Refused):
                save_answers(session, other, *place, 1, SUMMARY)


def test_a_steward_cannot_sign_by_the_page_or_by_the_database(desk: Desk) -> None:
    world = desk.reviewing.world
    desk.complete()
    with desk.reviewing.database.writing() as session, pytest.raises(Refused):
        sign_dossier(session, world.steward, desk.enterprise_id, desk.dossier_id, 3, password=PASSWORD)
    for person in (world.steward, world.officer, world.stranger_signatory):
        values = {"state": "signed", "content": "{}", "content_sha256": "0", "signed_by_id": person.user_id}
        statement = sa.update(Dossier).where(Dossier.id == desk.dossier_id).values(**values)
        with (
            pytest.raises(sa.exc.DBAPIError, match="only a signatory"),
            desk.reviewing.database.writing() as session,
        ):
            session.execute(statement)


def test_what_was_signed_is_frozen_until_the_signature_is_void(desk: Desk) -> None:
    desk.complete()
    with desk.reviewing.database.writing() as session, pytest.raises(Invalid):
        sign_dossier(
            session,
            desk.reviewing.world.signatory,
            *(desk.enterprise_id, desk.dossier_id, desk.dossier(session).row_version),
            password="another-password",
        )
    desk.sign()
    page = desk.page()
    assert page.line.state is DossierState.SIGNED
    assert page.signatures[0].name == desk.reviewing.world.signatory.name
    assert [source.month for source in page.sources] == [SUBJECT]
    for statement in (
        "UPDATE dossiers SET content = '{}'",
        "UPDATE dossiers SET answers = '{}'",
        "UPDATE dossiers SET content_sha256 = 'x'",
        "DELETE FROM dossier_sources",
        "UPDATE dossier_sources SET month = '2026-01'",
        "DELETE FROM dossiers",
    ):
        with (
            pytest.raises(sa.exc.DBAPIError, match="frozen"),
            desk.reviewing.database.writing() as session,
        ):
            session.execute(sa.text(statement))
    with desk.reviewing.database.writing() as session:
        version = desk.dossier(session).row_version
        place = (desk.enterprise_id, desk.dossier_id)
        with pytest.raises(Refused):
            reopen_dossier(session, desk.reviewing.world.steward, *place, version, "改一处")
        reopen_dossier(session, desk.reviewing.world.signatory, *place, version, "改一处")
    with desk.reviewing.database.reading() as session:
        dossier = desk.dossier(session)
        assert (dossier.state, dossier.content, dossier.signed_by_id) == (DossierState.DRAFT, None, None)
        assert session.scalars(sa.select(DossierSource)).all() == []


def test_a_document_is_issued_once_and_never_changes(desk: Desk) -> None:
    desk.complete()
    desk.sign()
    with desk.reviewing.database.writing() as session:
        request_issue(session, desk.reviewing.world.signatory, desk.enterprise_id, desk.dossier_id)
    dying = DyingStorage(MemoryStore())  # type: ignore[arg-type]  # it behaves as the folder does
    with pytest.raises(SystemExit):
        issue_dossier(desk.reviewing.database, dying, desk.settings, desk.dossier_id)
    assert (desk.page().line.state, desk.page().line.issued) == (DossierState.SIGNED, None)
    work = (desk.reviewing.database, desk.storage, desk.settings, desk.dossier_id)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: issue_dossier(*work), range(2)))
    page = desk.page()
    issued = page.line.issued
    assert issued is not None
    assert issued.number == f"HZ-DQ-202609-{desk.enterprise_id:04d}-E1"
    assert issued.standing is Standing.VALID
    content = desk.storage.get(issued.storage_key)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        attached = pdf.attachments[f"{issued.number}.json"].get_file().read_bytes()
        assert len(pdf.pages) == issued.pages
    with desk.reviewing.database.reading() as session:
        dossier = desk.dossier(session)
        assert attached.decode() == dossier.content
        frozen = json.loads(attached)
        assert frozen["sources"][0]["sha256"] == page.sources[0].sha256
        assert frozen["signature"]["signed_by"] == desk.reviewing.world.signatory.name
        assert frozen["data"]["signatures"][0]["name"] == desk.reviewing.world.signatory.name
        assert [figure.value for figure in page.figures]
        assert session.scalar(sa.select(sa.func.count()).select_from(IssuedDocument)) == 1
        assert list(verify_everything(session, desk.storage)) == []
    for statement in ("UPDATE issued_documents SET number = 'x'", "UPDATE dossiers SET state = 'signed'"):
        with (
            pytest.raises(sa.exc.DBAPIError, match="frozen"),
            desk.reviewing.database.writing() as session,
        ):
            session.execute(sa.text(statement))


def test_a_restated_month_makes_it_stale_and_a_new_edition_replaces_it(desk: Desk) -> None:
    desk.complete()
    desk.sign()
    desk.issue()
    desk.restate()
    page = desk.page()
    assert page.line.issued is not None
    assert page.line.issued.standing is Standing.STALE
    assert [source.official for source in page.sources] == [False]
    with desk.reviewing.database.reading() as session:
        job = session.scalars(sa.select(Job).where(Job.kind == "compare_dossier")).one()
        assert job.subject_id == desk.dossier_id
        told = session.scalars(sa.select(Notification).where(Notification.text.contains("已过时"))).all()
        people = desk.reviewing.world
        assert {notice.user_id for notice in told} >= {people.officer.user_id, people.signatory.user_id}
    for _ in range(2):
        compare_dossier(desk.reviewing.database, desk.dossier_id)
    comparison = desk.page().comparison
    assert comparison is not None
    assert [(c.month, c.old_version, c.new_version) for c in comparison.changes] == [(SUBJECT, 1, 2)]
    assert [figure.key for figure in comparison.figures] == [figure.key for figure in page.figures]
    with desk.reviewing.database.writing() as session:
        old = (desk.enterprise_id, desk.dossier_id)
        second = new_edition(session, desk.reviewing.world.officer, *old).id
        with pytest.raises(Invalid, match="新版"):
            new_edition(session, desk.reviewing.world.officer, *old)
    desk.complete(second)
    desk.sign(second)
    assert desk.page().line.issued.standing is Standing.STALE  # type: ignore[union-attr]  # issued above
    desk.issue(second)
    page = desk.page(second)
    assert [line.edition for line in page.editions] == [2, 1]
    newer, older = (line.issued for line in page.editions)
    assert newer is not None
    assert older is not None
    assert (newer.standing, older.standing) == (Standing.VALID, Standing.SUPERSEDED)
    assert newer.number.endswith("-E2")
    withdraw_and_look(desk, second)


def withdraw_and_look(desk: Desk, dossier_id: int) -> None:
    world, place = desk.reviewing.world, (desk.enterprise_id, dossier_id)
    with desk.reviewing.database.writing() as session:
        with pytest.raises(Refused):
            withdraw_dossier(session, world.officer, *place, "数字有误")
        with pytest.raises(Invalid):
            withdraw_dossier(session, world.regulator, *place, " ")
        withdraw_dossier(session, world.regulator, *place, "数字有误")
        with pytest.raises(Invalid, match="已经撤销"):
            withdraw_dossier(session, world.signatory, *place, "再撤一次")
    issued = desk.page(dossier_id).line.issued
    assert issued is not None
    assert (issued.standing, issued.reason) == (Standing.WITHDRAWN, "数字有误")


def test_a_restatement_between_signature_and_issue_is_refused_in_words(desk: Desk) -> None:
    desk.complete()
    desk.sign()
    desk.restate()
    world, place = desk.reviewing.world, (desk.enterprise_id, desk.dossier_id)
    with desk.reviewing.database.writing() as session, pytest.raises(GuardFailed, match="2026-09"):
        request_issue(session, world.signatory, *place)
    with pytest.raises(GuardFailed, match="第 2 版"):
        issue_dossier(desk.reviewing.database, desk.storage, desk.settings, desk.dossier_id)
    with desk.reviewing.database.reading() as session:
        assert session.scalars(sa.select(IssuedDocument)).all() == []
        assert desk.dossier(session).state is DossierState.SIGNED


def test_a_revoked_key_stops_the_issue_and_a_new_one_seals_it(desk: Desk) -> None:
    uscc, secret = "91330500MA28C4XX0E", desk.settings.secret_key
    desk.complete()
    desk.sign()
    with desk.reviewing.database.writing() as session:
        create_authority(session, secret)
        revoke_key(session, issue_key(session, secret, uscc).fingerprint, "人员离职")
    with pytest.raises(GuardFailed, match="人员离职"):
        desk.issue()
    with pytest.raises(KeyUnusable, match="人员离职"):
        issue_dossier(desk.reviewing.database, desk.storage, desk.settings, desk.dossier_id)
    assert desk.page().line.state is DossierState.SIGNED
    with desk.reviewing.database.writing() as session:
        fingerprint = issue_key(session, secret, uscc).fingerprint
    desk.issue()
    issued = desk.page().line.issued
    assert issued is not None
    assert issued.signed_with == fingerprint
    assert issued.pages > 0
    content = stored_bytes(desk.storage, issued.storage_key, issued.sha256)
    with desk.reviewing.database.reading() as session:
        trusted = authority_certificates(session)
    assert [seal.good for seal in check_pdf(content, trusted)] == [True]
    assert [seal.good for seal in check_pdf(content.replace(b"/Type", b"/Typo", 1), trusted)] != [True]


def test_a_preview_is_watermarked_and_enters_nothing(desk: Desk) -> None:
    world, place = desk.reviewing.world, (desk.enterprise_id, desk.dossier_id)
    with desk.reviewing.database.writing() as session:
        first = request_preview(session, world.steward, *place)
        assert request_preview(session, world.officer, *place).id == first.id
    print_dossier_preview(desk.reviewing.database, desk.storage, desk.settings, desk.dossier_id)
    with desk.reviewing.database.reading() as session:
        preview = preview_of(session, desk.storage, world.officer, *place)
        assert preview.ready
        assert preview_bytes(desk.storage, preview).startswith(b"%PDF")
        assert session.scalars(sa.select(IssuedDocument)).all() == []
        assert [line.id for line in dossiers_page(session, world.steward, desk.enterprise_id).dossiers] == [
            desk.dossier_id
        ]
