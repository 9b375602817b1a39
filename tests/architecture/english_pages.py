"""Walking the portal in one language: the texts of each page, and what of them is data."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.architecture.rules import ROOT

HAN = re.compile(r"[\u3400-\u9fff\u3000-\u303f\uff01-\uff65]")
#: A sentence that nobody put into Chinese: three Latin words in a row.
ENGLISH = re.compile(r"\b[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}\b")
_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "use", "path", "wbr"})
_READ_ALOUD = ("title", "aria-label", "placeholder", "alt", "data-head")
_SAID = frozenset({"h1", "h2", "button", "label", "legend", "th"})


@dataclass
class Page(HTMLParser):
    """The texts of a page, those of its headings and controls apart, and its links."""

    texts: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href", "").startswith("/"):
            self.links.append(given["href"].partition("#")[0])
        # The first letter of a name, and words that say which language they are in, may stay.
        foreign = tag != "html" and "lang" in given
        if not foreign and not any(quiet for _, quiet in self._open):
            self.texts += [given[name] for name in _READ_ALOUD if given.get(name)]
        if tag not in _VOID:
            quiet = tag in {"script", "style"} or foreign or "avatar" in given.get("class", "")
            self._open.append((tag, quiet))

    def handle_endtag(self, tag: str) -> None:
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index][0] == tag:
                del self._open[index:]
                break

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if not text or any(quiet for _, quiet in self._open):
            return
        self.texts.append(text)
        if any(tag in _SAID for tag, _ in self._open):
            self.said.append(text)


def walk(client: FlaskClient, start: str = "/", most: int = 45) -> Iterator[tuple[str, Page]]:
    """Pages that links lead to, one of each kind; a month of another state counts as another kind."""
    waiting, seen = [start], set()
    while waiting and len(seen) < most:
        address = waiting.pop(0)
        kind = re.sub(r"(?<![\d-])\d+(?![\d-])", "n", address.partition("?")[0])
        if kind in seen or "/sign-out" in address or address.startswith("/static"):
            continue
        seen.add(kind)
        answer = client.get(address, follow_redirects=True)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        content = answer.get_data()
        answer.close()
        if answer.mimetype == "text/html":
            page = Page()
            page.feed(content.decode())
            waiting += page.links
            yield address, page


def data_of(app: Flask, translated: Mapping[str, str]) -> list[str]:
    """Texts that stay as people wrote them or as a source says it, longest first.

    What stands in the database or in a pack is data, unless there is English for it. Names are always data.
    """
    found = {text for text in (*_stored(app), *_quoted()) if HAN.search(text)} - set(translated)
    return sorted(found | set(_names(app)), key=len, reverse=True)


def left_over(text: str, data: list[str]) -> str:
    """What remains Chinese in a text when the data in it are taken away; empty when nothing does."""
    for known in data:
        if not HAN.search(text):
            return ""
        text = text.replace(known, "")
    return text if HAN.search(text) else ""


def _names(app: Flask) -> Iterator[str]:
    with app.extensions["portal.database"].engine.connect() as connection:
        for table in ("organisations", "users", "meters", "sites", "facilities", "outlets"):
            yield from connection.exec_driver_sql(f'SELECT name FROM "{table}"').scalars()


def _stored(app: Flask) -> Iterator[str]:
    engine = app.extensions["portal.database"].engine
    with engine.connect() as connection:
        for table in sa.inspect(connection).get_table_names():
            for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, str):
                        yield from _strings(_unfolded(value))


def _unfolded(text: str) -> Any:
    try:
        return json.loads(text) if text.startswith(("[", "{")) else text
    except ValueError:
        return text


def _quoted() -> Iterator[str]:
    folders = (ROOT / "portal" / "reference" / "data", ROOT / "checklists" / "library")
    for path in (path for folder in folders for path in folder.rglob("*.toml")):
        yield from _strings(tomllib.loads(path.read_text(encoding="utf-8")))


def _strings(value: Any) -> Iterator[str]:
    """Every text in it, but for those that have their English beside them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if f"{key}_en" not in value:
                yield from _strings(item)
