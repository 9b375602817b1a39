"""What the yearly disclosure must hold because of another answer, and does not: conditional contents."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from portal.dossiers import answers
from portal.dossiers.releases import unlisted
from portal.dossiers.source import Source

#: Classes of article 7 (一)…(五) that bring a chapter with them.
_AUDITED, _FINANCED = frozenset({"W2"}), frozenset({"W3", "W4"})


@dataclass(frozen=True)
class Needed:
    """Contents that are needed when ``applies``: one of ``keys`` must be answered."""

    section: str
    keys: tuple[str, ...]
    applies: Callable[[Source], bool]


def _yes(key: str) -> Callable[[Source], bool]:
    return lambda source: answers.is_yes(source, key)


def _duty(classes: frozenset[str], unless: str) -> Callable[[Source], bool]:
    """Whether the enterprise is of such a class and says that the chapter is not for it."""
    return lambda source: (
        any(row.text("duty") in classes for row in answers.rows(source, "duties"))
        and source.text(unless) == answers.NO
    )


_NEEDED = (
    Needed("management", ("insurances",), _yes("insured")),
    Needed("management", ("ratings",), _yes("rated")),
    Needed("pollution", ("toxics",), _yes("toxic")),
    Needed("carbon", ("quotas",), lambda source: source.enterprise.ets_member),
    Needed("cleaner", ("cleaner_reason",), _yes("cleaner")),
    Needed("cleaner", ("cleaner_progress",), _yes("cleaner")),
    Needed("cleaner", ("cleaner_acceptance",), _yes("cleaner")),
    Needed("emergency", ("incidents",), _yes("incident")),
    Needed("offences", ("penalties", "other_offences"), _yes("offence")),
    Needed("financing", ("financings",), _yes("financing")),
    Needed("financing", ("financed_projects",), _yes("financing")),
)


def lacking(source: Source) -> list[Mapping[str, str]]:
    """Contents that apply and are blank: section, key and label, as the check pack reads them."""
    found: list[Mapping[str, str]] = [
        {"section": needed.section, "key": needed.keys[0], "label": _label(source, needed.keys)}
        for needed in _NEEDED
        if needed.applies(source) and not any(source.answers.get(key) for key in needed.keys)
    ]
    found += [
        {"section": section, "key": key, "label": answers.question(source, key).label}
        for section, key, applies in (
            ("cleaner", "cleaner", _duty(_AUDITED, "cleaner")),
            ("financing", "financing", _duty(_FINANCED, "financing")),
        )
        if applies(source)
    ]
    found += answers.half_filled(source)
    found += [
        {"section": "pollution", "key": "pollutants", "label": f"{stream.code} {stream.name}"}
        for stream in unlisted(source)
    ]
    return found


def _label(source: Source, keys: Sequence[str]) -> str:
    return "／".join(answers.question(source, key).label for key in keys)
