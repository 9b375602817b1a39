"""Every template compiles, is safe under the content security policy, and leads somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

from flask import Flask
from jinja2 import meta, nodes

from tests.architecture.rules import ROOT, endpoints_named, unsafe_markup

TEMPLATES = ROOT / "portal" / "templates"
SCRIPTS = ROOT / "portal" / "static" / "js"


def templates() -> Iterator[tuple[str, str]]:
    for path in sorted(TEMPLATES.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(TEMPLATES)), path.read_text(encoding="utf-8")


def missing_endpoints(text: str, blueprint: str, known: set[str]) -> set[str]:
    """Endpoints that a template names and that no route has; ``.x`` belongs to some blueprint."""
    names = {name.rpartition(".")[2] for name in known}
    return {
        name
        for name in endpoints_named(text)
        if (name[1:] not in names if name.startswith(".") else name not in known)
    }


def test_every_template_compiles(app: Flask) -> None:
    names = [name for name, _ in templates()]
    assert len(names) > 40
    for name in names:
        app.jinja_env.get_template(name)


def test_every_template_that_is_extended_included_or_imported_is_there(app: Flask) -> None:
    there = {name for name, _ in templates()}
    for name, text in templates():
        named = meta.find_referenced_templates(app.jinja_env.parse(text))
        assert {other for other in named if other is not None} <= there, name


def test_every_template_that_python_renders_is_there() -> None:
    there = {name for name, _ in templates()}
    for path in (ROOT / "portal").rglob("*.py"):
        for name in re.findall(r"[\"']([a-z_]+/[a-z_]+\.html)[\"']", path.read_text(encoding="utf-8")):
            assert name in there, f"{path.name} renders {name}"


def test_every_address_in_a_template_belongs_to_a_route(app: Flask) -> None:
    known = set(app.view_functions)
    wrong = {
        name: missing
        for name, text in templates()
        if (missing := missing_endpoints(text, name.split("/")[0], known))
    }
    assert wrong == {}


def test_nothing_in_a_template_is_refused_by_the_content_security_policy() -> None:
    assert [fault for source in templates() for fault in unsafe_markup(*source)] == []


def test_no_template_switches_escaping_off(app: Flask) -> None:
    for name, text in templates():
        tree = app.jinja_env.parse(text)
        assert not list(tree.find_all(nodes.ScopedEvalContextModifier)), name


def test_scripts_and_reports_have_no_subscript_two() -> None:
    files = [*SCRIPTS.glob("*.js"), *(ROOT / "reports").rglob("*.html"), *(ROOT / "reports").rglob("*.toml")]
    for path in files:
        assert chr(0x2082) not in path.read_text(encoding="utf-8"), path


def test_every_script_and_style_that_a_template_names_is_there() -> None:
    static = ROOT / "portal" / "static"
    pattern = re.compile(r"url_for\(\s*['\"]static['\"]\s*,\s*filename\s*=\s*['\"]([^'\"]+)['\"]\s*[,)]")
    for name, text in templates():
        for file in pattern.findall(text):
            # what is fetched at installation is not in the repository
            assert file.startswith("vendor/") or (static / file).is_file(), f"{name} names {file}"


def test_the_checks_see_bad_markup() -> None:
    bad = (
        '<p style="color: red">',
        "<script>alert(1)</script>",
        "<style>p {}</style>",
        "<a href='/' onclick='go()'>",
        f"CO{chr(0x2082)}",
    )
    for sample in bad:
        assert len(unsafe_markup("x.html", sample)) == 1, sample
    good = (
        '<script src="/x.js" defer></script><p class="style">one onward</p><td data-on="x">',
        '<p class="x">{{ _("style=") }}</p>{# <p style="x"> #}',
    )
    for sample in good:
        assert unsafe_markup("x.html", sample) == []


def test_the_checks_see_an_address_that_leads_nowhere() -> None:
    text = (
        "{{ url_for('home.home') }} {{ url_for('home.away') }} {{ url_for('.home') }} {{ url_for('.off') }}"
    )
    assert missing_endpoints(text, "home", {"home.home"}) == {"home.away", ".off"}


def test_this_folder_is_where_the_templates_are() -> None:
    assert Path(TEMPLATES / "layouts" / "base.html").is_file()
