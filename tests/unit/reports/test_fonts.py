"""The faces: real weights, whole files, known gaps."""

import subprocess
import sys
from pathlib import Path

from fontTools.ttLib import TTFont

from reports.document import REPORTS, load_sample
from reports.fonts import missing_characters, prepare_fonts
from reports.pdf import render_html
from tests.unit.reports.months import dyeing_month, long_month, preview_month, steel_month

_PREPARE = (
    "import sys; from pathlib import Path; from reports.fonts import prepare_fonts;"
    "prepare_fonts(Path(sys.argv[1]))"
)


def test_regular_and_bold_are_two_static_weights(font_cache: Path) -> None:
    fonts = prepare_fonts(font_cache)
    with TTFont(fonts.sans_regular) as regular, TTFont(fonts.sans_bold) as bold:
        assert "fvar" not in regular
        assert "fvar" not in bold
        assert (regular["OS/2"].usWeightClass, bold["OS/2"].usWeightClass) == (400, 700)
        thin, thick = (font["glyf"][font.getBestCmap()[ord("一")]] for font in (regular, bold))
        assert thick.yMax - thick.yMin > thin.yMax - thin.yMin


def test_two_processes_that_start_at_once_leave_whole_fonts(tmp_path: Path, font_cache: Path) -> None:
    cache = tmp_path / "new" / "cache"
    processes = [
        subprocess.Popen([sys.executable, "-c", _PREPARE, str(cache)], cwd=REPORTS.parent) for _ in range(2)
    ]
    assert [process.wait(60) for process in processes] == [0, 0]
    expected = prepare_fonts(font_cache)
    for made, wanted in zip(prepare_fonts(cache).paths(), expected.paths(), strict=True):
        assert made.read_bytes() == wanted.read_bytes()
    assert {path.name for path in cache.iterdir()} == {path.name for path in expected.paths()}


def test_fonts_are_cut_once(font_cache: Path) -> None:
    before = [path.stat().st_mtime_ns for path in prepare_fonts(font_cache).paths()]
    assert [path.stat().st_mtime_ns for path in prepare_fonts(font_cache).paths()] == before


def test_characters_that_the_fonts_lack_are_named(font_cache: Path) -> None:
    assert missing_characters("碳 CO₂ ☐ − × ÷ … ³", font_cache) == ("₂", "☐")


def test_every_character_of_every_variant_can_be_printed(font_cache: Path) -> None:
    from reports.document import load_report

    report = load_report("monthly_report")
    for month in (
        load_sample("monthly_report"),
        steel_month(),
        dyeing_month(),
        long_month(),
        preview_month(),
    ):
        assert missing_characters(render_html(report, month, watermark="预览 · 无效力"), font_cache) == ()
