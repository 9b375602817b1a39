"""The chapters of the monthly report on data quality: checks, parameters, findings, evidence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from portal.domain.sheet import SheetRow, SheetSlot, SheetStream
from portal.domain.workflow import Acquisition
from portal.queries.monthly_report import Checked, Gap, ReportMaterial
from portal.reference.catalogue import Catalogue

#: Group of checks by the middle part of their id (CK-QP-001).
CHECK_GROUPS: Mapping[str, str] = {
    "QP": "数据质量控制方案",
    "MT": "计量器具",
    "AD": "活动数据",
    "EF": "排放因子",
    "PR": "数据合理性",
    "YY": "数据合理性",
    "SB": "支撑材料",
    "SV": "审核与整改",
    "FD": "审核与整改",
}
OTHER_GROUP = "其他检查"
#: Groups whose findings touch a figure.
FIGURES = frozenset({"AD", "EF", "PR", "MT"})
#: A certificate that ends within this time after signing is marked.
SOON = timedelta(days=30)
_SEVERITIES = {"blocking": "blocking", "explain": "must_explain", "note": "note"}
_STATES = {
    "open": "open",
    "returned": "rejected",
    "responded": "responded",
    "explained": "explained",
    "waived": "waived",
    "closed": "closed",
}
_NAMES_SHOWN = 2
_PLACES_SHOWN = 4
_NO_CLAUSE = "—"


def evaluation_part(material: ReportMaterial) -> dict[str, Any]:
    """The key ``evaluation``: what the pinned run of the check packs said."""
    signed = material.signed["evaluation"]
    return {
        "pack": "、".join(f"{name} / {version}" for name, version in signed["packs"].items()),
        "run_at": signed["finished_at"],
        "input_matches": material.evaluated_on_this,
        "rows": _evaluation_rows(material.checked),
    }


def _evaluation_rows(checked: Sequence[Checked]) -> list[dict[str, Any]]:
    """A row for each group: of the checks that applied, how many passed wherever they looked."""
    outcomes: dict[str, dict[str, list[Checked]]] = {
        name: {} for name in (*dict.fromkeys(CHECK_GROUPS.values()), OTHER_GROUP)
    }
    for result in checked:
        name = CHECK_GROUPS.get(_family(result.check_id), OTHER_GROUP)
        outcomes[name].setdefault(result.check_id, []).append(result)
    rows = []
    for name, checks in outcomes.items():
        applied = {
            check: [result for result in results if result.outcome != "not_applicable"]
            for check, results in checks.items()
        }
        applied = {check: results for check, results in applied.items() if results}
        if not checks:
            continue
        missed = [r for results in applied.values() for r in results if r.outcome != "passed"]
        rows.append(
            {
                "name": name,
                "passed": len(applied) - len({result.check_id for result in missed}),
                "applicable": len(applied),
                "state": _conclusion(applied, missed),
            }
        )
    return rows


def _conclusion(applied: Mapping[str, object], missed: Sequence[Checked]) -> str:
    if not applied:
        return "not_applicable"
    if any(result.outcome == "failed" and result.severity == "blocking" for result in missed):
        return "not_met"
    return "notice" if missed else "met"


def _family(check_id: str) -> str:
    parts = check_id.split("-")
    return parts[1] if len(parts) > 2 else ""


@dataclass(frozen=True)
class _Place:
    """A row of the plan with its stream."""

    stream: SheetStream
    row: SheetRow

    @property
    def group(self) -> tuple[str, str, str, int]:
        """Rows alike in this are printed as one."""
        meter = self.row.meter.id if self.row.meter else 0
        return self.stream.category, self.row.key, self.row.acquisition.value, meter


def quality_part(material: ReportMaterial, catalogue: Catalogue) -> dict[str, Any]:
    """The key ``quality``: how each parameter was obtained, by which meter, with what evidence."""
    sheet = material.sheet
    places = [
        _Place(stream, row)
        for stream in sheet.streams
        for row in stream.rows
        if not row.derived and row.key != "opening_stock" and row.unit
    ]
    order = {place.group: number for number, place in reversed(list(enumerate(places)))}
    ordered = sorted(places, key=lambda place: order[place.group])
    changed = sum(
        place.row.acquisition is not place.row.planned_acquisition
        for place in places
        if place.row.planned_acquisition is not Acquisition.CALCULATED
    )
    approved = material.plan_approved_on
    return {
        "as_of": material.signed_on.isoformat(),
        "plan_version": f"V{sheet.plan_number}",
        "plan_approved_on": approved.isoformat() if approved else "—",
        "acquisition_changes": changed,
        "notes": [_class_note(catalogue)],
        "parameters": [
            _parameter(list(group), material, catalogue)
            for _, group in groupby(ordered, key=lambda place: place.group)
        ],
    }


def _class_note(catalogue: Catalogue) -> str:
    required = [meter for meter in catalogue.meters.values() if meter.accuracy_class is not None]
    if not required:
        return f"{catalogue.guideline} 未规定计量器具的准确度等级；检定或校准须覆盖报告期。"
    classes = sorted({meter.accuracy_class for meter in required if meter.accuracy_class is not None})
    words = "；".join(
        f"{level} 级：" + "、".join(meter.name for meter in required if meter.accuracy_class == level)
        for level in classes
    )
    return f"等级要求取自 {catalogue.guideline}（{words}）；其余器具未规定等级。检定或校准须覆盖报告期。"


def _parameter(places: Sequence[_Place], material: ReportMaterial, catalogue: Catalogue) -> dict[str, Any]:
    first = places[0]
    row, meter = first.row, first.row.meter
    kind = catalogue.kind_of(first.stream.category, first.stream.item)
    entry = kind.parameter(row.key) if kind else None
    required = entry.required_class(meter.type) if entry and meter else None
    until = _valid_until(row, material.signed_on)
    slots = [slot for place in places for slot in place.row.slots if slot.mandatory]
    held = [slot for slot in slots if slot.files]
    return {
        "name": _name(places),
        "acquisition": row.acquisition.value,
        "meter": f"{meter.name} {meter.code}" if meter else "",
        "required_class": f"{required} 级" if required is not None else "",
        "actual_class": f"{meter.accuracy_class} 级" if meter and meter.accuracy_class is not None else "",
        "valid_until": until.isoformat() if until else "",
        "evidence_state": _evidence_state(slots, until, material),
        "evidence_held": len(held),
        "evidence_needed": len(slots),
    }


def _name(places: Sequence[_Place]) -> str:
    """洗精煤、烟煤等 5 种购入量; the parameter's name alone where it names the stream already."""
    first = places[0]
    if len(places) == 1 and first.row.name.startswith(first.stream.name):
        return first.row.name
    return f"{_names(place.stream.name for place in places)}{first.row.name}"


def _names(names: Iterable[str]) -> str:
    every = list(dict.fromkeys(names))
    if len(every) <= _NAMES_SHOWN:
        return "、".join(every)
    return f"{'、'.join(every[:_NAMES_SHOWN])}等 {len(every)} 种"


def _valid_until(row: SheetRow, day: date) -> date | None:
    """How long the certificates that were there on ``day`` hold."""
    if row.meter is None:
        return None
    known = [entry.valid_until for entry in row.meter.calibrations if entry.calibrated_on <= day]
    return max(known, default=None)


def _evidence_state(slots: Sequence[SheetSlot], until: date | None, material: ReportMaterial) -> str:
    if any(not slot.files for slot in slots):
        return "missing"
    if until is not None and until <= material.signed_on + SOON:
        return "expiring"
    if material.earlier and any(
        file.uploaded_at > material.earlier[0].submitted_at for slot in slots for file in slot.files
    ):
        return "supplemented"
    return "complete" if slots else "not_needed"


def findings_part(material: ReportMaterial) -> list[dict[str, Any]]:
    """The key ``findings``; findings of one check that were answered alike are one row."""
    counted = {line["id"] for line in material.signed["calculation"]["lines"]}
    groups: dict[tuple[object, ...], list[Gap]] = {}
    for gap in material.gaps:
        key = (
            (gap.check_id or gap.number),
            gap.state,
            gap.severity,
            gap.due_on,
            gap.explanations,
            gap.responses,
        )
        groups.setdefault(key, []).append(gap)
    return [_finding(number, gaps, material, counted) for number, gaps in enumerate(groups.values(), start=1)]


def _finding(number: int, gaps: Sequence[Gap], material: ReportMaterial, counted: set[str]) -> dict[str, Any]:
    first = gaps[0]
    numbers = first.number if len(gaps) == 1 else f"{first.number} 等 {len(gaps)} 项"
    described = first.message if len(gaps) == 1 else f"{first.title}：{len(gaps)} 处未满足"
    touched = _family(first.check_id) in FIGURES and any(
        gap.cell.partition(".")[0] in counted for gap in gaps
    )
    settled = first.state in {"closed", "waived"}
    return {
        "code": f"F-{number:02d}",
        "category": CHECK_GROUPS.get(_family(first.check_id), "审核意见"),
        "description": f"{described.rstrip('。')}（{numbers}）。",
        "parameter": _places(gaps, material),
        "clause": first.clause or _NO_CLAUSE,
        "cause": "；".join(dict.fromkeys(first.explanations)) or "—",
        "measure": "；".join(dict.fromkeys(first.responses)) or ("" if settled else first.mend),
        "state": _STATES[first.state],
        "severity": "waived" if first.state == "waived" else _SEVERITIES[first.severity],
        "due_on": "" if settled else first.due_on.isoformat(),
        "affects_total": touched,
    }


def _places(gaps: Sequence[Gap], material: ReportMaterial) -> str:
    """Names of the cells that the findings are about."""
    names = {row.cell: f"{stream.name}{row.name}" for stream in material.sheet.streams for row in stream.rows}
    found = list(dict.fromkeys(names[gap.cell] for gap in gaps if gap.cell in names))
    if not found:
        return "全月"
    if len(found) <= _PLACES_SHOWN:
        return "、".join(found)
    return f"{'、'.join(found[:_PLACES_SHOWN])}等 {len(found)} 处"


def evidence_part(material: ReportMaterial, findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The key ``evidence``: each file once with all clauses that it serves, then what is missing."""
    files: dict[str, dict[str, Any]] = {}
    clauses: dict[str, dict[str, None]] = {}
    for entry in material.signed["evidence"]:
        clauses.setdefault(entry["sha256"], {})[entry["clause"] or _NO_CLAUSE] = None
        files.setdefault(entry["sha256"], entry)
    rows = [
        {
            "number": f"E-{number:02d}",
            "clause": _clauses(clauses[sha]),
            "file": entry["filename"],
            "size": _size(entry["size"]),
            "sha256": sha,
            "stored_at": entry["uploaded_at"],
        }
        for number, (sha, entry) in enumerate(files.items(), start=1)
    ]
    slots = {slot.title: slot.clause for slot in material.sheet.slots() if slot.mandatory and not slot.files}
    told = next((row["code"] for row in findings if row["category"] == CHECK_GROUPS["SB"]), None)
    for title in dict.fromkeys(material.signed["missing_evidence"]):
        missing = {"number": "", "clause": slots.get(title) or _NO_CLAUSE, "file": title}
        missing |= {"size": "", "sha256": "", "stored_at": ""}
        rows.append(missing | ({"finding": told} if told else {}))
    return rows


def _clauses(clauses: Iterable[str]) -> str:
    """10.2.1 b)、d) of 10.2.1 b) and 10.2.1 d)."""
    letters: dict[str, list[str]] = {}
    for clause in sorted(clauses):
        number, _, letter = clause.partition(" ")
        letters.setdefault(number, []).append(letter)
    return "；".join(
        f"{number} {'、'.join(filter(None, found))}".strip() for number, found in letters.items()
    )


def _size(count: int) -> str:
    """Bytes as a reader's measure."""
    if count < 1024:
        return f"{count} B"
    if count < 1024 * 1024:
        return f"{count // 1024} KB"
    return f"{count // (1024 * 1024)}.{count % (1024 * 1024) * 10 // (1024 * 1024)} MB"
