"""From a dossier's content to the bytes of its document: stamped, printed, sealed where there is a key."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.config import Settings
from portal.domain.documents import new_code
from portal.domain.periods import SHANGHAI, now
from portal.services.documents import footer_note
from reports.document import Attachment
from reports.pdf import render_pdf

BRAND, SERVICE = "湖州碳管家", "减污降碳协同服务平台"
WATERMARK = "预览　未签发"


@dataclass(frozen=True)
class DossierStamp:
    """What a document gets when it is issued, or what a preview shows in its place."""

    number: str
    edition: int
    kind: str
    code: str
    verify_url: str
    issued_at: datetime
    sha256: str
    note: str

    def as_data(self) -> dict[str, Any]:
        """The report's table ``document``."""
        return {
            "number": self.number,
            "kind": self.kind,
            "version": self.edition,
            "issued_at": self.issued_at.astimezone(SHANGHAI).isoformat(),
            "snapshot_sha256": self.sha256,
            "verify_code": self.code,
            "verify_url": self.verify_url,
            "brand": BRAND,
            "service": SERVICE,
            "footer_note": self.note,
        }


def issuing_stamp(
    settings: Settings, number: str, edition: int, sha256: str, *, public: bool
) -> DossierStamp:
    """The stamp of a document that is about to be issued, with a new code."""
    code = new_code()
    return DossierStamp(
        number=number,
        edition=edition,
        kind="公开件" if public else "正式件",
        code=code,
        verify_url=f"{settings.public_url}/verify/{code}",
        issued_at=now().replace(microsecond=0),
        sha256=sha256,
        note=footer_note(settings),
    )


def preview_stamp(settings: Settings, number: str, edition: int, sha256: str, at: datetime) -> DossierStamp:
    """The stamp of a preview: no code, and an address that confirms nothing."""
    return DossierStamp(
        number=number,
        edition=edition,
        kind="预览件",
        code="—",
        verify_url=f"{settings.public_url}/verify",
        issued_at=at.replace(microsecond=0),
        sha256=sha256,
        note=footer_note(settings),
    )


def print_dossier(
    report: str, data: Mapping[str, Any], stamp: DossierStamp, content: str, settings: Settings
) -> bytes:
    """The document with the signed content inside it, byte for byte as it was signed."""
    attached = Attachment(
        name=f"{stamp.number}.json",
        media_type="application/json",
        content=content.encode(),
        description="签署时冻结的内容",
        relationship="Source",
    )
    return render_pdf(report, {**data, "document": stamp.as_data()}, [attached], font_cache=settings.font_dir)


def print_preview_of(report: str, data: Mapping[str, Any], stamp: DossierStamp, settings: Settings) -> bytes:
    """The document as it would look, marked on every sheet as not issued."""
    return render_pdf(
        report, {**data, "document": stamp.as_data()}, font_cache=settings.font_dir, watermark=WATERMARK
    )


def storage_key(content: bytes) -> tuple[str, str]:
    """SHA-256 of the bytes, and the key under which they are stored."""
    digest = hashlib.sha256(content).hexdigest()
    return digest, f"documents/{digest[:2]}/{digest}"
