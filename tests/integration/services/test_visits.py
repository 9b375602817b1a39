"""Visits in the database: who may, each answer once, the later one counts, half answered and resumed."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.domain.access import Actor
from portal.domain.errors import Conflict, Invalid, NotFound, Refused
from portal.domain.periods import Month, today
from portal.domain.visits import MOST_PHOTOS, InspectionKind
from portal.models.database import Database
from portal.models.engagements import Engagement
from portal.models.visits import Answer, Inspection, VisitPhoto
from portal.queries.visit_lists import VisitFilter, visit_list
from portal.queries.visits import page_of, visit_page
from portal.services.visit_answers import AnswerSent, PhotoSent, add_photo, give_answer, remove_photo
from portal.services.visits import VisitPlan, open_visit
from portal.storage import Storage, open_storage
from tests.factories.months import make_submitted_month
from tests.factories.plans import make_steel_plan
from tests.factories.visits import answer, jpeg, key_of, make_visit
from tests.factories.world import World

KEY = "key-of-one-answer"
PLAN = VisitPlan(["carbon-steward-visit"], today())


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(f"file://{tmp_path}/storage")


@pytest.fixture
def visit_id(database: Database, world: World) -> int:
    with database.writing() as session:
        return make_visit(session, world.steward, world.steel_id).id


def sent(name: str, value: str, key: str = KEY, **more: object) -> AnswerSent:
    return AnswerSent(key_of(name), value, str(more.pop("note", "")), key, **more)  # type: ignore[arg-type]


def count(database: Database, model: type) -> int:
    with database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_a_steward_serves_and_an_authority_inspects(database: Database, world: World) -> None:
    with database.writing() as session:
        served = open_visit(session, world.steward, world.steel_id, PLAN)
        inspected = open_visit(session, world.regulator, world.steel_id, PLAN)
        assert (served.kind, served.number[:6]) == (InspectionKind.SERVICE, "HZ-VS-")
        assert (inspected.kind, inspected.number[:6]) == (InspectionKind.INSPECTION, "HZ-IN-")
        assert served.engagement_id == world.engagement_id
        assert served.checklists[0].pack_version == "1"


def test_a_steward_cannot_carry_out_a_regulators_inspection(database: Database, world: World) -> None:
    with database.writing() as session, pytest.raises(Refused, match="不能开展主管部门的现场检查"):
        open_visit(session, world.steward, world.steel_id, PLAN, kind=InspectionKind.INSPECTION)


def test_who_prepared_a_record_does_not_inspect_even_from_an_authority(
    database: Database, world: World, storage: Storage
) -> None:
    """Somebody moved from the firm that typed the months to the authority."""
    with database.writing() as session:
        plan = make_steel_plan(session, world)
        make_submitted_month(session, world, plan, Month.of(today()).previous(), storage=storage)
        typed = session.execute(sa.text("SELECT DISTINCT updated_by_id FROM record_values")).scalars().all()
        moved = Actor(
            typed[0],
            "示例",
            world.district_id,
            "示例区",
            world.regulator.kind,
            world.regulator.roles,
            "330502",
        )
        with pytest.raises(Refused, match="不能对它开展现场检查"):
            open_visit(session, moved, world.steel_id, PLAN)
        open_visit(session, world.regulator, world.steel_id, PLAN)


@pytest.mark.parametrize("who", ["other_steward", "other_regulator"])
def test_a_stranger_finds_no_enterprise_to_visit(database: Database, world: World, who: str) -> None:
    with database.writing() as session, pytest.raises(NotFound):
        open_visit(session, getattr(world, who), world.steel_id, PLAN)


@pytest.mark.parametrize("who", ["officer", "signatory", "platform_administrator"])
def test_other_roles_open_none(database: Database, world: World, who: str) -> None:
    with database.writing() as session, pytest.raises((Refused, NotFound)):
        open_visit(session, getattr(world, who), world.steel_id, PLAN)


def test_a_form_sent_twice_opens_one_visit(database: Database, world: World) -> None:
    with database.writing() as session:
        first = open_visit(session, world.steward, world.steel_id, PLAN)
        assert open_visit(session, world.steward, world.steel_id, PLAN).id == first.id
    assert count(database, Inspection) == 1


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        (VisitPlan([], today()), "packs"),
        (VisitPlan(["no-such-pack"], today()), "packs"),
        (VisitPlan(["carbon-data-quality"], today()), "packs"),
        (VisitPlan(["../../etc"], today()), "packs"),
        (VisitPlan(["carbon-steward-visit"], today() + timedelta(days=200)), "visited_on"),
    ],
)
def test_a_wrong_plan_is_told_with_its_field(
    database: Database, world: World, plan: VisitPlan, field: str
) -> None:
    with database.writing() as session, pytest.raises(Invalid) as refused:
        open_visit(session, world.steward, world.steel_id, plan)
    assert refused.value.field == field


def test_the_same_offline_answer_sent_five_times_counts_once(
    database: Database, world: World, visit_id: int
) -> None:
    repeated = []
    for _ in range(5):
        with database.writing() as session:
            taken = give_answer(session, world.steward, world.steel_id, visit_id, sent("Q-01", "no"))
            repeated.append(taken.repeated)
    assert repeated == [False, True, True, True, True]
    assert count(database, Answer) == 1
    with database.reading() as session:
        trace = session.execute(sa.text("SELECT count(*) FROM events WHERE action = 'visit.answered'"))
        assert trace.scalar() == 1


def test_of_two_devices_the_later_answer_counts_and_the_stale_one_says_so(
    database: Database, world: World, visit_id: int
) -> None:
    """The phone was offline: what it sends last was given first."""
    minute = 60_000
    with database.writing() as session:
        tablet = sent("Q-01", "yes", "tablet-key", device="tablet", age_ms=minute)
        assert not give_answer(session, world.steward, world.steel_id, visit_id, tablet).stale
    with database.writing() as session:
        phone = sent("Q-01", "no", "phone-key-1", device="phone", age_ms=30 * minute)
        taken = give_answer(session, world.steward_lead, world.steel_id, visit_id, phone)
        assert taken.stale
        assert taken.in_force.value == "yes"
    with database.reading() as session:
        page = visit_page(session, world.officer, world.steel_id, visit_id)
        item = page.sheet.item(key_of("Q-01"))
        assert item is not None
        assert item.value == "yes"
        assert [(old.value, old.device) for old in page.earlier(key_of("Q-01"))] == [("no", "phone")]


def test_of_one_device_the_answer_sent_last_counts_however_long_the_first_was_on_its_way(
    database: Database, world: World, visit_id: int
) -> None:
    """Both were given in the same second; the slow way of the second makes its age look greater."""
    with database.writing() as session:
        first = sent("Q-01", "no", "first-key", device="phone", age_ms=0)
        give_answer(session, world.steward, world.steel_id, visit_id, first)
    with database.writing() as session:
        second = sent("Q-01", "yes", "second-key", device="phone", age_ms=60_000)
        taken = give_answer(session, world.steward, world.steel_id, visit_id, second)
        assert not taken.stale
        assert taken.in_force.value == "yes"


def test_an_answer_is_taken_back_by_an_empty_one(database: Database, world: World, visit_id: int) -> None:
    with database.writing() as session:
        give_answer(session, world.steward, world.steel_id, visit_id, sent("Q-01", "no"))
        give_answer(session, world.steward, world.steel_id, visit_id, sent("Q-01", "", "another-key"))
        page = page_of(session, session.get_one(Inspection, visit_id))
        assert page.sheet.gaps == ()
        assert page.sheet.total.open == page.sheet.total.asked


def test_a_visit_half_answered_for_a_month_is_resumed_with_the_questions_of_its_day(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        visit = make_visit(session, world.steward, world.steel_id, today() - timedelta(days=31))
        answer(session, world.steward, visit, "Q-01", "yes", age_ms=31 * 24 * 3600 * 1000)
        visit_id = visit.id
    with database.writing() as session:
        answer(session, world.steward_lead, session.get_one(Inspection, visit_id), "Q-02", "own")
    with database.reading() as session:
        page = visit_page(session, world.steward, world.steel_id, visit_id)
        assert [item.value for item in page.sheet.shown[:2]] == ["yes", "own"]
        assert [item.question.id for item in page.sheet.shown][2] == "Q-03"


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("Q-01", "yes", "yes"),
        ("Q-04", " 1,234.50 ", "1234.50"),
        ("Q-04", "１２．５", "12.5"),
        ("Q-05", "20261112", "2026-11-12"),
        ("Q-04", "na", "na"),
    ],
)
def test_an_answer_is_kept_in_one_form(
    database: Database, world: World, visit_id: int, name: str, value: str, kept: str
) -> None:
    with database.writing() as session:
        taken = give_answer(session, world.steward, world.steel_id, visit_id, sent(name, value))
        assert taken.answer.value == kept


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (sent("Q-01", "maybe"), "value"),
        (sent("Q-02", "elsewhere"), "value"),
        (sent("Q-04", "1e999999"), "value"),
        (sent("Q-04", "1,5"), "value"),
        (sent("Q-04", "1_000"), "value"),
        (sent("Q-04", "NaN"), "value"),
        (sent("Q-04", "many"), "value"),
        (sent("Q-05", "2026-02-30"), "value"),
        (sent("Q-99", "yes"), "question"),
        (AnswerSent("no-colon", "yes", "", KEY), "question"),
        (sent("Q-01", "yes", "short"), "key"),
        (sent("Q-01", "yes", "with blanks and ;"), "key"),
        (sent("Q-01", "yes", note="长" * 2001), "note"),
        (sent("Q-01", "x" * 501), "value"),
    ],
)
def test_a_wrong_answer_is_told_with_its_field(
    database: Database, world: World, visit_id: int, wrong: AnswerSent, field: str
) -> None:
    with database.writing() as session, pytest.raises(Invalid) as refused:
        give_answer(session, world.steward, world.steel_id, visit_id, wrong)
    assert refused.value.field == field


def test_a_key_belongs_to_one_question(database: Database, world: World, visit_id: int) -> None:
    with database.writing() as session:
        give_answer(session, world.steward, world.steel_id, visit_id, sent("Q-01", "no"))
        with pytest.raises(Conflict):
            give_answer(session, world.steward, world.steel_id, visit_id, sent("Q-06", "no"))


def test_a_key_stands_for_one_answer(database: Database, world: World, visit_id: int) -> None:
    """Said to be kept and left out, the second would be lost."""
    with database.writing() as session:
        give_answer(session, world.steward, world.steel_id, visit_id, sent("Q-01", "no"))
        for other in (sent("Q-01", "yes"), sent("Q-01", "no", note="换了秤")):
            with pytest.raises(Conflict):
                give_answer(session, world.steward, world.steel_id, visit_id, other)


def test_only_the_firm_that_visits_answers(database: Database, world: World, visit_id: int) -> None:
    with database.writing() as session:
        with pytest.raises(Refused):
            give_answer(session, world.regulator, world.steel_id, visit_id, sent("Q-01", "no"))
        with pytest.raises(NotFound):
            give_answer(session, world.steward, world.dyeing_id, visit_id, sent("Q-01", "no"))
    assert count(database, Answer) == 0


def test_a_steward_whose_contract_ended_can_go_on_no_more(
    database: Database, world: World, visit_id: int
) -> None:
    with database.writing() as session:
        session.get_one(Engagement, world.engagement_id).ends_on = today() - timedelta(days=1)
    with database.writing() as session, pytest.raises(NotFound):
        give_answer(session, world.steward, world.steel_id, visit_id, sent("Q-01", "no"))


def photo(key: str = KEY, stream: BytesIO | None = None, filename: str = "示例.jpg") -> PhotoSent:
    return PhotoSent(key_of("Q-01"), stream or jpeg(), filename, key)


def test_a_photo_is_kept_once_and_can_be_taken_out(
    database: Database, world: World, visit_id: int, storage: Storage
) -> None:
    with database.writing() as session:
        place = (session, storage, world.steward, world.steel_id, visit_id)
        first = add_photo(*place, photo(), most_bytes=10**6)
        assert add_photo(*place, photo(), most_bytes=10**6).id == first.id
        page = page_of(session, session.get_one(Inspection, visit_id))
        assert [one.filename for one in page.photos_of(key_of("Q-01"))] == ["示例.jpg"]
        remove_photo(session, world.steward, world.steel_id, visit_id, first.id)
        assert page_of(session, session.get_one(Inspection, visit_id)).photos == ()
    assert count(database, VisitPhoto) == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (photo(stream=BytesIO(b"%PDF-1.7 not a photo"), filename="照片.jpg"), "内容却是"),
        (photo(stream=BytesIO(b"GIF89a" + bytes(99)), filename="照片.png"), "不收"),
        (photo(stream=BytesIO(b"MZ" + bytes(99)), filename="照片.exe"), "JPG"),
        (photo(stream=BytesIO(b""), filename="照片.jpg"), "空的"),
        (photo(stream=jpeg(side=900)), "超过"),
    ],
)
def test_a_photo_that_is_none_or_too_large_is_refused(
    database: Database, world: World, visit_id: int, storage: Storage, wrong: PhotoSent, words: str
) -> None:
    wrong.stream.seek(0)
    with database.writing() as session, pytest.raises(Invalid, match=words):
        add_photo(session, storage, world.steward, world.steel_id, visit_id, wrong, most_bytes=4000)


def test_one_question_takes_so_many_photos(
    database: Database, world: World, visit_id: int, storage: Storage
) -> None:
    with database.writing() as session:
        place = (session, storage, world.steward, world.steel_id, visit_id)
        for number in range(MOST_PHOTOS):
            add_photo(*place, photo(f"photo-key-{number}"), most_bytes=10**6)
        with pytest.raises(Invalid, match="最多"):
            add_photo(*place, photo("photo-key-more"), most_bytes=10**6)


def test_a_list_shows_only_what_is_ones_business(database: Database, world: World, visit_id: int) -> None:
    expected = {"steward": 1, "officer": 1, "regulator": 1, "city_regulator": 1, "other_regulator": 0}
    with database.reading() as session:
        for who, number in {**expected, "other_steward": 0, "stranger_officer": 0}.items():
            assert visit_list(session, getattr(world, who), VisitFilter()).total == number, who
        assert visit_list(session, world.steward, VisitFilter(search="100%_")).total == 0
        assert visit_list(session, world.steward, VisitFilter(state="open", search="钢铁")).total == 1
        with pytest.raises(NotFound):
            visit_page(session, world.stranger_officer, world.steel_id, visit_id)
