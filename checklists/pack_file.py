"""The TOML text of a pack, and errors that say where in it something is wrong."""

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from checklists.grades import CONFIDENCES, Confidence
from checklists.questions import Measure
from portal.domain.errors import PackError
from portal.domain.messages import N_

_STEP: Final = re.compile(r"([a-z_0-9]+)(?:\[(\d+)\])?")
_BLOCK: Final = re.compile(r"^\[\[(?:checks|questions|areas)\]\]", re.MULTILINE)
_MEASURE_TEXTS: Final = ("text", "text_en", "effect", "effect_en")


def toml_of(name: str, text: str) -> dict[str, Any]:
    """The tables of ``text``, numbers as decimals; raises PackError naming ``name`` and the line."""
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise PackError(
            N_("%(file)s：TOML 写法不对：%(problem)s"), params={"file": name, "problem": str(error)}
        ) from None


class PackFile:
    """One pack's text; remembers which check or question is being read, for its errors."""

    def __init__(self, name: str, text: str) -> None:
        """``name`` is how the text is called in errors: ``pack/version.toml``."""
        self.name = name
        self.source = text
        self.at = ""  # the check or question being read

    def wrong(self, key: str, problem: str, **params: object) -> PackError:
        """The error at ``key`` of the check or question being read."""
        where = f"{self.at}.{key}" if self.at and key else self.at or key
        told = problem % params if params else problem
        return PackError(
            N_("%(file)s 第 %(line)s 行 %(key)s：%(problem)s"),
            params={"file": self.name, "line": self._line(key), "key": where, "problem": told},
            path=where,
        )

    def _line(self, key: str) -> int:
        """The line where ``key`` stands, or else where the thing begins that it is missing from."""
        place, end = self._block()
        for name, number in _STEP.findall(key):
            tables = list(re.finditer(rf"^\[\[?[a-z]+\.{name}\b", self.source[place:end], re.MULTILINE))
            lines = list(re.finditer(rf"(?:^|[{{,.] ?){name}\b[^\n]*=", self.source[place:end], re.MULTILINE))
            found = tables[int(number or 0) : int(number or 0) + 1] or lines[:1]
            if not found:
                break
            place += found[0].start()
        return self.source.count("\n", 0, place + (self.source[place : place + 1] == "\n")) + 1

    def _block(self) -> tuple[int, int]:
        if not self.at:
            return 0, len(self.source)
        place = max(self.source.find(f'id = "{self.at}"'), 0)
        following = _BLOCK.search(self.source, place)
        return place, following.start() if following else len(self.source)

    def tables_of_file(self) -> dict[str, Any]:
        """Everything in the text; raises PackError when it is no TOML."""
        return toml_of(self.name, self.source)

    def text(self, raw: Mapping[str, Any], key: str, inside: str = "") -> str:
        """The text under ``key``, which must be there."""
        value = raw.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(f"{inside}.{key}" if inside else key, N_("要有文字"))
        return value.strip()

    def one_of(self, raw: Mapping[str, Any], key: str, allowed: tuple[Any, ...], inside: str = "") -> Any:
        """The value under ``key``, which must be one of ``allowed``."""
        value = raw.get(key)
        if value not in allowed:
            where = f"{inside}.{key}" if inside else key
            raise self.wrong(where, N_("要是 %(allowed)s 之一"), allowed="、".join(allowed))
        return value

    def confidence(self, raw: Mapping[str, Any], inside: str = "") -> Confidence:
        """The confidence mark of a table."""
        found: Confidence = self.one_of(raw, "confidence", CONFIDENCES, inside)
        return found

    def known(self, raw: Mapping[str, Any], keys: frozenset[str], inside: str = "") -> None:
        """Refuse keys that nobody reads: most are misspelt."""
        unknown = sorted(set(raw) - keys)
        if unknown:
            raise self.wrong(f"{inside}.{unknown[0]}" if inside else unknown[0], N_("没有这个键"))

    def tables(self, raw: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
        """The tables listed under ``key``; none when it is not there."""
        listed = raw.get(key, [])
        if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
            raise self.wrong(key, N_("要写成一列表"))
        return listed

    def texts(self, raw: Mapping[str, Any], key: str, inside: str = "") -> tuple[str, ...]:
        """The texts listed under ``key``; none when it is not there."""
        listed = raw.get(key, [])
        if not isinstance(listed, list) or not all(isinstance(item, str) and item for item in listed):
            raise self.wrong(f"{inside}.{key}" if inside else key, N_("要写成一列文字"))
        return tuple(listed)

    def measures(self, raw: Mapping[str, Any]) -> tuple[Measure, ...]:
        """The measures that a check or a question proposes."""
        found = []
        for index, item in enumerate(self.tables(raw, "measures")):
            key = f"measures[{index}]"
            self.known(item, frozenset(_MEASURE_TEXTS), key)
            found.append(
                Measure(*(self.text(item, name, key) for name in ("text", "text_en", "effect", "effect_en")))
            )
        return tuple(found)
