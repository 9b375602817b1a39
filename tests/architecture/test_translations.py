"""The English catalogue holds every text of the portal, with the same places and tags."""

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po

from tests.architecture.rules import ROOT

CATALOGUE = ROOT / "portal" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
KEYWORDS = ("N_", "_", "gettext", "ngettext:1,2", "lazy_gettext")
HAN = re.compile(r"[\u3400-\u9fff\u3000-\u303f\uff01-\uff65]")
#: ``%(name)s``, ``%%``, ``{name}`` and HTML tags: what a translation must carry over as it is.
PLACE = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}|</?[a-z][^>]*>")


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Every text, collected anew the way scripts/messages.sh does."""
    target = tmp_path_factory.mktemp("messages") / "messages.pot"
    keywords = [part for keyword in KEYWORDS for part in ("-k", keyword)]
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "babel.cfg"]
    subprocess.run([*command, *keywords, "-o", str(target), "."], cwd=ROOT, check=True)
    return read_po(io.BytesIO(target.read_bytes()))


def texts(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def places(text: str) -> list[str]:
    return sorted(PLACE.findall(text))


def test_the_script_and_this_test_collect_by_the_same_keywords() -> None:
    script = (ROOT / "scripts" / "messages.sh").read_text(encoding="utf-8")
    assert tuple(re.findall(r"-k (\S+)", script)) == KEYWORDS


def test_every_text_has_english(catalogue: Catalog, extracted: Catalog) -> None:
    there = {message.id for message in texts(catalogue) if message.string}
    missing = [f"{text.locations[0][0]}: {text.id}" for text in texts(extracted) if text.id not in there]
    assert missing == [], "run scripts/messages.sh and translate"


def test_the_catalogue_holds_nothing_else(catalogue: Catalog, extracted: Catalog) -> None:
    wanted = {message.id for message in texts(extracted)}
    assert [message.id for message in texts(catalogue) if message.id not in wanted] == []
    assert list(catalogue.obsolete) == []


def test_no_translation_is_a_guess(catalogue: Catalog) -> None:
    assert [message.id for message in texts(catalogue) if message.fuzzy] == []


def test_places_and_tags_are_carried_over(catalogue: Catalog) -> None:
    assert {
        message.id: message.string
        for message in texts(catalogue)
        if places(str(message.id)) != places(str(message.string))
    } == {}


def test_no_chinese_is_left_in_the_english(catalogue: Catalog) -> None:
    #: The name by which the account stands in an authenticator app, as it is shown there.
    quoted = "湖州碳管家"
    left = [text.string for text in texts(catalogue) if HAN.search(str(text.string).replace(quoted, ""))]
    assert left == []


def test_a_lost_place_is_noticed() -> None:
    assert places("余 %(days)s 天") != places("days left")
    assert places("<b>%(n)s</b>") == places("<b>%(n)s</b> left")


def test_compiled_catalogues_are_not_kept() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert "*.mo" in ignored
    assert not [path for path in Path(CATALOGUE.parent).glob("*.po") if path != CATALOGUE]
