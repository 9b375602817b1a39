"""Files and functions stay small, and names say something."""

from itertools import chain

from tests.architecture.rules import (
    MOST_LINES,
    ROOMS,
    forbidden_names,
    long_file,
    long_functions,
    sources,
)


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    every = sources(*ROOMS, "tests", "benchmarks", "scripts", "migrations")
    assert list(chain.from_iterable(long_file(*source) for source in every)) == []


def test_no_function_is_longer_than_forty_lines() -> None:
    assert list(chain.from_iterable(long_functions(*source) for source in sources())) == []


def test_no_module_is_called_after_nothing() -> None:
    assert forbidden_names(path for path, _ in sources(*ROOMS, "tests", "benchmarks", "scripts")) == []


def test_the_checks_see_what_is_too_long() -> None:
    assert long_file("a.py", "x = 1\n" * (MOST_LINES + 1)) == ["a.py: 401 lines"]
    assert long_file("a.py", "x = 1\n" * MOST_LINES) == []
    forty = "def f() -> None:\n    '''Says.'''\n" + "    x = 1\n" * 40
    assert long_functions("a.py", forty) == []
    assert long_functions("a.py", f"{forty}    y = 2\n") == ["a.py:1 f: 41 lines of code, 43 tall"]
    tall = "def f() -> object:\n    return [\n" + "        1,\n" * 80 + "    ]\n"
    assert long_functions("a.py", tall) == ["a.py:1 f: 1 lines of code, 83 tall"]


def test_the_checks_see_a_name_that_says_nothing() -> None:
    assert forbidden_names(["portal/web/utils.py", "portal/helpers/x.py", "portal/web/months.py"]) == [
        "portal/web/utils.py",
        "portal/helpers/x.py",
    ]
