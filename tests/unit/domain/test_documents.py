"""Codes on issued documents: drawn without look-alikes, read as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.documents import ALPHABET, new_code, read_code


def test_no_two_characters_of_a_code_look_alike() -> None:
    assert not set(ALPHABET) & set("01OID")
    assert len(set(ALPHABET)) == len(ALPHABET) == 31


def test_a_new_code_is_read_as_itself() -> None:
    drawn = {new_code() for _ in range(200)}
    assert len(drawn) == 200
    assert {read_code(code) for code in drawn} == drawn


@pytest.mark.parametrize(
    "typed",
    [
        "7K2M-4QXF-9RWT-B3HL",
        "7k2m4qxf9rwtb3hl",
        " 7K2M 4QXF 9RWT B3HL ",
        "7K2M–4QXF–9RWT–B3HL",
        "7K2M-40XF-9RWT-B3HI",
        "7k2m-4oxf-9rwt-b3h1",
        "７Ｋ２Ｍ－４ＱＸＦ－９ＲＷＴ－Ｂ３ＨＬ",
    ],
)
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert read_code(typed) == "7K2M-4QXF-9RWT-B3HL"


@pytest.mark.parametrize("typed", ["", "7K2M", "7K2M-4QXF-9RWT-B3HL-2", "七K2M-4QXF-9RWT-B3HE", "'; --"])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert read_code(typed) is None


@given(st.text(max_size=200))
def test_any_text_gives_a_code_of_the_alphabet_or_none(text: str) -> None:
    code = read_code(text)
    assert code is None or set(code) <= set(ALPHABET) | {"-"}
