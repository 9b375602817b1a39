"""The registration's pages: filling in, submitting, reviewing, and who may see what."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.domain.access import Actor
from portal.domain.registration_questions import SECTIONS
from portal.models.database import Database
from portal.models.organisations import Organisation
from portal.models.registrations import Registration
from portal.models.users import Invitation, User
from portal.queries.access import actor_of
from portal.services.registrations import submit_registration
from tests.factories.registrations import PDF, ROWS, USCC, filled_registration, plain_answers
from tests.factories.world import World, make_user
from tests.fixtures.application import Browser

Browse = Callable[[int], Browser]


@pytest.fixture
def applicant(database: Database) -> Actor:
    """Somebody who has signed up and belongs to no organisation."""
    with database.writing() as session:
        return actor_of(make_user(session, None, "new@example.test", "杨示例"))


def row_version(page: Any, near: str = "") -> str:
    """The version that the first form (after ``near``) carries."""
    text = page.text[page.text.index(near) :] if near else page.text
    found = re.search(r'name="row_version"[^>]*value="(\d+)"|value="(\d+)"[^>]*name="row_version"', text)
    assert found
    return found[1] or found[2]


def fill(browser: Browser, place: str) -> None:
    """Fill in every section as a person does, page by page."""
    answers = plain_answers()
    for key, spec in SECTIONS.items():
        for entry in [answers[key]] if key in answers else ROWS.get(key, []):
            page = browser.get(f"{place}/sections/{key}")
            assert page.status_code == 200
            sent = browser.post(
                f"{place}/sections/{key}", {**entry, "row": "", "row_version": row_version(page)}
            )
            assert sent.status_code == 303, sent.text
        if spec.files:
            for slot in ("licence", "permit"):
                page = browser.get(f"{place}/sections/{key}")
                data = {"file": (BytesIO(PDF), f"{slot}.pdf"), "row_version": row_version(page)}
                sent = browser.post(f"{place}/files/{slot}", data, content_type="multipart/form-data")
                assert sent.status_code == 303, sent.text


def test_an_enterprise_applies_and_the_district_accepts(
    app: Flask, world: World, browse: Browse, applicant: Actor, database: Database
) -> None:
    mine = browse(applicant.user_id)
    place = mine.post("/registrations").location
    fill(mine, place)
    page = mine.get(place)
    assert 'value="12"' in page.text
    check = mine.get(f"{place}/check")
    assert "示例铸造有限公司" in check.text
    sent = mine.post(f"{place}/submit", {"row_version": row_version(check)})
    assert sent.location.endswith("/receipt")
    assert re.search(r"DJ-\d{8}-0001", mine.get(sent.location).text)

    theirs = browse(world.regulator.user_id)
    assert "示例铸造有限公司" in theirs.get("/registrations/queue").text
    for key in SECTIONS:
        page = theirs.get(f"{place}/review")
        version = row_version(page, f"{place}/review/{key}")
        word = theirs.post(f"{place}/review/{key}", {"decision": "accept", "row_version": version})
        assert word.status_code == 303, word.text
    page = theirs.get(f"{place}/review")
    version = row_version(page, f"{place}/finish")
    done = theirs.post(
        f"{place}/finish", {"action": "accept", "first_month": "2026-10", "row_version": version}
    )
    assert done.status_code == 303, done.text
    with database.reading() as session:
        enterprise = session.scalars(sa.select(Organisation).where(Organisation.uscc == USCC)).one()
        assert enterprise.profile is not None
        assert enterprise.profile.first_month == "2026-10"
        assert session.scalars(sa.select(Invitation.email)).all() == ["signs@example.test"]
        user = session.get_one(User, applicant.user_id)
        assert user.organisation_id == enterprise.id
    # The very same browser session is now the enterprise's administrator.
    file = mine.get(f"/enterprises/{enterprise.id}")
    assert file.status_code == 200
    assert "DA001" in file.text
    assert "MF0001" in file.text


def test_wrong_values_stay_typed_and_are_listed_at_the_top(
    world: World, browse: Browse, applicant: Actor
) -> None:
    mine = browse(applicant.user_id)
    place = mine.post("/registrations").location
    wrong = plain_answers()["enterprise"] | {"uscc": "91330502MA2B3C4D59", "contact_phone": "十二"}
    page = mine.post(f"{place}/sections/enterprise", {**wrong, "row_version": "1"})
    assert page.status_code == 422
    assert 'id="error-summary"' in page.text
    assert 'href="#uscc"' in page.text
    assert "91330502MA2B3C4D59" in page.text
    assert "十二" in page.text


def test_leaving_a_section_for_later_keeps_what_is_there(
    world: World, browse: Browse, applicant: Actor
) -> None:
    mine = browse(applicant.user_id)
    place = mine.post("/registrations").location
    sent = mine.post(
        f"{place}/sections/people", {"signatory_name": "韩示例", "row_version": "1", "later": "1"}
    )
    assert sent.status_code == 303
    assert "韩示例" in mine.get(f"{place}/sections/people").text
    refused = mine.post(f"{place}/sections/people", {"signatory_name": "韩示例", "row_version": "2"})
    assert refused.status_code == 422


def test_two_tabs_show_both_values_and_let_one_choose(world: World, browse: Browse, applicant: Actor) -> None:
    mine = browse(applicant.user_id)
    place = mine.post("/registrations").location
    first = {"signatory_name": "甲示例", "signatory_email": "a@example.test", "row_version": "1"}
    assert mine.post(f"{place}/sections/people", first).status_code == 303
    clash = mine.post(f"{place}/sections/people", first | {"signatory_name": "乙示例"})
    assert clash.status_code == 409
    assert "甲示例" in clash.text
    assert "乙示例" in clash.text
    again = first | {"signatory_name": "乙示例", "row_version": row_version(clash)}
    assert mine.post(f"{place}/sections/people", again).status_code == 303
    assert "乙示例" in mine.get(f"{place}/sections/people").text


def test_a_row_of_a_list_can_be_changed_and_removed_without_scripts(
    world: World, browse: Browse, applicant: Actor
) -> None:
    mine = browse(applicant.user_id)
    place = mine.post("/registrations").location
    site = {"name": "主厂区", "address": "示例路 1 号", "row": ""}
    mine.post(f"{place}/sections/sites", site | {"row_version": "1"})
    assert 'value="主厂区"' in mine.get(f"{place}/sections/sites?row=1").text
    mine.post(f"{place}/sections/sites", site | {"name": "东厂区", "row": "1", "row_version": "2"})
    assert "东厂区" in mine.get(f"{place}/sections/sites").text
    gone = mine.post(f"{place}/sections/sites/rows/1/remove", {"row_version": "3"})
    assert gone.status_code == 303
    assert mine.get(f"{place}/sections/sites?row=1").status_code == 404


def test_a_file_that_is_none_and_one_that_lies_say_so_at_their_place(
    world: World, browse: Browse, applicant: Actor
) -> None:
    mine = browse(applicant.user_id)
    place = mine.post("/registrations").location
    form = "multipart/form-data"
    nothing = mine.post(f"{place}/files/licence", {"row_version": "1"}, content_type=form)
    assert nothing.status_code == 422
    assert 'href="#file-licence"' in nothing.text
    lie = {"file": (BytesIO(b"MZ program"), "licence.pdf"), "row_version": "1"}
    assert mine.post(f"{place}/files/licence", lie, content_type=form).status_code == 422
    elsewhere = {"file": (BytesIO(PDF), "a.pdf"), "row_version": "1"}
    assert mine.post(f"{place}/files/other", elsewhere, content_type=form).status_code == 404


def test_strangers_find_nothing_of_an_application(
    app: Flask, world: World, browse: Browse, applicant: Actor, database: Database
) -> None:
    with database.writing() as session:
        row = filled_registration(session, app.extensions["portal.storage"], applicant)
        submit_registration(session, applicant, row.id, row.row_version)
        stranger = make_user(session, None, "stranger2@example.test", "钱示例").id
        row_id = row.id
    file_path = f"/registrations/{row_id}/files/1"
    pages = ["", "/sections/people", "/check", "/receipt", "/files/1"]
    for user_id in (stranger, world.officer.user_id, world.steward.user_id, world.other_regulator.user_id):
        browser = browse(user_id)
        for page in pages:
            assert browser.get(f"/registrations/{row_id}{page}").status_code == 404
        for page in ("/submit", "/sections/people", "/sections/outlets/none", "/files/licence"):
            sent = browser.post(f"/registrations/{row_id}{page}", {"row_version": "1"})
            assert sent.status_code == 404, page
    assert browse(world.other_regulator.user_id).get(f"/registrations/{row_id}/review").status_code == 404
    assert browse(world.officer.user_id).get(f"/registrations/{row_id}/review").status_code == 403
    download = browse(world.regulator.user_id).get(file_path)
    assert download.data == PDF
    assert download.headers["Content-Disposition"].startswith("attachment")
    assert download.headers["X-Content-Type-Options"] == "nosniff"


def test_a_return_without_a_comment_is_refused_at_its_section(
    app: Flask, world: World, browse: Browse, applicant: Actor, database: Database
) -> None:
    with database.writing() as session:
        row = filled_registration(session, app.extensions["portal.storage"], applicant)
        submit_registration(session, applicant, row.id, row.row_version)
        place = f"/registrations/{row.id}"
    theirs = browse(world.regulator.user_id)
    version = row_version(theirs.get(f"{place}/review"), f"{place}/review/permit")
    refused = theirs.post(
        f"{place}/review/permit", {"decision": "return", "comment": " ", "row_version": version}
    )
    assert refused.status_code == 422
    assert 'href="#comment-permit"' in refused.text
    finish = row_version(theirs.get(f"{place}/review"), f"{place}/finish")
    early = theirs.post(f"{place}/finish", {"action": "accept", "first_month": "", "row_version": finish})
    assert early.status_code == 422
    with database.reading() as session:
        assert session.scalars(sa.select(Registration.state)).one() == "submitted"
