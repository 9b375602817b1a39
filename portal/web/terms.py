"""Names out of the data packs in the reader's language: fuels, parameters, evidence, meters.

Records and plans hold the Chinese names they were made with. Every name of a pack has its English beside
it there; what no pack names (a stream that an enterprise has renamed) stays as it was written.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from flask_babel import get_locale, gettext

from portal.reference.catalogue import Catalogue, ParameterEntry, list_catalogues, load_catalogue

#: What joins names in a Chinese list.
JOINER = "、"


def term(text: str | None) -> str:
    """A pack's name, or a list of names joined by ``、``, in the reader's language."""
    if not text:
        return ""
    if str(get_locale()) != "en":
        return text
    names = _english_names()
    if text in names:
        return names[text]
    return ", ".join(names.get(part, part) for part in text.split(JOINER))


def filled(message: str, params: Mapping[str, Any]) -> str:
    """A message in the reader's language, with the names among its parameters translated too."""
    text = str(gettext(message))
    if not params:
        return text
    return text % {key: term(value) if isinstance(value, str) else value for key, value in params.items()}


@lru_cache(maxsize=1)
def _english_names() -> Mapping[str, str]:
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
