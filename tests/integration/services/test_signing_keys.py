"""Keys for seals: made, used while they count, revoked; what they seal can be checked."""

import asyncio
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pikepdf
import pytest
import sqlalchemy as sa
import time_machine
from click.testing import CliRunner

from portal.config import Settings
from portal.domain.access import OrganisationKind
from portal.domain.errors import Conflict, Invalid, NotFound
from portal.domain.signing_keys import TEST_AUTHORITY, KeyUnusable
from portal.key_commands import keys
from portal.models.database import Database
from portal.models.events import Event
from portal.models.signing_keys import SigningKey
from portal.services import signing_key_material
from portal.services.signing_key_material import make_authority, read_certificate
from portal.services.signing_key_seals import (
    check_pdf,
    known_authorities,
    seal_pdf,
    token_parts,
    usable_key,
)
from portal.services.signing_keys import create_authority, issue_key, register_token, revoke_key
from tests.factories.world import make_organisation
from tests.fixtures.application import settings_for

USCC = "91330500MA28C4XX0E"


@pytest.fixture(autouse=True)
def short_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that take no time to make."""
    monkeypatch.setattr(signing_key_material, "BITS", 2048)


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path) -> Settings:
    return settings_for(sqlite_url, tmp_path)


@pytest.fixture
def enterprise_id(sqlite_database: Database) -> int:
    with sqlite_database.writing() as session:
        made = make_organisation(
            session, OrganisationKind.ENTERPRISE, "示例钢铁有限公司", USCC, district="330502"
        )
        return made.id


@pytest.fixture
def fingerprint(sqlite_database: Database, settings: Settings, enterprise_id: int) -> str:
    """The enterprise's key, and the authority before it."""
    with sqlite_database.writing() as session:
        create_authority(session, settings.secret_key)
        return issue_key(session, settings.secret_key, USCC).fingerprint


@pytest.fixture(scope="module")
def paper() -> bytes:
    """A PDF with one empty sheet."""
    made, buffer = pikepdf.new(), io.BytesIO()
    made.add_blank_page()
    made.save(buffer)
    return buffer.getvalue()


def test_a_seal_is_good_and_bears_the_organisations_name(
    sqlite_database: Database, settings: Settings, enterprise_id: int, fingerprint: str, paper: bytes
) -> None:
    sealed, used = seal_pdf(sqlite_database, settings, enterprise_id, paper)
    assert used == fingerprint
    assert sealed.startswith(paper)
    (state,) = check_pdf(sealed, known_authorities(sqlite_database))
    assert state.good
    assert "示例钢铁有限公司" in state.subject
    assert (state.fingerprint, state.timestamped) == (fingerprint, False)
    with pikepdf.open(io.BytesIO(sealed)) as opened:
        field = opened.Root.AcroForm.Fields[0]
        assert field.V.SubFilter == "/ETSI.CAdES.detached"
        assert [int(side) for side in field.Rect] == [0, 0, 0, 0]


def test_a_caller_inside_an_event_loop_can_seal_and_check(
    sqlite_database: Database, settings: Settings, enterprise_id: int, fingerprint: str, paper: bytes
) -> None:
    async def inside() -> bool:
        sealed, _ = seal_pdf(sqlite_database, settings, enterprise_id, paper)
        return check_pdf(sealed, known_authorities(sqlite_database))[0].good

    # In a thread of its own: a browser's test before this one may have left a loop running in ours.
    with ThreadPoolExecutor(max_workers=1) as thread:
        assert thread.submit(lambda: asyncio.run(inside())).result()


def test_every_flipped_byte_is_reported(
    sqlite_database: Database, settings: Settings, enterprise_id: int, fingerprint: str, paper: bytes
) -> None:
    sealed, _ = seal_pdf(sqlite_database, settings, enterprise_id, paper)
    authorities = known_authorities(sqlite_database)
    start = sealed.index(b"/Contents <") + 11
    end = sealed.index(b">", start)
    signature = range(start + 100, end, (end - start) // 40)
    for place in (20, len(paper) // 2, len(paper) + 30, *signature, end - 2, len(sealed) - 8):
        changed = bytearray(sealed)
        changed[place] ^= 1
        states = check_pdf(bytes(changed), authorities)
        assert not states or not states[0].good, place


def test_what_is_added_after_the_seal_is_reported(
    sqlite_database: Database, settings: Settings, enterprise_id: int, fingerprint: str, paper: bytes
) -> None:
    once, _ = seal_pdf(sqlite_database, settings, enterprise_id, paper)
    (state,) = check_pdf(once + b"\n% more\n", known_authorities(sqlite_database))
    assert state.intact
    assert not state.whole
    assert not state.good


def test_an_authority_that_nobody_trusts_does_not_count(
    sqlite_database: Database, settings: Settings, enterprise_id: int, fingerprint: str, paper: bytes
) -> None:
    sealed, _ = seal_pdf(sqlite_database, settings, enterprise_id, paper)
    (state,) = check_pdf(sealed, [make_authority("other").certificate])
    assert state.intact
    assert not state.trusted


def test_without_a_key_the_bytes_stay_as_they_are(
    sqlite_database: Database, settings: Settings, enterprise_id: int, paper: bytes
) -> None:
    assert seal_pdf(sqlite_database, settings, enterprise_id, paper) == (paper, "")
    assert usable_key(sqlite_database, enterprise_id) is None
    assert check_pdf(paper, []) == []
    assert check_pdf(b"not a PDF", []) == []


def test_a_revoked_key_seals_nothing_and_the_trace_says_why(
    sqlite_database: Database, settings: Settings, enterprise_id: int, fingerprint: str, paper: bytes
) -> None:
    with sqlite_database.writing() as session:
        revoke_key(session, fingerprint[:16], "人员离职")
    with pytest.raises(KeyUnusable, match="人员离职"):
        seal_pdf(sqlite_database, settings, enterprise_id, paper)
    with sqlite_database.writing() as session:
        with pytest.raises(Invalid):
            revoke_key(session, fingerprint, "再次")
        actions = session.scalars(sa.select(Event.action).where(Event.enterprise_id == enterprise_id)).all()
        assert actions == ["signing_key.issued", "signing_key.revoked"]
        renewed = issue_key(session, settings.secret_key, USCC).fingerprint
    assert seal_pdf(sqlite_database, settings, enterprise_id, paper)[1] == renewed


def test_a_key_that_has_run_out_seals_nothing(
    sqlite_database: Database, settings: Settings, enterprise_id: int, fingerprint: str, paper: bytes
) -> None:
    with time_machine.travel("2031-01-01T00:00:00Z", tick=False), pytest.raises(KeyUnusable, match="过期"):
        seal_pdf(sqlite_database, settings, enterprise_id, paper)


def test_another_secret_does_not_open_the_key(
    sqlite_database: Database,
    enterprise_id: int,
    fingerprint: str,
    paper: bytes,
    sqlite_url: str,
    tmp_path: Path,
) -> None:
    stranger = settings_for(sqlite_url, tmp_path, SECRET_KEY="x" * 40)
    with pytest.raises(KeyUnusable, match="SECRET_KEY"):
        seal_pdf(sqlite_database, stranger, enterprise_id, paper)
    with sqlite_database.writing() as session, pytest.raises(KeyUnusable, match="SECRET_KEY"):
        issue_key(session, stranger.secret_key, USCC)


def test_the_private_half_is_kept_locked(sqlite_database: Database, fingerprint: str) -> None:
    with sqlite_database.reading() as session:
        kept = session.scalars(sa.select(SigningKey.private_key)).all()
    assert len(kept) == 2
    assert all(text.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----") for text in kept)


def test_the_authority_says_that_it_is_for_tests(database: Database) -> None:
    with database.writing() as session:
        key = create_authority(session, "s" * 40)
        assert TEST_AUTHORITY in key.subject
        with pytest.raises(Conflict):
            create_authority(session, "s" * 40)
        with pytest.raises(NotFound):
            issue_key(session, "s" * 40, "91330500MA0000009X")
    constraints = read_certificate(key.certificate).extensions
    assert any(extension.critical for extension in constraints)


def test_without_an_authority_no_key_is_issued(sqlite_database: Database, enterprise_id: int) -> None:
    with sqlite_database.writing() as session, pytest.raises(Invalid, match="portal keys authority"):
        issue_key(session, "s" * 40, USCC)


def test_a_key_in_a_token_is_entered_by_its_certificate_and_needs_the_tokens_library(
    sqlite_database: Database, settings: Settings, enterprise_id: int, paper: bytes
) -> None:
    certificate = make_authority("outside").certificate.encode()
    uri = "pkcs11:token=Seal%20box;object=key-1"
    with sqlite_database.writing() as session:
        with pytest.raises(Invalid):
            register_token(session, USCC, certificate, "file:///key")
        with pytest.raises(KeyUnusable):
            register_token(session, USCC, b"no certificate", uri)
        register_token(session, USCC, certificate, uri)
    assert token_parts(uri) == {"token": "Seal box", "object": "key-1"}
    with pytest.raises(KeyUnusable, match="PKCS11_MODULE"):
        seal_pdf(sqlite_database, settings, enterprise_id, paper)


def test_a_time_stamp_is_put_in_when_a_service_is_set(
    sqlite_database: Database,
    enterprise_id: int,
    fingerprint: str,
    paper: bytes,
    sqlite_url: str,
    tmp_path: Path,
    time_stamp_url: str,
) -> None:
    stamped = settings_for(sqlite_url, tmp_path, TIMESTAMP_URL=time_stamp_url)
    sealed, _ = seal_pdf(sqlite_database, stamped, enterprise_id, paper)
    (state,) = check_pdf(sealed, known_authorities(sqlite_database))
    assert state.intact
    assert state.timestamped


def test_a_time_stamp_service_that_is_away_stops_the_seal(
    sqlite_database: Database,
    enterprise_id: int,
    fingerprint: str,
    paper: bytes,
    sqlite_url: str,
    tmp_path: Path,
) -> None:
    away = settings_for(sqlite_url, tmp_path, TIMESTAMP_URL="http://127.0.0.1:9/tsa")
    with pytest.raises(KeyUnusable, match="时间戳"):
        seal_pdf(sqlite_database, away, enterprise_id, paper)


def test_the_commands_make_keys_and_check_files(
    sqlite_database: Database,
    settings: Settings,
    enterprise_id: int,
    paper: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("INSTANCE_DIR", str(settings.instance_dir))
    run = CliRunner().invoke
    assert run(keys, ["issue", USCC]).exit_code == 1
    assert run(keys, ["authority"]).exit_code == 0
    made = run(keys, ["issue", USCC])
    assert made.exit_code == 0
    assert "usable" in made.output
    sealed, good = tmp_path / "sealed.pdf", seal_pdf(sqlite_database, settings, enterprise_id, paper)[0]
    sealed.write_bytes(good)
    assert run(keys, ["check", str(sealed)]).exit_code == 0
    sealed.write_bytes(good[:-20] + b"%" + good[-19:])
    assert run(keys, ["check", str(sealed)]).exit_code == 1
    sealed.write_bytes(paper)
    assert "no signature" in run(keys, ["check", str(sealed)]).output
    assert run(keys, ["revoke", made.output[:16], "--reason", "试验"]).exit_code == 0
    sealed.write_bytes(good)
    checked = run(keys, ["check", str(sealed)])
    assert (checked.exit_code, "REVOKED" in checked.output) == (1, True)
    assert "revoked" in run(keys, ["list"]).output


@pytest.fixture
def time_stamp_url() -> Iterator[str]:
    """The address of a time stamp service on this machine."""
    from asn1crypto import pem, tsp, x509
    from pyhanko.keys import load_private_key_from_pemder_data
    from pyhanko.sign.timestamps import DummyTimeStamper

    made = make_authority("clock")
    key = load_private_key_from_pemder_data(
        made.private_key.encode(), passphrase=signing_key_material.passphrase("clock")
    )
    clock = DummyTimeStamper(x509.Certificate.load(pem.unarmor(made.certificate.encode())[2]), key)

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            answer = clock.request_tsa_response(asked).dump()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answering)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
