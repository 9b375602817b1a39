"""Checkers of the house's rules: each takes a source, so that it can be tried on a bad sample."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("portal", "forms", "checklists", "reports")
MOST_LINES = 400
#: Lines of code in a function; a statement that the formatter breaks over several lines counts once.
MOST_FUNCTION_LINES = 40
#: Lines that a function may take on the screen, with its signature, its docstring and its breaks.
MOST_FUNCTION_HEIGHT = 75
FORBIDDEN_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "misc"})


def sources(*folders: str) -> Iterator[tuple[str, str]]:
    """Every Python file below the folders, by its path from the root, with its text."""
    for folder in folders or ROOMS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def long_file(path: str, text: str) -> list[str]:
    """The file, when it has more than MOST_LINES lines."""
    count = len(text.splitlines())
    return [f"{path}: {count} lines"] if count > MOST_LINES else []


def long_functions(path: str, text: str) -> list[str]:
    """Functions with too many lines of code, or too tall."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        code, height = _lines_of_code(node), (node.end_lineno or 0) - node.lineno + 1
        if code > MOST_FUNCTION_LINES or height > MOST_FUNCTION_HEIGHT:
            found.append(f"{path}:{node.lineno} {node.name}: {code} lines of code, {height} tall")
    return found


def _lines_of_code(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        body = body[1:]
    return sum(len(ast.unparse(statement).splitlines()) for statement in body)


def forbidden_names(paths: Iterable[str]) -> list[str]:
    """Modules and folders with a name that says nothing."""
    return [path for path in paths if any(Path(part).stem in FORBIDDEN_NAMES for part in Path(path).parts)]


def calls_of(path: str, text: str, name: str) -> list[str]:
    """Places that call ``name(…)`` or ``….name(…)``."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            called = node.func
            given = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if given == name:
                found.append(f"{path}:{node.lineno}")
    return found


def imports_of(path: str, text: str, *packages: str) -> list[str]:
    """Places that import one of the packages or something out of it, wherever in the file."""
    found = []
    for node in ast.walk(ast.parse(text)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        if any(name.split(".")[0] in packages for name in names):
            found.append(f"{path}:{node.lineno}")  # type: ignore[attr-defined]  # an import statement has it
    return found


#: Where a file would name the place it was written at, or where packages come from. Put together from
#: pieces, so that this file does not name them itself.
_REGISTRIES = (
    "pypi" + r"\.org",
    r"registry\." + "npm",
    "python" + "hosted",
    "npm" + "mirror",
    r"--(?:extra-)?index" + r"-url[= ]\S*//",
    r"\b_auth" + "Token",
)
_TRACES = {
    "a workplace's path": re.compile(r"(?<![\w.~-])/" + r"(?:work|tmp/house)(?=[/\s'\"`:),]|$)"),
    "a shared folder beside the repository": re.compile(re.escape("../") + r"shared\b"),
    "a registry's address": re.compile("|".join(_REGISTRIES)),
}


def traces(path: str, text: str) -> list[str]:
    """Lines that name the workplace or a registry."""
    return [
        f"{path}:{number}: {what}"
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in _TRACES.items()
        if pattern.search(line)
    ]


_STYLE = re.compile(r"<[a-zA-Z][^>]*\sstyle\s*=", re.DOTALL)
_SCRIPT = re.compile(r"<script(?![^>]*\ssrc\s*=)[^>]*>", re.IGNORECASE)
_STYLE_ELEMENT = re.compile(r"<style\b", re.IGNORECASE)
_HANDLER = re.compile(r"<[a-zA-Z][^>]*\son[a-z]+\s*=\s*[\"']", re.DOTALL)
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
SUBSCRIPT_TWO = chr(0x2082)


def unsafe_markup(path: str, text: str) -> list[str]:
    """What a strict content security policy refuses, and letters that fonts lack."""
    plain = _EXPRESSION.sub("", text)
    rules = {
        "a style attribute": _STYLE,
        "a script without src": _SCRIPT,
        "a style element": _STYLE_ELEMENT,
        "an inline handler": _HANDLER,
    }
    found = [f"{path}: {what}" for what, pattern in rules.items() if pattern.search(plain)]
    if SUBSCRIPT_TWO in text:
        found.append(f"{path}: U+2082")
    return found


_ENDPOINT = re.compile(r"url_for\(\s*['\"'](\.?[^'\"']+)['\"']\s*[,)]")


def endpoints_named(text: str) -> set[str]:
    """Endpoints that a template builds addresses of."""
    return set(_ENDPOINT.findall(text))
