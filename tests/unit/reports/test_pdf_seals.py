"""A sealed report is still what it was: archivable, tagged, with its attachments, the same on every page."""

import io
from pathlib import Path

import pikepdf
import pytest

from portal.domain.access import OrganisationKind
from portal.models.database import Database
from portal.services import signing_key_material
from portal.services.signing_key_seals import check_pdf, known_authorities, seal_pdf
from portal.services.signing_keys import create_authority, issue_key
from tests.factories.world import make_organisation
from tests.fixtures.application import settings_for
from tests.unit.reports.conftest import ATTACHMENTS, page_texts
from tests.unit.reports.test_pdf_structure import faults

USCC = "91330500MA28C4XX0E"


def test_a_seal_leaves_marks_tags_attachments_and_pages_as_they_were(
    sqlite_database: Database,
    steel_pdf: bytes,
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signing_key_material, "BITS", 2048)
    settings = settings_for(sqlite_url, tmp_path)
    with sqlite_database.writing() as session:
        made = make_organisation(session, OrganisationKind.ENTERPRISE, "示例钢铁有限公司", USCC)
        create_authority(session, settings.secret_key)
        issue_key(session, settings.secret_key, USCC)
    sealed, fingerprint = seal_pdf(sqlite_database, settings, made.id, steel_pdf)
    assert sealed.startswith(steel_pdf)
    assert faults(sealed) == []
    assert page_texts(sealed) == page_texts(steel_pdf)
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        kept = {name: pdf.attachments[name].get_file().read_bytes() for name in pdf.attachments}
        assert kept == {attachment.name: attachment.content for attachment in ATTACHMENTS}
        assert len(pdf.Root.AF) == len(ATTACHMENTS)
        assert "/XFA" not in pdf.Root.AcroForm
    (state,) = check_pdf(sealed, known_authorities(sqlite_database))
    assert (state.good, state.fingerprint) == (True, fingerprint)
