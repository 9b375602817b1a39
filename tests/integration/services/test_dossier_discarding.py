"""Throwing a draft away: who may, when, and what stays of it."""

import json

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.dossiers import DossierState
from portal.domain.errors import Conflict, NotFound, Refused
from portal.models.credits import Credit
from portal.models.database import Database
from portal.models.dossiers import Dossier, DossierBase
from portal.models.events import Event
from portal.queries.dossiers import dossier_page
from portal.services.credits import add_credit, use_credit
from portal.services.dossier_discarding import discard_dossier
from portal.services.dossiers import create_dossier, new_edition, reopen_dossier, save_answers
from portal.services.events import verify_trace
from tests.factories.credits import credit_data
from tests.factories.dossier_rows import make_issued_dossier, make_signed_dossier
from tests.factories.world import World

KIND, NEUTRALITY = "ad_hoc_disclosure", "carbon_neutrality"


def draft(session: Session, world: World, subject: str = "示例事项") -> Dossier:
    made = create_dossier(session, world.officer, world.steel_id, KIND, subject)
    return save_answers(
        session, world.officer, world.steel_id, made.id, made.row_version, {"authority": "示例局"}
    )


def test_a_discarded_draft_is_gone_and_its_trace_stays(database: Database, world: World) -> None:
    with database.writing() as session:
        made = draft(session, world)
        gone, place = made.id, (session, world.steward, world.steel_id, made.id)
        with pytest.raises(Conflict):
            discard_dossier(*place, made.row_version - 1)
        session.refresh(made)
        discard_dossier(*place, made.row_version)
        with pytest.raises(NotFound):
            dossier_page(session, world.officer, world.steel_id, gone)
        told = session.scalars(
            sa.select(Event).where(Event.subject_kind == "dossier", Event.subject_id == gone)
        ).all()
        assert [event.action for event in told] == ["dossier.created", "dossier.saved", "dossier.discarded"]
        assert json.loads(told[-1].before) == {
            "kind": KIND,
            "subject": "示例事项",
            "edition": 1,
            "replaces": None,
            "answers": {"authority": "示例局"},
        }
        assert told[-1].actor_name == world.steward.name
    with database.reading() as session:
        assert list(verify_trace(session)) == []


def test_the_number_of_a_discarded_draft_is_nobodys_again(database: Database, world: World) -> None:
    with database.writing() as session:
        first = draft(session, world)
        gone = first.id
        discard_dossier(session, world.officer, world.steel_id, gone, first.row_version)
        again = draft(session, world)
        assert again.id != gone
        page = dossier_page(session, world.officer, world.steel_id, again.id)
        assert [entry.action for entry in page.timeline] == ["dossier.saved", "dossier.created"]


def test_only_who_may_edit_discards_and_only_a_draft(database: Database, world: World) -> None:
    with database.writing() as session:
        made = draft(session, world)
        place = (world.steel_id, made.id, made.row_version)
        for stranger in (world.stranger_officer, world.other_steward, world.other_regulator):
            with pytest.raises(NotFound):
                discard_dossier(session, stranger, *place)
        for reader in (world.signatory, world.regulator, world.administrator):
            with pytest.raises(Refused):
                discard_dossier(session, reader, *place)
        signed = make_signed_dossier(session, world, KIND, "已签署")
        with pytest.raises(Refused, match="先退回填写"):
            discard_dossier(session, world.officer, world.steel_id, signed.id, signed.row_version)
        reopen_dossier(session, world.signatory, world.steel_id, signed.id, signed.row_version, "不再需要")
        assert signed.state is DossierState.DRAFT
        discard_dossier(session, world.officer, world.steel_id, signed.id, signed.row_version)
        issued = make_issued_dossier(session, world, KIND, "已签发")
        with pytest.raises(Refused, match="永久保留"):
            discard_dossier(session, world.officer, world.steel_id, issued.id, issued.row_version)


def test_a_discarded_edition_can_be_begun_again(database: Database, world: World) -> None:
    with database.writing() as session:
        ground = make_issued_dossier(session, world, "carbon_footprint", "坯布")
        old = make_issued_dossier(session, world, NEUTRALITY, "2025", bases=[ground])
        newer = new_edition(session, world.officer, world.steel_id, old.id)
        discard_dossier(session, world.officer, world.steel_id, newer.id, newer.row_version)
        assert session.scalars(sa.select(DossierBase.dossier_id)).all() == [old.id]
        assert new_edition(session, world.officer, world.steel_id, old.id).edition == 2


def test_the_credits_of_a_discarded_draft_are_free_again(database: Database, world: World) -> None:
    with database.writing() as session:
        place = (session, world.officer, world.steel_id)
        made = create_dossier(*place, NEUTRALITY, "2025")
        credit = add_credit(*place, credit_data())
        use_credit(*place, credit.id, made.id, row_version=credit.row_version)
        counted = credit.row_version
        discard_dossier(*place, made.id, made.row_version)
        session.refresh(credit)
        assert (credit.dossier_id, credit.row_version) == (None, counted + 1)
        assert session.scalars(sa.select(Credit.id)).all() == [credit.id]
