"""Every kind of disclosure and dossier of the example world: completed, signed, issued, outlived."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import APIResponse, BrowserContext, Page, expect
from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.periods import now, today
from portal.domain.workflow import Decision
from portal.models.dossiers import Dossier
from portal.models.records import MonthlyRecord, RecordSection
from portal.models.users import User
from portal.queries.access import find_actor
from portal.queries.dossier_lines import DossierLine, dossier_lines
from portal.reference.dossiers import kinds
from portal.reference.statements import load_statements
from portal.services import reviews
from portal.services.credits import add_credit, prove_credit, use_credit
from portal.services.demo import PASSWORD
from portal.services.restatements import grant_restatement, request_restatement
from portal.services.signing import agree_statement, mark_ready, open_statement, sign
from tests.factories.credits import credit_data
from tests.factories.months import evaluate, explain_all, pdf, save_cell
from tests.fixtures.browser import Site, sign_in

pytestmark = pytest.mark.browser

Open = Callable[..., BrowserContext]


class Desk:
    """The people of the example world at their pages; what needs no eye goes as a direct request."""

    def __init__(self, site: Site, window: Open) -> None:
        """Nobody is signed in yet."""
        self.site = site
        self._window = window
        self._pages: dict[str, Page] = {}

    def page(self, role: str, line: DossierLine) -> Page:
        """The page of the enterprise's officer or signatory."""
        email = f"{role}@{_place(line)}.example"
        if email not in self._pages:
            self._pages[email] = sign_in(self._window(self.site.url), email, PASSWORD)
        return self._pages[email]

    def line(self, dossier_id: int) -> DossierLine:
        """The document as it is now."""
        with self.site.database.reading() as session:
            return dossier_lines(session, Dossier.id == dossier_id)[0]

    def path(self, line: DossierLine) -> str:
        """Address of the document."""
        return f"/enterprises/{line.enterprise_id}/dossiers/{line.id}"

    def send(self, role: str, dossier_id: int, act: str, **fields: str) -> APIResponse:
        """What a form of the document's page sends, the row version of this moment in it."""
        line = self.line(dossier_id)
        page = self.page(role, line)
        token = page.locator('meta[name="csrf-token"]').get_attribute("content") or ""
        sent: dict[str, str | float | bool] = {"csrf_token": token, "row_version": line.row_version, **fields}
        answer = page.request.post(f"{self.path(line)}/{act}", form=sent)
        assert answer.ok, (line.kind.id, act, _summary(answer.text()))
        return answer

    def hand_over(self, dossier_id: int) -> None:
        """Complete, sign and ask for the issue by direct requests; the worker goes on by itself."""
        self.send("officer", dossier_id, "complete")
        self.send("signatory", dossier_id, "sign", agree="y", password=PASSWORD)
        self.send("signatory", dossier_id, "issue")

    def issued(self, dossier_id: int) -> DossierLine:
        """Wait at the page until the document is there."""
        line = self.line(dossier_id)
        page = self.page("signatory", line)
        page.goto(self.path(line))
        expect(page.locator("#issued")).to_be_visible()
        return self.line(dossier_id)

    def issue(self, *dossier_ids: int) -> list[DossierLine]:
        """Have several documents issued."""
        for dossier_id in dossier_ids:
            self.hand_over(dossier_id)
        return [self.issued(dossier_id) for dossier_id in dossier_ids]


def _place(line: DossierLine) -> str:
    return {"示例钢铁有限公司": "steel", "示例印染有限公司": "dyeing"}.get(line.enterprise_name, "battery")


def _summary(text: str) -> str:
    found = re.search(r'id="error-summary".*?</ol>', text, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0] if found else text[:500]))


def drafts(site: Site) -> list[DossierLine]:
    """One prepared document of each kind; what rests on others comes after them."""
    with site.database.reading() as session:
        held = {line.kind.id: line for line in reversed(dossier_lines(session))}
    assert set(held) == {kind.id for kind in kinds()}, "the example world lacks a draft of a kind"
    return sorted(held.values(), key=lambda line: (bool(line.kind.bases), line.kind.id))


def test_each_kind_is_issued_confirmed_and_outlived(demo_site: Site, window: Open, tmp_path: Path) -> None:
    desk = Desk(demo_site, window)
    reader = window(demo_site.url).new_page()
    first, *others = drafts(demo_site)
    issued = [by_hand(desk, first)]
    issued += desk.issue(*(draft.id for draft in others if not draft.kind.bases))
    for draft in others:
        if draft.kind.bases:
            issue_what_it_rests_on(desk, draft, issued)
            issued += desk.issue(draft.id)
    for line in issued:
        assert line.issued is not None
        answer = reader.request.get(f"/verify/{line.issued.code}")
        assert "现在有效" in answer.text(), line.kind.id
        assert line.issued.number in answer.text()
    compare_files(desk, reader, issued[0], tmp_path)
    outlive(desk, reader, issued)


def by_hand(desk: Desk, draft: DossierLine) -> DossierLine:
    """The way of one document by pressing what is on the pages, up to the file that comes by itself."""
    officer, path = desk.page("officer", draft), desk.path(draft)
    officer.get_by_role("link", name=re.compile("^报告与认证")).first.click()
    officer.get_by_role("link", name=re.compile(f"^{draft.kind.title} · ")).first.click()
    paste_rows(officer)
    officer.get_by_role("button", name="内容已完成，送负责人签署").click()
    expect(officer.get_by_text("内容已完成，已通知负责人签署")).to_be_visible()
    signatory = desk.page("signatory", draft)
    signatory.goto(path)
    signatory.get_by_role("link", name="核对并签署").click()
    signatory.get_by_role("checkbox").check()
    signatory.get_by_label("登录密码").fill(PASSWORD)
    signatory.get_by_role("button", name="签署", exact=True).click()
    signatory.get_by_role("button", name="签发", exact=True).click()
    expect(signatory.locator("#issued")).to_be_visible()
    expect(signatory.get_by_role("link", name="公开核验页")).to_be_visible()
    return desk.line(draft.id)


def paste_rows(officer: Page) -> None:
    """Cells copied from a spreadsheet fill to the right and down, in new rows too; leaving keeps nothing."""
    officer.get_by_role("link", name="采取的措施").click()
    table = officer.locator('[data-rows="measures"]')
    rows = table.locator("[data-row]")
    before = rows.count()
    table.get_by_role("button", name="添加一行").click()
    expect(rows).to_have_count(before + 1)
    rows.last.locator("[data-column]").first.evaluate(
        """(cell, text) => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            cell.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}));
        }""",
        "甲\t2026-01-05\n乙\t2026-02-06\n",
    )
    expect(rows).to_have_count(before + 2)
    expect(rows.last.locator("[data-column]").first).to_have_value("乙")
    expect(rows.last.locator("[data-column]").nth(1)).to_have_value("2026-02-06")
    officer.get_by_role("link", name="放弃修改").click()


def issue_what_it_rests_on(desk: Desk, draft: DossierLine, issued: list[DossierLine]) -> None:
    """Give a reduction its two footprints, and neutrality its inventory and cancelled credits."""
    with desk.site.database.reading() as session:
        lines = dossier_lines(session, Dossier.enterprise_id == draft.enterprise_id)
    if draft.kind.id == "reduction_product":
        wanted = [line for line in lines if line.kind.id == "carbon_footprint"]
    else:
        wanted = [line for line in lines if line.kind.id == "emission_report"]
        cancel_credits(desk, draft)
    issued += desk.issue(*(line.id for line in wanted if line.issued is None))
    line = desk.line(draft.id)
    page = desk.page("officer", line)
    page.goto(desk.path(line))
    for box in page.locator('input[name="bases"]').all():
        if int(box.get_attribute("value") or 0) in {one.id for one in wanted}:
            box.check()
    page.get_by_role("button", name="保存依据的文件").click()
    expect(page.get_by_text("已保存依据的文件")).to_be_visible()


def cancel_credits(desk: Desk, draft: DossierLine) -> None:
    """Enter cancelled credits beyond any residual of the example, with a proof, for the document."""
    place = draft.enterprise_id
    data = credit_data(
        quantity=Decimal(10**6), serial_to="EX-2024-1000000", beneficiary=draft.enterprise_name
    )
    with desk.site.database.writing() as session:
        officer = _person(session, "officer@dyeing.example")
        credit = add_credit(session, officer, place, data)
        storage = desk.site.app.extensions["portal.storage"]
        proof = (pdf("proof"), "注销证明.pdf")
        held = prove_credit(
            session, storage, officer, place, credit.id, *proof, row_version=credit.row_version
        )
        use_credit(session, officer, place, credit.id, draft.id, row_version=held.row_version)


def compare_files(desk: Desk, reader: Page, line: DossierLine, folder: Path) -> None:
    """The public page compares files in the browser: the issued one is the same, a flipped bit is not."""
    assert line.issued is not None
    content = desk.page("officer", line).request.get(f"{desk.path(line)}/document.pdf").body()
    same, other = folder / "issued.pdf", folder / "flipped.pdf"
    same.write_bytes(content)
    other.write_bytes(content[:2000] + bytes([content[2000] ^ 1]) + content[2001:])
    sent: list[str] = []
    reader.on("request", lambda request: sent.append(request.method))
    reader.goto(f"/verify/{line.issued.code}")
    reader.locator("#my-file").set_input_files(same)
    expect(reader.locator("[data-verify-result]")).to_contain_text("一致：issued.pdf 与签发的文件逐字节相同")
    reader.locator("#my-file").set_input_files(other)
    expect(reader.locator("[data-verify-result]")).to_contain_text("不一致：flipped.pdf")
    assert set(sent) == {"GET"}, "no file leaves the reader's machine"


def outlive(desk: Desk, reader: Page, issued: list[DossierLine]) -> None:
    """After a restatement documents are stale, then superseded by a new edition; another is withdrawn."""
    old = next(line for line in issued if line.kind.id == "annual_disclosure")
    assert old.issued is not None
    restate(desk, old)
    officer, path = desk.page("officer", old), f"/verify/{old.issued.code}"
    reader.goto(path)
    expect(reader.get_by_role("heading", name="本平台签发，但所依据的记录已更正")).to_be_visible()
    officer.goto(f"/enterprises/{old.enterprise_id}/dossiers")
    changed = officer.locator("section.frame-amber li", has_text=old.issued.number)
    expect(changed.locator(".delta").first).to_contain_text("%")
    reader.reload()
    expect(reader.locator(".moved .delta").first).to_contain_text("%")
    officer.goto(desk.path(old))
    officer.get_by_role("button", name="编制新版次").click()
    expect(officer.get_by_text("已开始新版次，上一版的答案已带入")).to_be_visible()
    (renewed,) = desk.issue(int(officer.url.rpartition("/")[2]))
    reader.goto(path)
    expect(reader.get_by_role("heading", name="本平台签发，已被新版取代")).to_be_visible()
    reader.get_by_role("link", name="看现行版次").click()
    assert renewed.issued is not None
    expect(reader.get_by_text(renewed.issued.number)).to_be_visible()
    gone = next(line for line in issued if line.kind.id == "ad_hoc_disclosure")
    desk.send("signatory", gone.id, "withdraw", reason="示例：披露的事项有误")
    assert gone.issued is not None
    reader.goto(f"/verify/{gone.issued.code}")
    expect(reader.get_by_role("heading", name="本平台签发，已撤销")).to_be_visible()
    expect(reader.get_by_text("示例：披露的事项有误")).to_be_visible()


def restate(desk: Desk, line: DossierLine) -> None:
    """Correct the December of the disclosed year and have it accepted anew."""
    place = _place(line)
    with desk.site.database.writing() as session:
        officer, signatory = (
            _person(session, f"{role}@{place}.example") for role in ("officer", "signatory")
        )
        regulator = _person(session, "reviewer@district.example")
        record = session.scalars(
            sa.select(MonthlyRecord).where(
                MonthlyRecord.enterprise_id == line.enterprise_id,
                MonthlyRecord.month == f"{line.subject}-12",
            )
        ).one()
        request_restatement(session, signatory, record.id, record.row_version, "示例：电表读数更正")
        due = today() + timedelta(days=20)
        version = grant_restatement(session, regulator, record.id, record.row_version, due)
        save_cell(session, officer, version.id, "S-02.amount", "1900.30")
        evaluate(session, officer, version.id)
        explain_all(session, officer, record)
        mark_ready(session, officer, record.id, record.row_version)
        _sign(session, signatory, record)
        reviews.take_for_review(session, regulator, record.id, record.row_version)
        for row in session.scalars(
            sa.select(RecordSection).where(RecordSection.version_id == version.id)
        ).all():
            decided = (record.id, record.row_version, row.section, Decision.ACCEPT)
            reviews.decide_section(session, regulator, *decided)
        reviews.accept(session, regulator, record.id, record.row_version, countersign_required=False)


def _sign(session: Session, signatory: Actor, record: MonthlyRecord) -> None:
    for statement in load_statements():
        open_statement(session, signatory, record.id, statement.key)
        agree_statement(session, signatory, record.id, statement.key)
    sign(
        session,
        signatory,
        record.id,
        record.row_version,
        password=PASSWORD,
        code="",
        idempotency_key="restated",
        pressed_at=now(),
    )


def _person(session: Session, email: str) -> Actor:
    user_id = session.scalars(sa.select(User.id).where(User.email == email)).one()
    found = find_actor(session, user_id)
    assert found is not None
    return found
