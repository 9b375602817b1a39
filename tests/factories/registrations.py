"""A registration that is complete, section by section."""

from datetime import timedelta
from io import BytesIO
from typing import Any

from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.periods import today
from portal.domain.registration_questions import SECTIONS
from portal.domain.workflow import Decision
from portal.models.registrations import Registration
from portal.queries.access import actor_of
from portal.services.registration_acceptance import accept_registration
from portal.services.registration_reviews import decide_section
from portal.services.registration_sections import add_file, save_row, save_section
from portal.services.registrations import start_registration, submit_registration
from portal.storage import Storage
from tests.factories.world import DISTRICT, World, make_user

USCC = "91330502MA2B3C4D58"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def plain_answers(**changes: Any) -> dict[str, dict[str, Any]]:
    """Answers of the sections that are one form; ``changes`` name ``section__question``."""
    day = today()
    answers: dict[str, dict[str, Any]] = {
        "enterprise": {
            "name": "示例铸造有限公司",
            "uscc": USCC,
            "legal_representative": "韩示例",
            "district": DISTRICT,
            "industry_code": "3391",
            "scale": "medium",
            "address": "示例路 1 号",
            "contact_name": "杨示例",
            "contact_phone": "0572-2000000",
            "contact_email": "contact@example.test",
        },
        "people": {"signatory_name": "韩示例", "signatory_email": "signs@example.test"},
        "permit": {
            "category": "key",
            "number": f"{USCC}001P",
            "valid_from": (day - timedelta(days=400)).isoformat(),
            "valid_to": (day + timedelta(days=900)).isoformat(),
        },
        "key_units": {"lists": ["air", "water"]},
        "boundary": {"ets_member": "no", "guideline": "industry-other-2015"},
        "energy": {"kinds": ["natural_gas", "electricity"]},
        "service": {"mode": "self"},
    }
    for name, value in changes.items():
        section, _, question = name.partition("__")
        answers[section][question] = value
    return answers


ROWS: dict[str, list[dict[str, Any]]] = {
    "sites": [{"name": "主厂区", "address": "示例路 1 号"}],
    "outlets": [{"code": "DA001", "name": "熔炼废气", "medium": "air", "site": "1"}],
    "treatment": [{"code": "TA001", "name": "布袋除尘", "model": "", "site": "1", "outlet": "1"}],
    "facilities": [
        {"code": "MF0001", "name": "中频炉", "model": "3 t", "site": "1", "sources": ["electricity"]}
    ],
}


def version(registration: Registration, key: str) -> int:
    """The row version of a section."""
    return next(section.row_version for section in registration.sections if section.key == key)


def filled_registration(session: Session, storage: Storage, actor: Actor, **changes: Any) -> Registration:
    """A draft with every section complete."""
    row = start_registration(session, actor)
    answers = plain_answers(**changes)
    for key in SECTIONS:
        if key in answers:
            save_section(session, actor, row.id, key, answers[key], version(row, key))
        for entry in ROWS.get(key, []):
            save_row(session, actor, row.id, key, entry, version(row, key))
    for slot in ("licence", "permit"):
        add_file(
            session,
            storage,
            actor,
            row.id,
            slot,
            BytesIO(PDF),
            f"{slot}.pdf",
            version(row, "evidence"),
            most_bytes=1_000_000,
        )
    return row


def newcomer(session: Session, email: str = "new@example.test") -> Actor:
    """Somebody without an organisation."""
    return actor_of(make_user(session, None, email, "杨示例"))


def mail(token: str, name: str, organisation: str) -> tuple[str, str]:
    """Words of an invitation."""
    return "subject", f"/invitations/{token}"


def submitted(session: Session, storage: Storage, actor: Actor, **changes: str) -> Registration:
    """A complete application, handed in."""
    row = filled_registration(session, storage, actor, **changes)
    return submit_registration(session, actor, row.id, row.row_version)


def decide(
    session: Session, actor: Actor, row: Registration, *, returned: dict[str, str] | None = None
) -> None:
    """A word on each section that has none yet."""
    returned = returned or {}
    for section in row.sections:
        if section.decision is not Decision.ACCEPT:
            word = Decision.RETURN if section.key in returned else Decision.ACCEPT
            comment = returned.get(section.key, "")
            decide_section(session, actor, row.id, section.key, word, comment, section.row_version)


def accepted(session: Session, storage: Storage, world: World, actor: Actor, **changes: str) -> Registration:
    """An application that became an enterprise."""
    row = submitted(session, storage, actor, **changes)
    decide(session, world.regulator, row)
    return accept_registration(session, world.regulator, row.id, row.row_version, mail)
