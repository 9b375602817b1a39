"""Symbols and words of states, and the icons that carry them."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel

from portal.domain import workflow
from portal.web import icons, marks

TONES = {"wait", "none", "quiet", "mine", "theirs", "good", "ask", "bad", "red", "amber"} | {
    acquisition.value for acquisition in workflow.Acquisition
}
FAMILIES: tuple[tuple[str, type[StrEnum]], ...] = (
    ("", workflow.RecordState),
    ("plan", workflow.PlanState),
    ("registration", workflow.RegistrationState),
    ("engagement", workflow.EngagementState),
    ("finding", workflow.FindingState),
    ("decision", workflow.Decision),
    ("version", workflow.VersionStanding),
    ("job", workflow.JobState),
    ("severity", workflow.Severity),
    ("method", workflow.Acquisition),
)


@pytest.fixture
def page() -> Iterator[None]:
    app = Flask(__name__)
    Babel(app, default_locale="zh")
    with app.test_request_context():
        yield


@pytest.fixture
def icon_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "outline").mkdir()
    (tmp_path / "filled").mkdir()
    drawing = (
        '<svg\n  xmlns="http://www.w3.org/2000/svg"\n>\n'
        '  <path stroke="none" d="M0 0h24v24H0z" fill="none" />\n  <path d="M5 12h14" />\n</svg>'
    )
    (tmp_path / "outline" / "minus.svg").write_text(drawing)
    (tmp_path / "filled" / "circle.svg").write_text('<svg><path d="M1 1" /></svg>')
    monkeypatch.setattr(icons, "ICON_FOLDER", tmp_path)
    icons._shapes.cache_clear()
    yield tmp_path
    icons._shapes.cache_clear()


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize(("kind", "states"), FAMILIES)
def test_every_state_has_a_symbol_a_word_and_a_known_tone(kind: str, states: type[StrEnum]) -> None:
    for state in states:
        mark = marks.mark_of(state, kind)
        assert mark.symbol
        assert mark.word
        assert mark.short
        assert mark.tone in TONES


@pytest.mark.usefixtures("page")
def test_a_family_has_its_own_word_before_the_common_one() -> None:
    assert marks.mark_of("accepted", "registration").word == "已受理"
    assert marks.mark_of("accepted").word == "已接受"
    assert marks.mark_of("accepted", "version").word == "已接受"


@pytest.mark.usefixtures("page")
def test_a_state_without_a_mark_is_refused() -> None:
    with pytest.raises(KeyError):
        marks.mark_of("unheard-of")


@pytest.mark.usefixtures("icon_folder")
def test_an_icon_is_an_ornament_unless_it_is_named() -> None:
    plain = icons.icon("minus", 16)
    assert 'aria-hidden="true"' in plain
    assert 'stroke-width="1.75"' in plain
    assert '<path d="M5 12h14" />' in plain
    assert "M0 0h24v24H0z" not in plain
    named = icons.icon("minus", 20, label='去掉 "这个"')
    assert 'role="img" aria-label="去掉 &#34;这个&#34;"' in named
    assert "aria-hidden" not in named


@pytest.mark.usefixtures("icon_folder")
def test_a_filled_icon_comes_from_its_own_folder() -> None:
    assert 'fill="currentColor"' in icons.icon("circle", filled=True)
    with pytest.raises(icons.IconError, match="no icon 'circle'"):
        icons.icon("circle")


@pytest.mark.usefixtures("icon_folder")
def test_an_icon_of_another_size_is_refused() -> None:
    with pytest.raises(icons.IconError, match="size 17"):
        icons.icon("minus", 17)


def test_a_file_without_a_drawing_is_refused(icon_folder: Path) -> None:
    (icon_folder / "outline" / "broken.svg").write_text("nothing")
    with pytest.raises(icons.IconError, match="holds no"):
        icons.icon("broken")
