"""What anybody may see: the page behind the code of each kind, published disclosures, their open data."""

import csv
import hashlib
import io
import json
from collections.abc import Callable

import pytest
from flask import Flask

from portal.domain.documents import new_code
from portal.domain.dossiers import DossierState
from portal.models.documents import IssuedDocument
from portal.services.dossier_issuing import withdraw_dossier
from portal.web.disclosure_data import open_chapters, open_tables
from tests.factories.dossier_rows import make_signed_dossier
from tests.fixtures.application import Browser
from tests.fixtures.issued import SUBJECT, Issued, issued, issued_folder

__all__ = ["issued", "issued_folder"]

Browse = Callable[[int], Browser]


@pytest.fixture
def app(issued: Issued) -> Flask:
    """The application that ``browse`` signs people in to."""
    return issued.app


def secret(issued: Issued) -> str:
    """The code of an issued document of a kind that is not published."""
    with issued.database.writing() as session:
        dossier = make_signed_dossier(session, issued.world, "carbon_footprint", "示例秘密产品")
        session.add(
            IssuedDocument(
                enterprise_id=issued.world.steel_id,
                dossier_id=dossier.id,
                kind=dossier.kind,
                number="HZ-CF-example",
                code=(code := new_code()),
                title="示例",
                sha256="f" * 64,
                size=1,
                pages=1,
                storage_key="documents/none",
                snapshot_sha256=dossier.content_sha256 or "",
            )
        )
        dossier.state = DossierState.ISSUED
    return code


def test_the_code_leads_to_what_the_page_confirms_and_what_not(issued: Issued) -> None:
    page = issued.app.test_client().get(f"/verify/{issued.document.code}").text
    for words in (
        "本平台签发，现在有效",
        issued.document.number,
        SUBJECT,
        "91330500MA28C4XX0E",
        "本页不证明",
    ):
        assert words in page
    assert f'data-sha256="{issued.document.sha256}"' in page
    assert issued.world.signatory.name not in page
    typed = issued.document.code.replace("-", "").lower()
    assert issued.document.number in issued.app.test_client().get(f"/verify?code={typed}").text


def test_a_withdrawn_document_is_confirmed_as_such_and_its_content_is_gone(issued: Issued) -> None:
    with issued.database.writing() as session:
        world = issued.world
        withdraw_dossier(session, world.signatory, world.steel_id, issued.line.id, "披露的事项有误")
    reader, code = issued.app.test_client(), issued.document.code
    assert "本平台签发，已撤销" in reader.get(f"/verify/{code}").text
    page = reader.get(f"/disclosures/{code}").text
    assert "披露的事项有误" in page
    assert "示例行政处罚决定书" not in page
    for part in ("document.pdf", "data.json", "figures.csv", "tables/1-1-1.csv"):
        assert reader.get(f"/disclosures/{code}/{part}").status_code == 404
    assert "已撤销" in reader.get("/disclosures").text


def test_published_disclosures_are_found_by_name_year_and_kind(issued: Issued) -> None:
    reader, number = issued.app.test_client(), issued.document.number
    for path in (
        "/disclosures",
        "/disclosures?q=示例钢铁",
        "/disclosures?q=91330500MA28C4XX0E",
        f"/disclosures?year={issued.document.issued_at.year}&kind=ad_hoc_disclosure",
    ):
        answer = reader.get(path)
        assert answer.status_code == 200
        assert number in answer.text, path
    for path in ("/disclosures?q=%25", "/disclosures?year=1999", "/disclosures?kind=annual_disclosure"):
        assert number not in reader.get(path).text, path
    assert "没有符合条件的公开文件" in reader.get("/disclosures?q=nothing&page=7").text
    assert number in reader.get(f"/disclosures?page={10**30}").text


def test_a_published_disclosure_is_read_as_page_file_and_data(issued: Issued) -> None:
    reader, place = issued.app.test_client(), f"/disclosures/{issued.document.code}"
    page = reader.get(place).text
    for words in ("披露事项", "示例行政处罚决定书", "示例：更换贮存场所标识", "下载 PDF"):
        assert words in page
    file = reader.get(f"{place}/document.pdf")
    assert hashlib.sha256(file.data).hexdigest() == issued.document.sha256
    assert "sandbox" in file.headers["Content-Security-Policy"]
    told = json.loads(reader.get(f"{place}/data.json").text)
    assert told["document"]["number"] == issued.document.number
    assert "answers" not in told
    table = told["tables"][0]
    rows = list(
        csv.reader(io.StringIO(reader.get(f"{place}/tables/{table['key']}.csv").data.decode("utf-8-sig")))
    )
    assert rows == [table["columns"], *table["rows"]]
    assert reader.get(f"{place}/tables/9-9-9.csv").status_code == 404
    assert reader.get(f"{place}/figures.csv").data.startswith(b"\xef\xbb\xbf")


def test_what_is_not_published_is_nowhere_but_behind_its_code(issued: Issued) -> None:
    code, reader = secret(issued), issued.app.test_client()
    confirmed = reader.get(f"/verify/{code}")
    assert confirmed.status_code == 200
    assert "HZ-CF-example" in confirmed.text
    assert f"/disclosures/{code}" not in confirmed.text
    assert "示例秘密产品" not in reader.get("/disclosures").text
    for part in ("", "/document.pdf", "/data.json", "/figures.csv", "/tables/1-1-1.csv"):
        assert reader.get(f"/disclosures/{code}{part}").status_code == 404


@pytest.mark.parametrize("code", ["2222-2222-2222-2222", "abc", "<script>", "%00"])
def test_a_code_that_was_never_issued_is_not_found(issued: Issued, code: str) -> None:
    answer = issued.app.test_client().get(f"/disclosures/{code}")
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text


def test_too_many_questions_from_one_address_are_put_off(issued: Issued) -> None:
    reader = issued.app.test_client()
    answers = [reader.get("/disclosures/abc").status_code for _ in range(61)]
    assert answers[:60] == [404] * 60
    assert answers[60] == 429


def test_tables_keep_the_order_of_the_print_and_drop_what_is_no_table() -> None:
    permit = {"actual": "50.16", "name": "示例", "outlet": "DA001", "pollutant": "颗粒物"}
    blocks = [
        {"kind": "text", "paragraphs": ["示例"]},
        {"kind": "permits", "caption": "示例表", "unit": "mg/m3", "rows": [permit]},
        {
            "kind": "table",
            "caption": "状态",
            "columns": [{"label": "措施"}, {"label": "状态", "kind": "state"}],
            "rows": [["甲", "met:已完成"]],
        },
    ]
    data = {"chapters": [{"title": "一", "sections": [{"title": "节", "blocks": blocks}]}]}
    permits, states = open_tables(data)
    assert (permits.key, permits.title) == ("1-1-2", "示例表 · mg/m3")
    assert permits.rows == (("DA001", "示例", "颗粒物", "50.16"),)
    assert permits.figures == {3}
    assert states.rows == (("甲", "已完成"),)
    assert open_chapters(data)[0].parts[0].paragraphs == ("示例",)
    loose = open_tables({"result": {"value": "1.142"}, "signatures": [{"name": "某人"}], "notes": []})
    assert [table.rows for table in loose] == [(("数值", "1.142"),)]
