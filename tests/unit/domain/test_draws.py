"""Drawing by lot: anyone who has the lists and the seed comes to the same result."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.draws import (
    Announced,
    Listed,
    check_announcement,
    draw,
    lot_of,
    new_seed,
    result_json,
)
from portal.domain.errors import Invalid

SEED = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"


def announced(enterprises: int = 20, inspectors: int = 5, count: int = 3, each: int = 2) -> Announced:
    return Announced(
        tuple(Listed(number, f"示例企业{number}", "") for number in range(1, enterprises + 1)),
        tuple(Listed(number, f"检查员{number}") for number in range(101, 101 + inspectors)),
        count,
        each,
    )


def test_the_draw_is_what_a_stranger_computes_with_sha256_alone() -> None:
    """The documented rule, written down a second time without the portal's functions."""

    def order(purpose: str, ids: range) -> list[int]:
        return sorted(ids, key=lambda one: hashlib.sha256(f"{SEED}:{purpose}:{one}".encode()).hexdigest())

    drawn = draw(announced(), SEED)
    assert [one.enterprise.id for one in drawn] == order("enterprise", range(1, 21))[:3]
    for one in drawn:
        expected = order(f"inspector:{one.enterprise.id}", range(101, 106))[:2]
        assert [person.id for person, _ in one.inspectors] == expected


def test_a_lot_is_the_hash_of_seed_purpose_and_id() -> None:
    assert lot_of("ab", "enterprise", 7) == hashlib.sha256(b"ab:enterprise:7").hexdigest()


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(1, 13)), st.integers(1, 12))
def test_the_order_of_the_list_changes_nothing(order: list[int], count: int) -> None:
    listed = tuple(Listed(number, f"示例企业{number}") for number in order)
    people = (Listed(101, "检查员"),)
    shuffled = Announced(listed, people, count, 1)
    sorted_list = Announced(tuple(sorted(listed, key=lambda one: one.id)), people, count, 1)
    assert result_json(draw(shuffled, SEED)) == result_json(draw(sorted_list, SEED))
    assert shuffled.fingerprint == sorted_list.fingerprint


def test_leaving_one_out_changes_nobody_elses_lot() -> None:
    whole, fewer = announced(count=5), announced(enterprises=19, count=5)
    lots = {one.enterprise.id: one.lot for one in draw(whole, SEED)}
    for one in draw(fewer, SEED):
        assert lots.get(one.enterprise.id, one.lot) == one.lot


def test_every_enterprise_is_drawn_about_as_often_as_any_other() -> None:
    counts = dict.fromkeys(range(1, 11), 0)
    for number in range(2000):
        for one in draw(announced(enterprises=10, count=3), f"{number:064x}"):
            counts[one.enterprise.id] += 1
    # 600 expected each; 20.5 is the standard deviation, so 500 … 700 leaves nearly five of them.
    assert all(500 < count < 700 for count in counts.values()), counts


def test_two_seeds_are_never_the_same() -> None:
    seeds = {new_seed() for _ in range(200)}
    assert len(seeds) == 200
    assert all(len(seed) == 64 and int(seed, 16) >= 0 for seed in seeds)


def test_the_announcement_comes_back_from_its_plain_data_with_the_same_fingerprint() -> None:
    before = announced()
    after = Announced.from_json(before.as_json())
    assert after.fingerprint == before.fingerprint
    assert draw(after, SEED) == draw(before, SEED)


def test_another_count_or_list_has_another_fingerprint() -> None:
    prints = {announced().fingerprint, announced(count=4).fingerprint, announced(enterprises=19).fingerprint}
    assert len(prints) == 3


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (announced(count=0), "enterprise_count"),
        (announced(count=21), "enterprise_count"),
        (announced(each=6), "inspectors_each"),
        (announced(inspectors=0), "inspectors_each"),
        (Announced((Listed(1, "甲"), Listed(1, "乙")), (Listed(2, "丙"),), 1, 1), "enterprises"),
    ],
)
def test_nothing_is_announced_that_could_not_be_drawn(wrong: Announced, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_announcement(wrong)
    assert refused.value.field == field
