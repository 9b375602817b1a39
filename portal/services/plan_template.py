"""From the catalogue of a guideline to the streams, parameters and evidence slots of a new plan."""

from dataclasses import dataclass

from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.workflow import Acquisition, Section
from portal.models.plans import EvidenceSlot, Parameter, SourceStream
from portal.queries.plan_choices import usual_acquisition
from portal.reference.catalogue import Catalogue, CatalogueItem, ParameterEntry, StreamKind

#: The stream in which each month says whether production changed or stood still (9.3, 9.4).
FIXED_CODE = "QT-01"
_EVERY_MONTH = N_("每月")
_TRUE_TO_FACT = N_("按生产记录据实填写")


@dataclass(frozen=True)
class StreamChoice:
    """An item in use: its category, its Chinese name or code, and a name of the enterprise's own if any."""

    category: str
    item: str
    name: str = ""


def build_stream(catalogue: Catalogue, choice: StreamChoice, code: str, position: int) -> SourceStream:
    """A stream with all parameters and slots that the catalogue names; raises Invalid for an unknown item."""
    kind = catalogue.kind_of(choice.category, choice.item)
    item = catalogue.item(choice.category, choice.item)
    if kind is None or (item is None and not (kind.free_name and (choice.name or choice.item).strip())):
        raise Invalid(N_("核算指南里没有这一项：%(item)s"), params={"item": choice.item}, path="items")
    stream = SourceStream(
        position=position,
        code=code,
        name=(choice.name or (item.name if item else choice.item)).strip(),
        category=kind.category,
        item=item.name if item else choice.item.strip(),
        section=Section(kind.section),
    )
    stream.parameters = [
        _build_parameter(catalogue, kind, item, stream, entry, place)
        for place, entry in enumerate(kind.parameters, start=1)
    ]
    return stream


def _build_parameter(
    catalogue: Catalogue,
    kind: StreamKind,
    item: CatalogueItem | None,
    stream: SourceStream,
    entry: ParameterEntry,
    position: int,
) -> Parameter:
    parameter = Parameter(
        position=position,
        key=entry.key,
        name=entry.name,
        unit=entry.unit_for(item.unit if item else kind.unit),
        digits=entry.digits,
        derived=entry.derived,
        required=entry.required,
        acquisition=usual_acquisition(catalogue, stream.category, stream.item, entry),
        frequency=entry.frequency,
        missing_rule=entry.missing_rule,
        clause=entry.clause,
    )
    parameter.slots = [
        EvidenceSlot(code=need.code, title=need.title, clause=need.clause, mandatory=need.mandatory)
        for need in entry.evidence
    ]
    return parameter


def build_fixed_stream(position: int) -> SourceStream:
    """The stream that every plan has: whether production changed this month, and a note on shutdowns."""
    stream = SourceStream(
        position=position,
        code=FIXED_CODE,
        name=N_("生产变化情况"),
        category="other",
        item="",
        section=Section.OTHER,
    )
    stream.parameters = [
        Parameter(
            position=place,
            key=key,
            name=name,
            unit="",
            digits=0,
            derived=False,
            required=False,
            acquisition=Acquisition.CALCULATED,
            frequency=_EVERY_MONTH,
            missing_rule=_TRUE_TO_FACT,
        )
        for place, (key, name) in enumerate(
            (("production_changed", N_("生产是否有变化")), ("shutdown_note", N_("停产、检修情况说明"))),
            start=1,
        )
    ]
    return stream
