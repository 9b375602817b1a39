"""The English catalogue holds every text of the portal, with the same places and tags."""

import io
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient

from portal.services.sessions import start_session
from portal.web.terms import english_names
from tests.architecture.english_pages import ENGLISH, HAN, data_of, left_over, walk
from tests.architecture.rules import ROOT
from tests.factories.matrix import make_matrix_world
from tests.fixtures.application import settings_for
from tests.fixtures.reuse import lend_app

CATALOGUE = ROOT / "portal" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
KEYWORDS = ("N_", "_", "gettext", "ngettext:1,2", "pgettext:1c,2", "lazy_gettext")
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
    there = {(message.context, message.id) for message in texts(catalogue) if message.string}
    missing = [
        f"{text.locations[0][0]}: {text.id}"
        for text in texts(extracted)
        if (text.context, text.id) not in there
    ]
    assert missing == [], "run scripts/messages.sh and translate"


def test_the_catalogue_holds_nothing_else(catalogue: Catalog, extracted: Catalog) -> None:
    wanted = {(message.context, message.id) for message in texts(extracted)}
    assert [text.id for text in texts(catalogue) if (text.context, text.id) not in wanted] == []
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


@dataclass
class Readers:
    """The portal with something on every page, and who reads it."""

    app: Flask
    tokens: Mapping[str, str]

    def client(self, role: str, locale: str) -> FlaskClient:
        """A browser of this person in this language; nobody's when there is no such role."""
        client = self.app.test_client()
        client.set_cookie("locale", locale)
        if role in self.tokens:
            with client.session_transaction() as stored:
                stored["_user_id"], stored["_fresh"] = self.tokens[role], True
        return client


@pytest.fixture(scope="module")
def readers(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Readers]:
    folder = tmp_path_factory.mktemp("readers")
    shutil.copy(sqlite_template, folder / "portal.db")
    app = lend_app(settings_for(f"sqlite:///{folder / 'portal.db'}", folder))
    app.config["RATELIMIT_ENABLED"] = False
    database, settings = app.extensions["portal.database"], app.extensions["portal.settings"]
    with database.writing() as session:
        world = make_matrix_world(session, app.extensions["portal.storage"])
        tokens = {role: start_session(session, who.user_id, settings) for role, who in world.actors.items()}
    yield Readers(app, tokens)
    database.engine.dispose()


ROLES = (
    *("enterprise_officer", "enterprise_signatory", "enterprise_administrator", "steward", "steward_lead"),
    *("district_regulator", "city_regulator", "platform_administrator", "applicant", "nobody"),
)


def start_of(role: str) -> str:
    return "/sign-in" if role == "nobody" else "/"


@pytest.mark.parametrize("role", ROLES)
def test_english_pages_hold_no_chinese_but_data(role: str, readers: Readers, catalogue: Catalog) -> None:
    translated = {str(text.id): str(text.string) for text in texts(catalogue)} | dict(english_names())
    data = data_of(readers.app, translated)
    left = {
        (address, text)
        for address, page in walk(readers.client(role, "en"), start_of(role))
        for text in page.texts
        if left_over(text, data)
    }
    assert left == set(), "\n".join(sorted(" | ".join(pair) for pair in left))


@pytest.mark.parametrize("role", ["enterprise_officer", "steward", "district_regulator", "nobody"])
def test_chinese_pages_hold_no_english_sentence(role: str, readers: Readers) -> None:
    found = {
        (address, text)
        for address, page in walk(readers.client(role, "zh"), start_of(role))
        for text in page.said
        if ENGLISH.search(text)
    }
    assert found == set(), "\n".join(sorted(" | ".join(pair) for pair in found))


def test_the_other_language_is_one_click_away_and_remembered(readers: Readers) -> None:
    client = readers.app.test_client()
    assert "登录" in client.get("/sign-in").get_data(as_text=True)
    client.set_cookie("locale", "en")
    page = client.get("/sign-in").get_data(as_text=True)
    assert "Sign in" in page
    assert 'lang="en"' in page
