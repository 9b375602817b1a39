"""Between the mapping of a check or question and the form that people fill."""

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from checklists.drafts import Raw
from checklists.parsing import MAX_DIGITS
from checklists.toml_text import toml_value

_TEXTS: Final = (
    *("id", "title", "title_en", "clause", "source", "confidence", "severity", "per"),
    *(
        "message",
        "message_en",
        "expected",
        "expected_en",
        "actual",
        "actual_en",
        "mend",
        "mend_en",
        "points_to",
    ),
)
_QUESTION_TEXTS: Final = (
    *("id", "area", "text", "text_en", "clause", "source", "confidence", "answer_type"),
    *("evidence", "evidence_en"),
)
_RULES: Final = ("applies", "expression", "predicate")
#: A value of a setting or a case: nobody types more characters, or so many brackets.
_LONGEST: Final = 2000
_MOST_BRACKETS: Final = 40


def check_data(raw: Mapping[str, Any]) -> dict[str, Any]:
    """What the form of a check shows."""
    data: dict[str, Any] = {key: str(raw.get(key, "")) for key in (*_TEXTS, *_RULES)}
    data["let"] = "\n".join(f"{name} = {source}" for name, source in raw.get("let", {}).items())
    data["settings"] = [
        {**setting, "name": name, "value": shown(setting.get("value"))}
        for name, setting in raw.get("settings", {}).items()
    ]
    data["measures"] = list(raw.get("measures", []))
    data["cases"] = [_case_data(case) for case in raw.get("cases", [])]
    return data


def _case_data(case: Mapping[str, Any]) -> dict[str, str]:
    lines = [f"{path} = {shown(value)}" for path, value in case.get("set", {}).items()]
    lines += [f"{path} =" for path in case.get("blank", ())]
    lines += [f"- {path}" for path in case.get("remove", ())]
    texts = {key: str(case.get(key, "")) for key in ("name", "outcome", "at", "says")}
    return {**texts, "changes": "\n".join(lines)}


def check_raw(data: Mapping[str, Any]) -> Raw:
    """The mapping of a filled form; what is blank is left out where the pack may lack it."""
    raw: Raw = {key: _line(data.get(key)) for key in _TEXTS}
    for key in _RULES:
        if _line(data.get(key)):
            raw[key] = _line(data[key])
    let = dict(_pairs(str(data.get("let") or "")))
    if let:
        raw["let"] = let
    settings = {
        _line(row.get("name")): {
            "value": value_of(_line(row.get("value"))),
            **{key: _line(row.get(key)) for key in ("title", "title_en", "source", "confidence")},
        }
        for row in _filled(data, "settings", ("name", "value", "title"))
    }
    if settings:
        raw["settings"] = settings
    measures = _measures(data)
    if measures:
        raw["measures"] = measures
    raw["cases"] = [_case_raw(row) for row in _filled(data, "cases", ("name", "changes", "at", "says"))]
    return raw


def _case_raw(row: Mapping[str, Any]) -> Raw:
    case: Raw = {"name": _line(row.get("name")), "outcome": _line(row.get("outcome"))}
    case |= {key: _line(row.get(key)) for key in ("at", "says") if _line(row.get(key))}
    put: dict[str, Any] = {}
    blank, remove = [], []
    for line in str(row.get("changes") or "").splitlines():
        text = line.strip()
        if text.startswith("- "):
            remove.append(text[2:].strip())
        elif text:
            path, _, value = text.partition("=")
            if value.strip():
                put[path.strip()] = value_of(value.strip())
            else:
                blank.append(path.strip())
    return case | {key: value for key, value in (("set", put), ("blank", blank), ("remove", remove)) if value}


#: What the form of a new question begins with: most questions are gaps when the answer is no.
NEW_QUESTION: Mapping[str, Any] = {"rules": [{"severity": "explain", "answers": "no"}]}


def question_data(raw: Mapping[str, Any]) -> dict[str, Any]:
    """What the form of a question shows."""
    data: dict[str, Any] = {key: str(raw.get(key, "")) for key in _QUESTION_TEXTS}
    condition = raw.get("depends_on", {})
    return data | {
        "unit": raw.get("unit", ""),
        "weight": str(raw.get("weight", 3)),
        "rules": [
            {"severity": rule.get("severity", ""), "answers": _rule_text(rule)}
            for rule in raw.get("findings", [])
        ],
        "depends_question": condition.get("question", ""),
        "depends_answers": "、".join(condition.get("answers", ())),
        "options": list(raw.get("options", [])),
        "measures": list(raw.get("measures", [])),
    }


def _rule_text(rule: Mapping[str, Any]) -> str:
    limits = [f"{sign} {shown(rule[key])}" for key, sign in (("below", "<"), ("above", ">")) if key in rule]
    return "、".join([*rule.get("answers", ()), *limits])


def question_raw(data: Mapping[str, Any]) -> Raw:
    """The mapping of a filled form."""
    raw: Raw = {key: _line(data.get(key)) for key in _QUESTION_TEXTS}
    raw["weight"] = int(data.get("weight") or 0)
    if _line(data.get("unit")):
        raw["unit"] = _line(data["unit"])
    is_date = data.get("answer_type") == "date"
    rules = _filled(data, "rules", ("severity",))
    raw["findings"] = [_rule(row, is_date=is_date) for row in rules]
    options = [
        {key: _line(row.get(key)) for key in ("code", "text", "text_en")}
        for row in _filled(data, "options", ("code", "text", "text_en"))
    ]
    if options:
        raw["options"] = options
    if _line(data.get("depends_question")):
        answers = _listed(data.get("depends_answers"))
        raw["depends_on"] = {"question": _line(data["depends_question"]), "answers": answers}
    measures = _measures(data)
    return raw | ({"measures": measures} if measures else {})


def _rule(row: Mapping[str, Any], *, is_date: bool) -> Raw:
    """What makes a finding: codes of answers, ``< 5``, ``> 10``; a date makes one when it is past."""
    rule: Raw = {"severity": row["severity"]}
    if is_date:
        return rule | {"expired": True}
    listed = _listed(row.get("answers"))
    answers = [text for text in listed if text[:1] not in "<>"]
    for text in listed:
        if text[:1] in "<>":
            rule["below" if text[0] == "<" else "above"] = value_of(text[1:].strip())
    return rule | ({"answers": answers} if answers else {})


def _listed(text: Any) -> list[str]:
    return [
        part.strip()
        for part in _line(text).replace("，", "、").replace(",", "、").split("、")
        if part.strip()
    ]


def _measures(data: Mapping[str, Any]) -> list[Raw]:
    names = ("text", "text_en", "effect", "effect_en")
    return [{key: _line(row.get(key)) for key in names} for row in _filled(data, "measures", names)]


def _filled(data: Mapping[str, Any], name: str, keys: Iterable[str]) -> list[Mapping[str, Any]]:
    return [row for row in data.get(name) or [] if any(_line(row.get(key)) for key in keys)]


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    for line in text.splitlines():
        name, _, source = line.partition("=")
        if name.strip():
            yield name.strip(), source.strip()


def _line(text: Any) -> str:
    return str(text or "").strip()


def shown(value: Any) -> str:
    """A value as people type it: texts without quotes where nothing else could be meant."""
    if isinstance(value, str) and value and value_of(value) == value and value == value.strip():
        return value
    return toml_value(value)


def value_of(text: str) -> Any:
    """What was typed: a number, a date, true or false, a list or table as TOML has it, else a text.

    Lists in lists and numbers beyond all measure stay a text, which the pack then refuses.
    """
    if len(text) > _LONGEST or text.count("[") + text.count("{") > _MOST_BRACKETS:
        return text
    try:
        found = tomllib.loads(f"value = {text}", parse_float=_number)
    except ValueError:
        return text
    return found["value"] if set(found) == {"value"} else text


def _number(digits: str) -> Decimal:
    """A number that can be written out; raises ValueError for ``1e999999`` and for what is none."""
    value = Decimal(digits)
    if not value.is_finite() or abs(value.adjusted()) > MAX_DIGITS:
        raise ValueError(digits)
    return value
