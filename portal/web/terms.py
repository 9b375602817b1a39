"""Names out of the data packs in the reader's language: fuels, parameters, evidence, meters.

Records and plans hold the Chinese names they were made with. Every name of a pack has its English beside
it there; what no pack names (a stream that an enterprise has renamed) stays as it was written.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from flask_babel import get_locale, gettext

from portal.reference.catalogue import Catalogue, ParameterEntry, list_catalogues, load_catalogue

#: What stands between names in one text, and how it is written in English.
_BETWEEN = re.compile(r"([\s、；，,:()“”]+)")
_ENGLISH_BETWEEN = {"、": ", ", "；": "; "}


def term(text: str | None) -> str:
    """A pack's name in the reader's language; also several of them, as in ``S-02 烟煤 · 购入量``."""
    if not text or str(get_locale()) != "en":
        return text or ""
    whole = english_names().get(text) or str(gettext(text))
    if whole != text:
        return whole
    parts = list(_translated(_BETWEEN.split(text)))
    if not any(known for _, known in parts):
        return text
    return "".join(part if known else _ENGLISH_BETWEEN.get(part, part) for part, known in parts)


def _translated(parts: list[str]) -> Iterator[tuple[str, bool]]:
    """(text, whether it is a known name); some names hold a ``、`` themselves, so the longest one wins."""
    names, start = english_names(), 0
    while start < len(parts):
        ends = range(len(parts), start, -1)
        end = next((end for end in ends if "".join(parts[start:end]) in names), start + 1)
        name = "".join(parts[start:end])
        yield names.get(name, name), name in names
        start = end


def filled(message: str, params: Mapping[str, Any]) -> str:
    """A message in the reader's language, with the names among its parameters translated too.

    A parameter that was written down with its English beside it, as ``title`` with ``title_en``, is told so.
    """
    text = str(gettext(message))
    if not params:
        return text
    english = {
        key.removesuffix("_en"): value for key, value in params.items() if key.endswith("_en") and value
    }
    told = {**params, **english} if str(get_locale()) == "en" else params
    return text % {key: term(value) if isinstance(value, str) else value for key, value in told.items()}


@lru_cache(maxsize=1)
def english_names() -> Mapping[str, str]:
    """The English of every name in the packs, by its Chinese."""
    found: dict[str, str] = {}
    for guideline in list_catalogues():
        for name, english in _pairs(load_catalogue(guideline)):
            found.setdefault(name, english)
    return found


def _pairs(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    for kind in catalogue.kinds.values():
        yield kind.name, kind.name_en
        for parameter in kind.parameters:
            yield from _parameter_pairs(parameter)
    for item in catalogue.items:
        yield item.name, item.name_en


def _parameter_pairs(parameter: ParameterEntry) -> Iterator[tuple[str, str]]:
    yield parameter.name, parameter.name_en
    yield parameter.frequency, parameter.frequency_en
    yield parameter.missing_rule, parameter.missing_rule_en
    for need in parameter.evidence:
        yield need.title, need.title_en
    for meter in parameter.meters:
        yield meter.name, meter.name_en
