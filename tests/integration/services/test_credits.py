"""Carbon credits on both databases: no serial twice, nothing changed once a dossier is signed."""

import io
import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.credits import CreditKind
from portal.domain.dossiers import DossierState
from portal.domain.errors import Conflict, Invalid, NotFound, Refused
from portal.domain.periods import now, today
from portal.models.credits import Credit, CreditSerials
from portal.models.database import Database
from portal.models.dossiers import Dossier
from portal.models.events import Event
from portal.queries.credits import credit_list, credit_page, credits_counted_by
from portal.services.credits import add_credit, change_credit, prove_credit, remove_credit, use_credit
from tests.factories.credits import credit_data
from tests.factories.months import pdf, temporary_storage
from tests.factories.world import World


def make_dossier(session: Session, world: World, **changes: object) -> Dossier:
    """A neutrality dossier of the steel works, a draft unless told otherwise."""
    values = {"enterprise_id": world.steel_id, "kind": "carbon_neutrality", "subject": "2026", **changes}
    dossier = Dossier(**values)
    session.add(dossier)
    session.flush()
    return dossier


def sign_dossier(session: Session, world: World, dossier: Dossier) -> None:
    """Bring it to the state of a signed one, without its long way there."""
    dossier.content, dossier.content_sha256 = "{}", "0" * 64
    dossier.signed_by_id, dossier.signed_at = world.signatory.user_id, now()
    dossier.state = DossierState.SIGNED
    session.flush()


def test_a_credit_is_entered_proven_and_used(database: Database, world: World) -> None:
    with database.writing() as session:
        dossier = make_dossier(session, world)
        credit = add_credit(session, world.officer, world.steel_id, credit_data())
        prove_credit(
            session, temporary_storage(), world.officer, world.steel_id, credit.id, pdf("proof"), "证明.pdf",
            row_version=1,
        )  # fmt: skip
        use_credit(session, world.officer, world.steel_id, credit.id, dossier.id, row_version=2)
    with database.reading() as session:
        page = credit_list(session, world.regulator, world.steel_id)
        line = page.lines[0]
        assert (page.total, page.unproven, page.may_edit) == (Decimal(500), 0, False)
        assert line.proof is not None
        assert line.use is not None
        assert line.use.subject == "2026"
        assert not line.frozen
        actions = session.scalars(sa.select(Event.action).where(Event.subject_kind == "credit"))
        assert list(actions) == ["credit.added", "credit.proven", "credit.used"]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("EX-2024-000001", "EX-2024-000500"),
        ("ex-2024-500", "ex-2024-900"),
        ("ＥＸ－２０２４－２５０", ""),
        ("EX-2024-0", "EX-2024-9999"),
    ],
)
def test_a_serial_of_another_enterprise_is_refused_without_its_name(
    database: Database, world: World, first: str, last: str
) -> None:
    with database.writing() as session:
        add_credit(session, world.officer, world.steel_id, credit_data())
    again = credit_data(serial_from=first, serial_to=last, registry_name=" 示例 登记簿 ")
    with pytest.raises(Invalid) as refused, database.writing() as session:
        add_credit(session, world.stranger_officer, world.dyeing_id, again)
    assert refused.value.path == "serial_from"
    assert "示例钢铁" not in refused.value.message % refused.value.params
    assert "竹林" not in refused.value.message % refused.value.params
    with database.reading() as session:
        assert len(session.scalars(sa.select(Credit)).all()) == 1


def test_an_overlap_with_ones_own_names_the_project(database: Database, world: World) -> None:
    with database.writing() as session:
        add_credit(session, world.officer, world.steel_id, credit_data())
    with pytest.raises(Invalid, match="本企业"), database.writing() as session:
        add_credit(session, world.officer, world.steel_id, credit_data())


def test_other_registries_series_and_numbers_stand_side_by_side(database: Database, world: World) -> None:
    with database.writing() as session:
        for data in (
            credit_data(),
            credit_data(serial_from="EX-2024-000501", serial_to=""),
            credit_data(serial_from="EX-2025-000001", serial_to="EX-2025-000500"),
            credit_data(registry_name="另一示例登记簿"),
            credit_data(kind=CreditKind.VCS),
        ):
            add_credit(session, world.officer, world.steel_id, data)
    renamed = credit_data(kind=CreditKind.VCS, registry_name="换了名称的登记簿")
    with pytest.raises(Invalid), database.writing() as session:
        add_credit(session, world.officer, world.steel_id, renamed)


def test_of_two_who_enter_one_serial_at_once_the_second_is_refused(database: Database, world: World) -> None:
    """Both have looked and found nothing before either has written: the database itself decides."""
    with database.writing() as session:
        mine = add_credit(
            session, world.officer, world.steel_id, credit_data(serial_from="A-1", serial_to="")
        )
        theirs = add_credit(
            session, world.stranger_officer, world.dyeing_id, credit_data(serial_from="B-1", serial_to="")
        )
    outcomes: dict[int, str] = {}

    def enter(credit_id: int, first: int, held: threading.Event | None, go: threading.Event | None) -> None:
        try:
            with database.writing() as session:
                serials = session.get_one(CreditSerials, credit_id)
                serials.series, serials.first_number, serials.last_number = "EX-", first, first + 10
                session.flush()
                if held:
                    held.set()
                if go:
                    go.wait(0.3)
            outcomes[credit_id] = "kept"
        except sa.exc.IntegrityError:
            outcomes[credit_id] = "refused"

    held, never = threading.Event(), threading.Event()
    one = threading.Thread(target=enter, args=(mine.id, 1, held, never))
    one.start()
    assert held.wait(10)
    enter(theirs.id, 5, None, None)
    one.join()
    assert outcomes == {mine.id: "kept", theirs.id: "refused"}


def test_a_change_that_meets_another_block_is_refused_and_changes_nothing(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        add_credit(session, world.stranger_officer, world.dyeing_id, credit_data())
        mine = add_credit(
            session, world.officer, world.steel_id, credit_data(serial_from="A-1", serial_to="A-9")
        )
    with pytest.raises(Invalid), database.writing() as session:
        change_credit(session, world.officer, world.steel_id, mine.id, credit_data(), row_version=1)
    with database.writing() as session:
        wider = credit_data(serial_from="A-1", serial_to="A-90", quantity=Decimal(90))
        change_credit(session, world.officer, world.steel_id, mine.id, wider, row_version=1)
    with database.reading() as session:
        assert session.get_one(CreditSerials, mine.id).last_number == 90
        assert credit_page(session, world.officer, world.steel_id, mine.id).credit.quantity == 90


@pytest.mark.parametrize("state", [DossierState.COMPLETE, DossierState.SIGNED])
def test_a_credit_stands_still_once_its_dossier_left_the_draft(
    database: Database, world: World, state: DossierState
) -> None:
    with database.writing() as session:
        dossier = make_dossier(session, world)
        credit = add_credit(session, world.officer, world.steel_id, credit_data())
        use_credit(session, world.officer, world.steel_id, credit.id, dossier.id, row_version=1)
        if state is DossierState.SIGNED:
            sign_dossier(session, world, dossier)
        dossier.state = state

    def change(session: Session) -> object:
        return change_credit(session, world.officer, world.steel_id, credit.id, credit_data(), row_version=2)

    def prove(session: Session) -> object:
        return prove_credit(
            session, temporary_storage(), world.officer, world.steel_id, credit.id, pdf(), "a.pdf",
            row_version=2,
        )  # fmt: skip

    def release(session: Session) -> object:
        return use_credit(session, world.officer, world.steel_id, credit.id, None, row_version=2)

    acts: tuple[Callable[[Session], object], ...] = (change, prove, release)
    for act in acts:
        with pytest.raises(Refused), database.writing() as session:
            act(session)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credits SET quantity = '1'",
        "UPDATE credits SET dossier_id = NULL",
        "DELETE FROM credit_serials",
        "UPDATE credit_serials SET last_number = last_number + 1",
    ],
)
def test_the_database_itself_freezes_what_a_signed_dossier_uses(
    database: Database, world: World, statement: str
) -> None:
    with database.writing() as session:
        dossier = make_dossier(session, world)
        credit = add_credit(session, world.officer, world.steel_id, credit_data())
        credit.dossier_id = dossier.id
        sign_dossier(session, world, dossier)
    if database.engine.dialect.name == "postgresql":
        statement = statement.replace("'1'", "1")
    with pytest.raises(sa.exc.IntegrityError, match="frozen"), database.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_only_an_unused_credit_is_removed_and_its_serials_are_free_again(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        dossier = make_dossier(session, world)
        credit = add_credit(session, world.officer, world.steel_id, credit_data())
        use_credit(session, world.officer, world.steel_id, credit.id, dossier.id, row_version=1)
    with pytest.raises(Refused), database.writing() as session:
        remove_credit(session, world.officer, world.steel_id, credit.id, row_version=2)
    with database.writing() as session:
        use_credit(session, world.officer, world.steel_id, credit.id, None, row_version=2)
        remove_credit(session, world.officer, world.steel_id, credit.id, row_version=3)
        add_credit(session, world.stranger_officer, world.dyeing_id, credit_data())


def test_a_later_edition_counts_the_credits_of_the_one_before(database: Database, world: World) -> None:
    with database.writing() as session:
        first = make_dossier(session, world)
        credit = add_credit(session, world.officer, world.steel_id, credit_data())
        use_credit(session, world.officer, world.steel_id, credit.id, first.id, row_version=1)
        sign_dossier(session, world, first)
        second = make_dossier(session, world, edition=2, replaces_id=first.id)
        other = make_dossier(session, world, subject="2027")
        assert [line.id for line in credits_counted_by(session, second)] == [credit.id]
        assert credits_counted_by(session, other) == ()


def test_strangers_learn_nothing_and_readers_change_nothing(database: Database, world: World) -> None:
    with database.writing() as session:
        dossier = make_dossier(session, world)
        other = make_dossier(session, world, kind="carbon_management")
        credit = add_credit(session, world.steward, world.steel_id, credit_data())
        foreign = add_credit(
            session, world.stranger_officer, world.dyeing_id, credit_data(serial_from="B-1", serial_to="")
        )
    for actor, enterprise, credit_id, target in (
        (world.stranger_officer, world.steel_id, credit.id, None),
        (world.stranger_officer, world.dyeing_id, credit.id, None),
        (world.stranger_officer, world.dyeing_id, foreign.id, dossier.id),
        (world.other_steward, world.steel_id, credit.id, None),
        (world.officer, world.steel_id, credit.id, other.id),
    ):
        with pytest.raises(NotFound), database.writing() as session:
            use_credit(session, actor, enterprise, credit_id, target, row_version=1)
    with pytest.raises(Refused), database.writing() as session:
        add_credit(session, world.signatory, world.steel_id, credit_data(serial_from="C-1", serial_to=""))
    with pytest.raises(NotFound), database.reading() as session:
        credit_page(session, world.stranger_officer, world.steel_id, credit.id)


def test_a_credit_that_was_changed_meanwhile_is_a_conflict(database: Database, world: World) -> None:
    with database.writing() as session:
        credit = add_credit(session, world.officer, world.steel_id, credit_data())
        change_credit(
            session, world.officer, world.steel_id, credit.id, credit_data(vintage=2023), row_version=1
        )
    with pytest.raises(Conflict), database.writing() as session:
        change_credit(session, world.steward, world.steel_id, credit.id, credit_data(), row_version=1)


def test_what_cannot_be_is_refused_at_its_field(database: Database, world: World) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "quantity": {"quantity": Decimal(0)},
        "cancelled_on": {"cancelled_on": today() + timedelta(days=1)},
        "vintage": {"vintage": 2027},
        "serial_to": {"serial_to": "EY-9"},
        "serial_from": {"serial_from": "-"},
    }
    for path, changes in wrong.items():
        with pytest.raises(Invalid) as refused, database.writing() as session:
            add_credit(session, world.officer, world.steel_id, credit_data(**changes))
        assert refused.value.path == path
    with database.writing() as session:
        credit = add_credit(session, world.officer, world.steel_id, credit_data())
    with pytest.raises(Invalid) as empty, database.writing() as session:
        prove_credit(
            session, temporary_storage(), world.officer, world.steel_id, credit.id, io.BytesIO(), "a.pdf",
            row_version=1,
        )  # fmt: skip
    assert empty.value.path == "file"
