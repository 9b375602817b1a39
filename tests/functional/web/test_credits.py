"""The pages of carbon credits, through the browser's eyes."""

import io
from collections.abc import Callable
from typing import Any

from flask import Flask

from portal.domain.dossiers import DossierState
from portal.models.credits import Credit
from portal.models.dossiers import Dossier
from portal.services.credits import add_credit, use_credit
from tests.factories.credits import credit_data
from tests.factories.months import pdf
from tests.factories.world import World
from tests.fixtures.application import Browser

Browse = Callable[[int], Browser]


def _form(**changes: Any) -> dict[str, Any]:
    data = {**vars(credit_data()), "kind": "sink", "cancelled_on": "2026-10-30", **changes}
    return {name: str(value) for name, value in data.items()}


def _credit(app: Flask, world: World, *, used: bool = False) -> tuple[int, int]:
    with app.extensions["portal.database"].writing() as session:
        dossier = Dossier(enterprise_id=world.steel_id, kind="carbon_neutrality", subject="2026")
        session.add(dossier)
        session.flush()
        credit = add_credit(session, world.officer, world.steel_id, credit_data())
        if used:
            use_credit(session, world.officer, world.steel_id, credit.id, dossier.id, row_version=1)
            dossier.state = DossierState.COMPLETE
        return credit.id, dossier.id


def test_a_credit_is_entered_proven_used_released_and_removed(
    app: Flask, world: World, browse: Browse
) -> None:
    browser = browse(world.officer.user_id)
    base = f"/enterprises/{world.steel_id}/credits"
    assert "登记第一笔" in browser.get(base).text
    credit_id, dossier_id = _credit(app, world)
    here = f"{base}/{credit_id}"
    assert "500" in browser.get(base).text
    sent = {"row_version": "1", "file": (io.BytesIO(pdf("proof").getvalue()), "注销证明.pdf")}
    assert browser.post(f"{here}/proof", sent, content_type="multipart/form-data").status_code == 303
    assert "注销证明.pdf" in browser.get(here).text
    chosen = {"row_version": "2", "dossier": str(dossier_id)}
    assert browser.post(f"{here}/use", chosen).status_code == 303
    assert browser.post(f"{here}/use", {"row_version": "3", "dossier": ""}).status_code == 303
    assert "删除这笔碳信用" in browser.get(f"{here}/remove").text
    assert browser.post(f"{here}/remove", {"row_version": "4"}).status_code == 303
    with app.extensions["portal.database"].reading() as session:
        assert session.get(Credit, credit_id) is None


def test_the_form_keeps_what_was_typed_and_tells_what_is_wrong(world: World, browse: Browse) -> None:
    browser = browse(world.officer.user_id)
    path = f"/enterprises/{world.steel_id}/credits/new"
    assert "示例钢铁" in browser.get(path).text
    answer = browser.post(path, _form(quantity="很多", serial_to="EY-1"))
    assert answer.status_code == 422
    assert "很多" in answer.text
    assert browser.post(path, _form()).status_code == 303
    again = browser.post(path, _form(serial_from="ex-2024-7", serial_to=""))
    assert again.status_code == 422
    assert "序列号重叠" in again.text
    assert "ex-2024-7" in again.text


def test_an_entry_is_corrected_and_a_second_writer_is_told(app: Flask, world: World, browse: Browse) -> None:
    browser = browse(world.officer.user_id)
    here = f"/enterprises/{world.steel_id}/credits/{_credit(app, world)[0]}"
    assert "EX-2024-000500" in browser.get(f"{here}/edit").text
    assert browser.post(f"{here}/edit", _form(row_version="1", vintage="2023")).status_code == 303
    assert "2023" in browser.get(here).text
    assert browser.post(f"{here}/edit", _form(row_version="1")).status_code == 409


def test_what_a_finished_dossier_uses_offers_no_change(app: Flask, world: World, browse: Browse) -> None:
    credit_id, _ = _credit(app, world, used=True)
    browser = browse(world.officer.user_id)
    here = f"/enterprises/{world.steel_id}/credits/{credit_id}"
    page = browser.get(here).text
    assert "不能再改" in page
    assert f"{here}/edit" not in page
    assert browser.post(f"{here}/use", {"row_version": "2", "dossier": ""}).status_code == 403
    answer = browser.post(f"{here}/edit", _form(row_version="2"))
    assert answer.status_code == 403
    assert browser.post(f"{here}/remove", {"row_version": "2"}).status_code == 403


def test_a_proof_that_is_no_file_and_a_dossier_that_is_none_are_refused(
    app: Flask, world: World, browse: Browse
) -> None:
    browser = browse(world.officer.user_id)
    here = f"/enterprises/{world.steel_id}/credits/{_credit(app, world)[0]}"
    for sent in ({"row_version": "1", "file": "words"}, {"row_version": "1"}):
        answer = browser.post(f"{here}/proof", sent)
        assert answer.status_code == 422
        assert "请选择要上传的文件" in answer.text
    for chosen in ("x", "99999999999999999999", "-1"):
        assert browser.post(f"{here}/use", {"row_version": "1", "dossier": chosen}).status_code == 422


def test_a_reader_sees_no_buttons(app: Flask, world: World, browse: Browse) -> None:
    credit_id, _ = _credit(app, world)
    browser = browse(world.signatory.user_id)
    here = f"/enterprises/{world.steel_id}/credits/{credit_id}"
    assert "上传证明" not in browser.get(here).text
    assert browser.get(f"{here}/edit").status_code == 403
    assert browse(world.stranger_officer.user_id).get(here).status_code == 404
