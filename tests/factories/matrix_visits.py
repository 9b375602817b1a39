"""Visits and draws for the access matrix: each visitor's own, in the states that the routes want."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from portal.domain.access import Actor, Role
from portal.domain.documents import new_code
from portal.domain.visits import InspectionState
from portal.models.visits import Inspection, VisitReport
from portal.services.draws import DrawPlan, announce_draw
from portal.services.visit_answers import PhotoSent, add_photo
from portal.storage import Storage
from tests.factories.months import pdf
from tests.factories.visits import jpeg, key_of, make_visit

#: Routes about a visit that the visitor has signed; the others get one that is open.
FINISHED = frozenset({"visits.reopen", "visits.confirm", "visits.declined"})
#: Routes about a report that was issued.
ISSUED = frozenset({"visits.report", "visits.verify"})


def make_matrix_visits(
    session: Session, storage: Storage, enterprise_id: int, visitors: Sequence[Actor]
) -> dict[int | None, dict[str, Any]]:
    """For each visitor's organisation the ids of its visits; under None those that everybody else gets."""
    found: dict[int | None, dict[str, Any]] = {}
    for visitor in visitors:
        finished = make_visit(session, visitor, enterprise_id)
        finished.state = InspectionState.VISITOR_SIGNED
        session.flush()
        opened = make_visit(session, visitor, enterprise_id)
        sent = PhotoSent(key_of("Q-01"), jpeg(), "示例.jpg", f"photo-of-visit-{opened.id}")
        photo = add_photo(session, storage, visitor, enterprise_id, opened.id, sent, most_bytes=10**6)
        found[visitor.organisation_id] = {"open": opened.id, "finished": finished.id, "photo_id": photo.id}
    issued = make_visit(session, visitors[0], enterprise_id)
    first = {**found[visitors[0].organisation_id], "issued": issued.id}
    first["code"] = _issue(session, storage, issued)
    return {key: {**first, **ids} for key, ids in {None: first, **found}.items()}


def _issue(session: Session, storage: Storage, visit: Inspection) -> str:
    content = pdf(f"visit {visit.id}").getvalue()
    digest = sha256(content).hexdigest()
    key = f"documents/{digest[:2]}/{digest}"
    storage.put(key, content)
    report = VisitReport(
        inspection_id=visit.id,
        code=new_code(),
        sha256=digest,
        size=len(content),
        pages=1,
        storage_key=key,
        content_sha256="",
    )
    session.add(report)
    visit.state = InspectionState.SIGNED
    session.flush()
    return report.code


def make_matrix_draws(session: Session, authorities: Sequence[Actor]) -> dict[int | None, int]:
    """A draw that was announced, for each authority; under None that of the first."""
    draws: dict[int | None, int] = {}
    for actor in authorities:
        draws[actor.organisation_id] = announce_draw(session, actor, DrawPlan("示例抽取", 1, 1)).id
    return {None: draws[authorities[0].organisation_id], **draws}


def visit_arguments(
    endpoint: str, who: Actor | None, objects: Mapping[tuple[str, str], Any]
) -> dict[str, Any]:
    """The ids that a route of visits or draws needs for this person."""
    organisation_id = who.organisation_id if who else None
    visits, draws = objects["visits", "by_visitor"], objects["draws", "by_authority"]
    mine = visits.get(organisation_id, visits[None])
    state = "finished" if endpoint in FINISHED else "issued" if endpoint in ISSUED else "open"
    given = {
        "visit_id": mine[state],
        "photo_id": mine["photo_id"],
        "draw_id": draws.get(organisation_id, draws[None]),
    }
    return {**given, "code": mine["code"]} if endpoint == "visits.verify" else given


def sees_every_draw(rule: Rule, who: Actor) -> bool:
    """Whether this person may read, though not carry out, what another authority drew."""
    reads = "draw_id" in rule.arguments and "GET" in (rule.methods or ())
    return reads and Role.CITY_REGULATOR in who.roles
