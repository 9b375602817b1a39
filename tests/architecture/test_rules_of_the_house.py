"""Rules that no layer can say: who commits, who rounds, who speaks to the queue and the printer."""

from itertools import chain

import pytest

from tests.architecture.rules import ROOMS, ROOT, calls_of, imports_of, sources


def test_no_service_ends_its_transaction() -> None:
    ends = ("commit", "rollback")
    found = [
        place
        for source in sources("portal/services", "portal/queries")
        for name in ends
        for place in calls_of(*source, name)
    ]
    assert found == []


def test_only_the_queue_speaks_to_the_queue_server() -> None:
    places = chain.from_iterable(imports_of(*source, "rq", "redis") for source in sources())
    assert {place.split(":")[0] for place in places} == {"portal/queue.py"}


def test_only_reports_print() -> None:
    places = chain.from_iterable(imports_of(*source, "weasyprint") for source in sources())
    assert {place.split("/")[0] for place in places} == {"reports"}


#: Where floats are right. The solver of large loops only proposes in floats; every figure that leaves it was
#: verified and sharpened in decimals. A Monte Carlo draw is a sample and never a reported figure.
FLOATS_ALLOWED = frozenset({"portal/accounting/solving_large.py", "portal/accounting/uncertainty.py"})


@pytest.mark.parametrize("room", ["portal/domain", "portal/accounting", "portal/reference", "checklists"])
def test_no_regulated_figure_becomes_a_float(room: str) -> None:
    others = [source for source in sources(room) if source[0] not in FLOATS_ALLOWED]
    assert others
    for source in others:
        assert calls_of(*source, "float") == []
        assert imports_of(*source, "numpy", "scipy", "math") == []


def test_packs_are_read_with_exact_numbers() -> None:
    readers = [
        (path, text)
        for path, text in sources()
        if "tomllib" in text and (calls_of(path, text, "load") or calls_of(path, text, "loads"))
    ]
    assert readers
    for path, text in readers:
        if path.startswith(("portal/reference", "checklists")):
            assert "parse_float=Decimal" in text, path


def test_tables_know_no_request() -> None:
    for source in sources("portal/models", "portal/queries", "portal/services"):
        assert imports_of(*source, "flask", "flask_login", "flask_wtf", "wtforms", "werkzeug") == []


def test_nobody_deletes_from_the_store() -> None:
    for path, text in sources("portal/services", "portal/web", "portal/tasks.py"):
        assert "storage.delete" not in text, path


def test_no_error_is_swallowed_whole() -> None:
    for path, text in sources(*ROOMS):
        for number, line in enumerate(text.splitlines(), 1):
            assert line.strip() != "except:", f"{path}:{number}"


def test_the_checks_see_what_is_forbidden() -> None:
    sample = "def f(session):\n    session.commit()\n    return float('1')\n"
    assert calls_of("a.py", sample, "commit") == ["a.py:2"]
    assert calls_of("a.py", sample, "float") == ["a.py:3"]
    assert calls_of("a.py", "# session.commit()\n'float('\n", "commit") == []
    assert imports_of("a.py", "def f():\n    from rq.job import Job\n", "rq") == ["a.py:2"]
    assert imports_of("a.py", "import redis.asyncio as r\n", "rq", "redis") == ["a.py:1"]
    assert imports_of("a.py", "import rqueue\nfrom . import rq\n", "rq") == []


def test_the_rooms_are_where_they_are_looked_for() -> None:
    for room in ROOMS:
        assert (ROOT / room).is_dir()
    assert sum(1 for _ in sources()) > 150
