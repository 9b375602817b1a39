"""Check packs from TOML; whatever is wrong with one is told with its file, line and key."""

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from checklists.expression import Expression, Scope, compile_expression, kind_of
from checklists.functions import FUNCTIONS
from checklists.model import CONFIDENCES, RESULTS, SEVERITIES, Case, Check, CheckPack, Setting, Template
from checklists.narrowing import parameters_meant
from checklists.parsing import ExpressionError
from checklists.predicates import PREDICATES
from checklists.reading import read_out
from checklists.templates import compile_template
from checklists.vocabulary import FLAG, PER, ROOTS
from portal.domain.errors import PackError
from portal.domain.messages import N_
from portal.domain.workflow import Section

LIBRARY: Final = Path(__file__).parent / "library"

_TEXTS: Final = ("message", "message_en", "expected", "expected_en", "actual", "actual_en")
_CHECK_KEYS: Final = frozenset(
    {"id", "title", "title_en", "clause", "source", "confidence", "severity", "per", "applies", "expression"}
    | {"predicate", "let", "settings", "mend", "mend_en", "points_to", "cases", *_TEXTS}
)
_CASE_KEYS: Final = frozenset({"name", "outcome", "at", "set", "blank", "remove", "says"})
_SETTING_KEYS: Final = frozenset({"value", "title", "title_en", "source", "confidence"})
_PACK_KEYS: Final = frozenset(
    {"id", "version", "title", "title_en", "body", "legal_status", "legal_status_en", "source", "confidence"}
    | {"valid_from", "valid_to", "sources", "checks", "base"}
)
_POINTS: Final[Mapping[str, tuple[str, ...]]] = {
    "record": ("page", "section", "category"),
    "row": ("row", "page", "section", "stream"),
    "slot": ("slot", "page", "section"),
    "stream": ("stream", "page", "section"),
}
_PAGES: Final = frozenset({"plan", "record", "result", "findings"})
_SECTIONS: Final = frozenset(Section)


@cache
def load_pack(pack_id: str, version: str = "") -> CheckPack:
    """The pack ``pack_id`` of the library, its newest version unless one is named.

    Raises PackError when there is no such pack, or when it is wrong.
    """
    versions = pack_versions(pack_id)
    if not versions or (version and version not in versions):
        raise PackError(N_("没有检查包 %(pack)s %(version)s"), params={"pack": pack_id, "version": version})
    folder = LIBRARY / pack_id
    path = folder / f"{version or versions[-1]}.toml"
    base = folder / "base.toml"
    return read_pack(path, base if base.exists() else None)


def pack_ids() -> tuple[str, ...]:
    """Ids of the packs in the library."""
    return tuple(sorted(folder.name for folder in LIBRARY.iterdir() if pack_versions(folder.name)))


def pack_versions(pack_id: str) -> tuple[str, ...]:
    """Versions of a pack in the library, oldest first."""
    names = (path.stem for path in (LIBRARY / pack_id).glob("*.toml") if path.stem.isdigit())
    return tuple(sorted(names, key=int))


def read_pack(path: Path, base: Path | None = None) -> CheckPack:
    """The pack in the file ``path``, with the facts of its cases in ``base``; raises PackError."""
    text = path.read_text(encoding="utf-8")
    facts = _toml(base, base.read_text(encoding="utf-8")) if base else {}
    return _Reader(path, text).pack(facts)


def _toml(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise PackError(
            N_("%(file)s：TOML 写法不对：%(problem)s"), params={"file": path.name, "problem": str(error)}
        ) from None


class _Reader:
    """Reads one file; remembers where it is, for its errors."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text
        self.at = ""  # the check being read

    def wrong(self, key: str, problem: str, **params: object) -> PackError:
        """The error at ``key`` of the check being read."""
        where = f"{self.at}.{key}" if self.at and key else self.at or key
        name = f"{self.path.parent.name}/{self.path.name}"
        told = problem % params if params else problem
        return PackError(
            N_("%(file)s 第 %(line)s 行 %(key)s：%(problem)s"),
            params={"file": name, "line": self._line(), "key": where, "problem": told},
            path=where,
        )

    def _line(self) -> int:
        place = self.text.find(f'id = "{self.at}"') if self.at else 0
        return self.text.count("\n", 0, max(place, 0)) + 1

    def pack(self, base: dict[str, Any]) -> CheckPack:
        raw = _toml(self.path, self.text)
        self._known(raw, _PACK_KEYS, "")
        sources = raw.get("sources", {})
        version = self._text(raw, "version")
        if version != self.path.stem:
            raise self.wrong("version", N_("要与文件名 %(name)s 相同"), name=self.path.stem)
        listed = raw.get("checks")
        if not isinstance(listed, list) or not listed:
            raise self.wrong("checks", N_("一条检查也没有"))
        checks = tuple(self._check(item, version, sources) for item in listed)
        self.at = ""
        twice = {check.id for check in checks if [c.id for c in checks].count(check.id) > 1}
        if twice:
            raise self.wrong("checks", N_("编号重复：%(ids)s"), ids="、".join(sorted(twice)))
        valid_from, valid_to = raw.get("valid_from"), raw.get("valid_to")
        if not isinstance(valid_from, date) or not (valid_to is None or isinstance(valid_to, date)):
            raise self.wrong("valid_from", N_("要写成日期，例如 2026-01-01"))
        return CheckPack(
            id=self._text(raw, "id"),
            version=version,
            title=self._text(raw, "title"),
            title_en=self._text(raw, "title_en"),
            body=self._text(raw, "body"),
            legal_status=self._text(raw, "legal_status"),
            legal_status_en=self._text(raw, "legal_status_en"),
            source=self._text(raw, "source"),
            confidence=self._one_of(raw, "confidence", CONFIDENCES),
            valid_from=valid_from,
            valid_to=valid_to,
            checks=checks,
            base=base or raw.get("base", {}),
        )

    def _check(self, raw: object, version: str, sources: Mapping[str, str]) -> Check:
        if not isinstance(raw, dict):
            raise self.wrong("checks", N_("要写成 [[checks]] 表"))
        self.at = ""
        self.at = self._text(raw, "id")
        self._known(raw, _CHECK_KEYS, "")
        per = self._one_of(raw, "per", PER)
        settings = self._settings(raw.get("settings", {}))
        scope = self._scope(raw, per, settings)
        applies = self._expression(raw, "applies", scope)
        expression, predicate = self._rule(raw, scope, per)
        places = scope
        if predicate:
            words = {**scope.words, **PREDICATES[predicate].gives}
            places = Scope(words, scope.settings, scope.parts)
        parts = [part for part in (applies, expression) if part is not None]
        reads = {path for part in parts for path in part.reads}
        reads |= set(PREDICATES[predicate].reads) if predicate else set()
        source = self._text(raw, "source")
        return Check(
            id=self.at,
            version=version,
            title=self._text(raw, "title"),
            title_en=self._text(raw, "title_en"),
            clause=self._text(raw, "clause"),
            source=sources.get(source, source),
            confidence=self._one_of(raw, "confidence", CONFIDENCES),
            severity=self._one_of(raw, "severity", SEVERITIES),
            per=per,
            applies=applies,
            applies_words=read_out(applies) if applies is not None else "",
            expression=expression,
            predicate=predicate,
            settings=settings,
            mend=self._text(raw, "mend"),
            mend_en=self._text(raw, "mend_en"),
            points_to=self._points(raw, per),
            reads=tuple(sorted(reads)),
            parameters=parameters_meant(applies) if applies is not None and per == "row" else frozenset(),
            cases=self._cases(raw),
            **{key: self._template(raw, key, places) for key in _TEXTS},
        )

    def _rule(self, raw: Mapping[str, Any], scope: Scope, per: str) -> tuple[Expression | None, str]:
        predicate = raw.get("predicate", "")
        if bool(predicate) == ("expression" in raw):
            raise self.wrong("expression", N_("expression 与 predicate 要写一个，也只写一个"))
        if not predicate:
            return self._expression(raw, "expression", scope), ""
        if predicate not in PREDICATES or PREDICATES[predicate].per != per:
            raise self.wrong("predicate", N_("没有用于 %(per)s 的判断 %(name)s"), per=per, name=predicate)
        return None, predicate

    def _scope(self, raw: Mapping[str, Any], per: str, settings: Mapping[str, Setting]) -> Scope:
        """The names of a check: the facts, its settings, and the parts of ``let`` in their order."""
        scope = Scope.of(per, {name: setting.value for name, setting in settings.items()})
        for name, source in raw.get("let", {}).items():
            if name in scope.words or name in scope.settings or name in FUNCTIONS:
                raise self.wrong(f"let.{name}", N_("这个名称已有别的意思"))
            part = self._compiled(f"let.{name}", str(source), scope, None)
            scope = Scope(scope.words, scope.settings, {**scope.parts, name: part})
        return scope

    def _settings(self, raw: Mapping[str, Any]) -> dict[str, Setting]:
        settings = {}
        for name, item in raw.items():
            key = f"settings.{name}"
            if not isinstance(item, dict) or "value" not in item or name in ROOTS or name in FUNCTIONS:
                raise self.wrong(key, N_("要写成有 value 的表，名称不能已有别的意思"))
            self._known(item, _SETTING_KEYS, key)
            value = Decimal(item["value"]) if type(item["value"]) is int else item["value"]
            try:
                kind_of(value)
            except ExpressionError as error:
                raise self.wrong(key, str(error)) from None
            settings[name] = Setting(
                name,
                value,
                self._text(item, "title", key),
                self._text(item, "title_en", key),
                self._text(item, "source", key),
                self._one_of(item, "confidence", CONFIDENCES, key),
            )
        return settings

    def _expression(self, raw: Mapping[str, Any], key: str, scope: Scope) -> Expression | None:
        if key not in raw:
            return None
        return self._compiled(key, self._text(raw, key), scope, FLAG)

    def _compiled(self, key: str, source: str, scope: Scope, kind: str | None) -> Expression:
        try:
            return compile_expression(source, scope, kind=kind)
        except ExpressionError as error:
            raise self.wrong(
                key, f"{error}（第 {error.column} 个字符）" if error.column else str(error)
            ) from None

    def _template(self, raw: Mapping[str, Any], key: str, scope: Scope) -> Template:
        try:
            return compile_template(self._text(raw, key), scope)
        except ExpressionError as error:
            raise self.wrong(key, str(error)) from None

    def _points(self, raw: Mapping[str, Any], per: str) -> str:
        points_to = self._text(raw, "points_to")
        kind, _, name = points_to.partition(":")
        if kind not in _POINTS[per] or bool(name) == (kind in {"row", "slot"}):
            raise self.wrong("points_to", N_("可以写 %(kinds)s"), kinds="、".join(_POINTS[per]))
        named: Mapping[str, frozenset[str]] = {"page": _PAGES, "section": _SECTIONS}
        if name not in named.get(kind, {name}):
            raise self.wrong("points_to", N_("可以写 %(kinds)s"), kinds="、".join(sorted(named[kind])))
        return points_to

    def _cases(self, raw: Mapping[str, Any]) -> tuple[Case, ...]:
        cases = tuple(self._case(item, index) for index, item in enumerate(raw.get("cases", [])))
        found = {case.outcome for case in cases}
        if not {"passed", "failed"} <= found:
            raise self.wrong("cases", N_("至少要有一个 passed 用例和一个 failed 用例"))
        return cases

    def _case(self, raw: object, index: int) -> Case:
        key = f"cases[{index}]"
        if not isinstance(raw, dict):
            raise self.wrong(key, N_("要写成 [[checks.cases]] 表"))
        self._known(raw, _CASE_KEYS, key)
        return Case(
            name=self._text(raw, "name", key),
            outcome=self._one_of(raw, "outcome", RESULTS, key),
            at=raw.get("at", ""),
            put=_exact(raw.get("set", {})),
            blank=tuple(raw.get("blank", ())),
            remove=tuple(raw.get("remove", ())),
            says=raw.get("says", ""),
        )

    def _text(self, raw: Mapping[str, Any], key: str, inside: str = "") -> str:
        value = raw.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(f"{inside}.{key}" if inside else key, N_("要有文字"))
        return value.strip()

    def _one_of(self, raw: Mapping[str, Any], key: str, allowed: tuple[Any, ...], inside: str = "") -> Any:
        value = raw.get(key)
        if value not in allowed:
            where = f"{inside}.{key}" if inside else key
            raise self.wrong(where, N_("要是 %(allowed)s 之一"), allowed="、".join(allowed))
        return value

    def _known(self, raw: Mapping[str, Any], keys: frozenset[str], inside: str) -> None:
        unknown = sorted(set(raw) - keys)
        if unknown:
            raise self.wrong(f"{inside}.{unknown[0]}" if inside else unknown[0], N_("没有这个键"))


def _exact(put: dict[str, Any]) -> dict[str, Any]:
    """The values of a case as facts hold them: numbers are decimals."""
    return {path: Decimal(value) if type(value) is int else value for path, value in put.items()}
