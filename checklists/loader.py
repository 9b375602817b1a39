"""Check packs from TOML; whatever is wrong with one is told with its file, line and key."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path, PurePath
from typing import Any, Final

from checklists.expression import Expression, Scope, compile_expression, kind_of
from checklists.functions import FUNCTIONS
from checklists.model import (
    OCCASIONS,
    RESULTS,
    SEVERITIES,
    Case,
    Check,
    CheckPack,
    Setting,
    Template,
)
from checklists.narrowing import parameters_meant
from checklists.pack_file import PackFile, toml_of
from checklists.parsing import ExpressionError
from checklists.predicates import PREDICATES
from checklists.question_loader import read_areas, read_questions
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
    | {"predicate", "let", "settings", "mend", "mend_en", "points_to", "measures", "cases", *_TEXTS}
)
_CASE_KEYS: Final = frozenset({"name", "outcome", "at", "set", "blank", "remove", "says"})
_SETTING_KEYS: Final = frozenset({"value", "title", "title_en", "source", "confidence"})
_PACK_KEYS: Final = frozenset(
    {"id", "version", "title", "title_en", "body", "legal_status", "legal_status_en", "source", "confidence"}
    | {"valid_from", "valid_to", "sources", "checks", "base", "areas", "questions", "occasion", "guidelines"}
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
    facts = toml_of(base.name, base.read_text(encoding="utf-8")) if base else {}
    return pack_of(path.read_text(encoding="utf-8"), f"{path.parent.name}/{path.name}", facts)


def pack_of(text: str, name: str, base: Mapping[str, Any] | None = None) -> CheckPack:
    """The pack written in ``text``, called ``name`` (``pack/version.toml``) in errors; raises PackError.

    ``base`` are the facts of its cases, unless it brings its own. The way in for drafts that are in no file.
    """
    return _Reader(name, text).pack(base or {})


class _Reader(PackFile):
    """Reads one pack."""

    def pack(self, base: Mapping[str, Any]) -> CheckPack:
        raw = self.tables_of_file()
        self.known(raw, _PACK_KEYS)
        sources = raw.get("sources", {})
        version = self.text(raw, "version")
        stem = PurePath(self.name).stem
        if version != stem:
            raise self.wrong("version", N_("要与文件名 %(name)s 相同"), name=stem)
        checks = tuple(self._check(item, version, sources) for item in self.tables(raw, "checks"))
        self.at = ""
        areas = read_areas(self, raw)
        questions = read_questions(self, raw, areas, version)
        if not checks and not questions:
            raise self.wrong("checks", N_("一条检查也没有"))
        twice = {check.id for check in checks if [c.id for c in checks].count(check.id) > 1}
        if twice:
            raise self.wrong("checks", N_("编号重复：%(ids)s"), ids="、".join(sorted(twice)))
        valid_from, valid_to = raw.get("valid_from"), raw.get("valid_to")
        if not isinstance(valid_from, date) or not (valid_to is None or isinstance(valid_to, date)):
            raise self.wrong("valid_from", N_("要写成日期，例如 2026-01-01"))
        return CheckPack(
            id=self.text(raw, "id"),
            version=version,
            title=self.text(raw, "title"),
            title_en=self.text(raw, "title_en"),
            body=self.text(raw, "body"),
            legal_status=self.text(raw, "legal_status"),
            legal_status_en=self.text(raw, "legal_status_en"),
            source=self.text(raw, "source"),
            confidence=self.confidence(raw),
            valid_from=valid_from,
            valid_to=valid_to,
            checks=checks,
            base=raw.get("base") or base,
            areas=areas,
            questions=questions,
            occasion=self.one_of({"occasion": "month", **raw}, "occasion", OCCASIONS),
            guidelines=self.texts(raw, "guidelines"),
        )

    def _check(self, raw: Mapping[str, Any], version: str, sources: Mapping[str, str]) -> Check:
        self.at = ""
        self.at = self.text(raw, "id")
        self.known(raw, _CHECK_KEYS)
        per = self.one_of(raw, "per", PER)
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
        source = self.text(raw, "source")
        templates: dict[str, Any] = {key: self._template(raw, key, places) for key in _TEXTS}
        return Check(
            id=self.at,
            version=version,
            title=self.text(raw, "title"),
            title_en=self.text(raw, "title_en"),
            clause=self.text(raw, "clause"),
            source=sources.get(source, source),
            confidence=self.confidence(raw),
            severity=self.one_of(raw, "severity", SEVERITIES),
            per=per,
            applies=applies,
            applies_words=read_out(applies) if applies is not None else "",
            expression=expression,
            predicate=predicate,
            settings=settings,
            mend=self.text(raw, "mend"),
            mend_en=self.text(raw, "mend_en"),
            points_to=self._points(raw, per),
            reads=tuple(sorted(reads)),
            parameters=parameters_meant(applies) if applies is not None and per == "row" else frozenset(),
            cases=self._cases(raw),
            measures=self.measures(raw),
            **templates,
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
            self.known(item, _SETTING_KEYS, key)
            value = Decimal(item["value"]) if type(item["value"]) is int else item["value"]
            try:
                kind_of(value)
            except ExpressionError as error:
                raise self.wrong(key, str(error)) from None
            settings[name] = Setting(
                name,
                value,
                self.text(item, "title", key),
                self.text(item, "title_en", key),
                self.text(item, "source", key),
                self.confidence(item, key),
            )
        return settings

    def _expression(self, raw: Mapping[str, Any], key: str, scope: Scope) -> Expression | None:
        if key not in raw:
            return None
        return self._compiled(key, self.text(raw, key), scope, FLAG)

    def _compiled(self, key: str, source: str, scope: Scope, kind: str | None) -> Expression:
        try:
            return compile_expression(source, scope, kind=kind)
        except ExpressionError as error:
            told = not error.column or "column" in error.params
            place = "" if told else f"（第 {error.column} 个字符）"
            raise self.wrong(key, f"{error}{place}") from None

    def _template(self, raw: Mapping[str, Any], key: str, scope: Scope) -> Template:
        try:
            return compile_template(self.text(raw, key), scope)
        except ExpressionError as error:
            raise self.wrong(key, str(error)) from None

    def _points(self, raw: Mapping[str, Any], per: str) -> str:
        points_to = self.text(raw, "points_to")
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
        self.known(raw, _CASE_KEYS, key)
        return Case(
            name=self.text(raw, "name", key),
            outcome=self.one_of(raw, "outcome", RESULTS, key),
            at=raw.get("at", ""),
            put=_exact(raw.get("set", {})),
            blank=tuple(raw.get("blank", ())),
            remove=tuple(raw.get("remove", ())),
            says=raw.get("says", ""),
        )


def _exact(put: dict[str, Any]) -> dict[str, Any]:
    """The values of a case as facts hold them: numbers are decimals."""
    return {path: Decimal(value) if type(value) is int else value for path, value in put.items()}
