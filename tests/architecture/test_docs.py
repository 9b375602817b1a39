"""The documents say what is there: commands, links, accounts, pictures, the words of the pages."""

import re
from pathlib import Path

import pytest

from portal.services import demo_people

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix() for folder in ("", "docs") for path in (ROOT / folder).glob("*.md")
)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
ADDRESS = re.compile(r"`([a-z]+@[a-z]+\.example)`")
WORD = re.compile(r"「([^」]+)」")


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _blocks(text: str) -> list[str]:
    return [block.strip() for block in re.findall(r"^```[^\n]*\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)]


@pytest.mark.parametrize("name", READMES)
def test_a_readme_names_two_commands(name: str) -> None:
    assert _blocks(_text(name)) == ["./run.sh", "./run.sh test"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_and_pictures_of_a_document_are_there(name: str) -> None:
    targets = [target for target in LINK.findall(_text(name)) if "://" not in target]
    missing = [
        target for target in targets if not (ROOT / name).parent.joinpath(target.split("#")[0]).exists()
    ]
    assert not missing


@pytest.mark.parametrize("name", READMES)
def test_accounts_of_a_readme_are_those_of_the_example_world(name: str) -> None:
    source = Path(demo_people.__file__).read_text(encoding="utf-8")
    staff = {
        f"{role}@{place}.example"
        for role in ("officer", "signatory", "admin")
        for place in ("steel", "dyeing", "battery")
    }
    others = set(re.findall(r'"([a-z]+@[a-z]+\.example)"', source))
    assert set(ADDRESS.findall(_text(name))) == others | staff
    assert f"`{demo_people.PASSWORD}`" in _text(name)


@pytest.mark.parametrize("name", READMES)
def test_words_quoted_from_pages_are_words_of_pages(name: str) -> None:
    words = set(WORD.findall(_text(name)))
    assert len(words) > 30
    catalogue = _text("portal/translations/en/LC_MESSAGES/messages.po")
    packs = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("portal/reference/data/*/*.toml"))
    unknown = {word for word in words if f'"{_counted(word)}"' not in catalogue and f'"{word}"' not in packs}
    assert not unknown


@pytest.mark.parametrize("name", READMES)
def test_the_rounds_press_what_a_readme_says(name: str) -> None:
    rounds = _text("tests/browser/test_rounds.py") + _text("tests/browser/test_dossiers.py")
    said = set(WORD.findall(_text(name))) - {"开始登记"}
    assert not {word for word in said if word not in rounds}


def test_both_readmes_quote_the_same_words_and_figures() -> None:
    english, chinese = (_text(name) for name in READMES)
    assert set(WORD.findall(english)) == set(WORD.findall(chinese))
    figure = re.compile(r"`\d[\d.]*`|\*\*\d[\d,.]+")
    assert figure.findall(english) == figure.findall(chinese)


def test_each_picture_is_small_and_of_a_known_page() -> None:
    pictures = {path.stem: path for path in (ROOT / "docs/screenshots").glob("*.png")}
    script = _text("scripts/screenshots.py")
    assert len(pictures) >= 17
    for stem, path in pictures.items():
        assert path.stat().st_size < 700_000, stem
        assert stem.startswith("report-") or f'"{stem}"' in script, stem


def _counted(word: str) -> str:
    """A word with a figure, as its catalogue writes it."""
    return re.sub(r"\d+", "%(count)s", word)
