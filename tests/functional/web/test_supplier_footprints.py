"""Suppliers' footprints on their pages: looked at, kept, shown, and what is refused."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from portal.dossiers.pact_json import MOST_BYTES
from portal.models.events import Event
from portal.models.products import SupplierFootprint
from tests.factories.world import World
from tests.fixtures.application import Browser

CASES = Path(__file__).parents[2] / "cases" / "pact"
BARE = (CASES / "bare_footprint.json").read_bytes()

Browse = Callable[[int], Browser]


@pytest.fixture
def officer(browse: Browse, world: World) -> Browser:
    return browse(world.officer.user_id)


def page(world: World) -> str:
    return f"/enterprises/{world.steel_id}/supplier-footprints"


def send(browser: Browser, path: str, content: bytes, name: str = "示例.json") -> Any:
    parts = {"csrf_token": browser.token, "file": FileStorage(io.BytesIO(content), name)}
    boundary, body = encode_multipart(parts)
    kind = f"multipart/form-data; boundary={boundary}"
    return browser.client.post(f"{path}/upload", data=body, content_type=kind)


def digest_in(text: str) -> str:
    return text.partition('name="sha256" value="')[2][:64]


def keep(browser: Browser, path: str, content: bytes = BARE) -> Any:
    return browser.post(path, {"sha256": digest_in(send(browser, path, content).text)})


def kept(app: Flask) -> list[SupplierFootprint]:
    with app.extensions["portal.database"].reading() as session:
        return list(session.scalars(sa.select(SupplierFootprint)))


def test_a_file_is_looked_at_before_it_is_kept(app: Flask, world: World, officer: Browser) -> None:
    answer = send(officer, page(world), BARE)
    assert answer.status_code == 200
    assert "示例化纤有限公司" in answer.text
    assert "有 3 处不吻合" in answer.text
    assert "/pcf/otherOperatorName" in answer.text
    assert kept(app) == []
    saved = officer.post(page(world), {"sha256": digest_in(answer.text)})
    assert saved.status_code == 303
    row = kept(app)[0]
    assert (str(row.pcf_excluding_biogenic_uptake), row.enterprise_id) == ("2.764", world.steel_id)
    shown = officer.get(saved.location).text
    assert "1.3820" in shown
    assert "/pcf/otherOperatorName" in shown
    assert officer.get(f"{saved.location}/file").data == BARE
    assert "示例再生涤纶长丝" in officer.get(page(world)).text
    with app.extensions["portal.database"].reading() as session:
        actions = session.scalars(sa.select(Event.action)).all()
    assert "supplier_footprint.imported" in actions


def test_errors_are_told_with_their_place_and_nothing_is_kept(
    app: Flask, world: World, officer: Browser
) -> None:
    answer = send(officer, page(world), BARE.replace(b'"2.764"', b"2.764"))
    assert answer.status_code == 422
    assert "/pcf/pcfExcludingBiogenicUptake" in answer.text
    assert "类型不对" in answer.text
    assert digest_in(answer.text) == ""
    assert kept(app) == []


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "文件是空的"),
        (b"x" * (MOST_BYTES + 1), "文件超过 1 MB，没有读入"),
        (b"PK\x03\x04" + bytes(1000), "不是 JSON"),
        (b"[" * 200_000, "嵌套超过"),
    ],
)
def test_a_hostile_file_gets_a_clear_word(world: World, officer: Browser, content: bytes, word: str) -> None:
    answer = send(officer, page(world), content)
    assert answer.status_code == 422
    assert word in answer.text


def test_a_hundred_megabytes_are_refused_before_they_are_read(world: World, officer: Browser) -> None:
    answer = officer.client.post(
        f"{page(world)}/upload",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(100 * 1024**2)},
    )
    assert answer.status_code == 413


def test_no_file_at_all_is_told(world: World, officer: Browser) -> None:
    answer = officer.post(f"{page(world)}/upload")
    assert answer.status_code == 422
    assert "请选择要上传的文件" in answer.text


def test_the_same_file_is_kept_once(app: Flask, world: World, officer: Browser) -> None:
    assert keep(officer, page(world)).status_code == 303
    again = keep(officer, page(world))
    assert again.status_code == 422
    assert "已经存过" in again.text
    assert len(kept(app)) == 1


@pytest.mark.parametrize("digest", ["", "0" * 64, "../../../etc/passwd", "A" * 64])
def test_what_was_never_uploaded_cannot_be_kept(
    app: Flask, world: World, officer: Browser, digest: str
) -> None:
    answer = officer.post(page(world), {"sha256": digest})
    assert answer.status_code == 422
    assert kept(app) == []


def test_a_hash_opens_nobody_elses_file(app: Flask, world: World, officer: Browser, browse: Browse) -> None:
    digest = digest_in(send(officer, page(world), BARE).text)
    stranger = browse(world.stranger_officer.user_id)
    theirs = f"/enterprises/{world.dyeing_id}/supplier-footprints"
    assert stranger.post(theirs, {"sha256": digest}).status_code == 422
    assert stranger.post(page(world), {"sha256": digest}).status_code == 404
    kept_at = keep(officer, page(world)).location
    assert stranger.get(kept_at).status_code == 404
    assert stranger.get(kept_at.replace(str(world.steel_id), str(world.dyeing_id), 1)).status_code == 404
    assert stranger.get(f"{kept_at}/file").status_code == 404
    assert len(kept(app)) == 1


def test_a_newer_file_marks_the_one_that_it_replaces(world: World, officer: Browser) -> None:
    value = json.loads(BARE)
    first = keep(officer, page(world)).location
    value |= {"precedingPfIds": [value["id"]], "id": "11111111-2222-4333-8444-555555555555"}
    keep(officer, page(world), json.dumps(value).encode())
    assert "已有较新的一份" in officer.get(first).text


def test_a_regulator_reads_and_does_not_upload(world: World, officer: Browser, browse: Browse) -> None:
    kept_at = keep(officer, page(world)).location
    regulator = browse(world.regulator.user_id)
    assert regulator.get(kept_at).status_code == 200
    assert 'type="file"' not in regulator.get(page(world)).text
    assert send(regulator, page(world), BARE).status_code == 403
