"""A year's releases of pollutants: filed months added up by stream, and the amounts of outlets made of them.

A year's amount adds the months that were filed and accepted. Where the permit's execution report gives it,
that amount comes first (部令第24号 第四条).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.periods import Month
from portal.dossiers import answers
from portal.dossiers.answers import Row
from portal.dossiers.source import Source


@dataclass(frozen=True)
class Stream:
    """A pollutant stream of the filed months: its amounts in t by month, None where blank."""

    code: str
    name: str
    item: str
    amounts: Mapping[Month, Decimal | None]

    def total(self, months: Sequence[Month]) -> Decimal | None:
        """The sum over ``months``; None as soon as one has no amount."""
        found = [self.amounts.get(month) for month in months]
        return None if None in found else sum((value for value in found if value is not None), Decimal(0))

    def blank(self, months: Sequence[Month]) -> tuple[Month, ...]:
        """The months without an amount."""
        return tuple(month for month in months if self.amounts.get(month) is None)


@dataclass(frozen=True)
class Release:
    """A pollutant of an outlet over the year, in t; ``filed`` is what its months add up to, where they do."""

    row: Row
    actual: Decimal
    filed: Decimal | None

    @property
    def medium(self) -> str:
        """air or water."""
        return self.row.text("medium")

    @property
    def pollutant(self) -> str:
        """What was released."""
        return self.row.text("pollutant")

    @property
    def permitted(self) -> Decimal | None:
        """Permitted amount in t."""
        return self.row.amount("permitted")

    @property
    def is_over(self) -> bool:
        """Whether more was released than permitted."""
        return self.permitted is not None and self.actual > self.permitted


def streams(source: Source) -> dict[str, Stream]:
    """The pollutant streams of the period's months, by code."""
    found: dict[str, Stream] = {}
    for entry in source.months:
        for stream in entry.content["streams"]:
            if stream["category"] != "pollutant":
                continue
            texts = [row["value"] for row in stream["rows"] if row["key"] == "amount"]
            amount = Decimal(texts[0]) if texts and texts[0] is not None else None
            held = found.get(stream["code"])
            amounts = {**(held.amounts if held else {}), entry.month: amount}
            found[stream["code"]] = Stream(stream["code"], stream["name"], stream["item"], amounts)
    return dict(sorted(found.items()))


def unlisted(source: Source) -> tuple[Stream, ...]:
    """Streams that were filed and stand in no row of the outlets."""
    named = {row.text("stream") for row in answers.rows(source, "pollutants")}
    return tuple(stream for code, stream in streams(source).items() if code not in named)


def releases(source: Source) -> tuple[Release, ...]:
    """The year's amount of each outlet's pollutant; raises Invalid where there is none or it counts twice."""
    known, taken, found = streams(source), set[str](), []
    for row in answers.rows(source, "pollutants"):
        code = row.text("stream")
        if code in taken:
            raise Invalid(N_("源流 %(code)s 列了两次"), params={"code": code}, path=row.path("stream"))
        taken |= {code} if code else set()
        filed = _filed(known, source, row) if code else None
        reported = row.amount("reported")
        actual = reported if reported is not None else filed
        if actual is None:
            raise Invalid(
                N_("%(outlet)s 的%(pollutant)s没有年排放量：填月度记录的源流编号，或执行报告的年排放量"),
                params={"outlet": row.text("outlet"), "pollutant": row.text("pollutant")},
                path=row.path("reported"),
            )
        found.append(Release(row, actual, filed))
    return tuple(sorted(found, key=lambda release: (release.medium, release.row.text("outlet"))))


def sums(found: Sequence[Release]) -> dict[tuple[str, str], Decimal]:
    """Tonnes by medium and pollutant, in order of appearance."""
    totals: dict[tuple[str, str], Decimal] = {}
    for release in found:
        key = (release.medium, release.pollutant)
        totals[key] = totals.get(key, Decimal(0)) + release.actual
    return totals


def _filed(known: Mapping[str, Stream], source: Source, row: Row) -> Decimal | None:
    """What the months of the row's stream add up to; None where a reported amount stands in for a gap."""
    code = row.text("stream")
    stream = known.get(code)
    if stream is None:
        raise Invalid(N_("月度记录里没有源流 %(code)s"), params={"code": code}, path=row.path("stream"))
    blank = stream.blank(source.expected)
    if blank and row.amount("reported") is None:
        raise Invalid(
            N_("源流 %(code)s 在 %(months)s 没有排放量，不能汇总全年"),
            params={"code": code, "months": "、".join(map(str, blank))},
            path=row.path("stream"),
        )
    return stream.total(source.expected)
