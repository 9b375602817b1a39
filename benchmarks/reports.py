"""Printing and bundling: times and memory, beside a bare WeasyPrint and Chromium's print of the same pages.

``.venv/bin/python -m benchmarks.reports [--runs 5] [--documents 200] [--files 1000] [--megabytes 1024]``

Every line runs in a process of its own that was warmed up as a worker is. Memory is the most that this
process ever held. ``--only`` takes single lines: pages, row (many in a row), bundle.
"""

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from importlib import import_module
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.bundling import measured_bundle
from benchmarks.measure import MILLI, Timing, print_machine, print_table, timed
from portal.services.documents import count_pages
from reports.document import Attachment, load_report, load_sample
from reports.fonts import SANS, SERIF, prepare_fonts
from reports.pdf import render_html, render_pdf, warm_up

LEDGER_ROWS = 1000
#: What stands in each row of the ledger beside its day, its truck and its ticket.
WEIGHED = ("无烟煤", "48.62", "15.20", "33.42", "8.1 %")
#: Chapters of the annual disclosure that make 42 pages.
CHAPTERS = 50
#: What a browser waits for and the time that it takes to start are not counted: it is warm too.
CHROMIUM = shutil.which("chromium")
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@dataclass(frozen=True)
class Paper:
    """A document to print, and what it may take: milliseconds, and MB where that is limited."""

    name: str
    report: str
    data: Mapping[str, Any]
    limit: int
    most_mb: int | None = None


@dataclass(frozen=True)
class Printed:
    """What printing took."""

    pages: int
    ours: Timing
    bare: Timing
    peak_mb: float
    chromium: Timing | None


def papers() -> list[Paper]:
    """The three documents of the limits."""
    return [
        Paper("7-page report", "monthly_report", monthly(), 700, 150),
        Paper("42-page annual disclosure", "annual_disclosure", annual(), 4000),
        Paper(f"ledger of {LEDGER_ROWS:,} rows", "ad_hoc_disclosure", ledger(LEDGER_ROWS), 3000),
        Paper("ledger of 5,000 rows, attached", "ad_hoc_disclosure", ledger(5000), 3000),
    ]


def monthly() -> dict[str, Any]:
    """The sample month with as many source streams as seven pages take."""
    data = deepcopy(load_sample("monthly_report"))
    group: Any = data["groups"][0]  # type: ignore[index]  # the sample's own shape
    group["lines"] = list(islice(cycle(group["lines"]), 52))
    return data


def annual() -> dict[str, Any]:
    """The sample disclosure, its chapters once more until 42 pages are full."""
    data = deepcopy(load_sample("annual_disclosure"))
    chapters: Any = data["chapters"]
    data["chapters"] = [deepcopy(chapter) for chapter in islice(cycle(chapters), CHAPTERS)]
    return data


def ledger(rows: int) -> dict[str, Any]:
    """A ledger of weighings: eight columns, a sum below."""
    data = deepcopy(load_sample("ad_hoc_disclosure"))
    heads = ("日期", "车号", "品名", "毛重", "皮重", "净重", "含水率", "单据")
    table = {
        "kind": "table",
        "caption": "检斤台账",
        "columns": [{"label": head, "decimals": 2} if "重" in head else {"label": head} for head in heads],
        "rows": [
            [f"2026-{1 + n % 12:02d}-{1 + n % 28:02d}", f"浙 E{n:05d}", *WEIGHED, f"GB-{n:06d}"]
            for n in range(rows)
        ],
    }
    data["chapters"] = [{"title": "台账", "sections": [{"title": "检斤", "blocks": [table]}]}]
    return data


def measured(paper: Paper, fonts: Path, runs: int) -> Printed:
    """Print it in a fresh, warmed process; then bare, then by Chromium."""
    pages, ours, peak = in_own_process(_print_ours, paper, fonts, runs)
    bare = in_own_process(_print_bare, paper, fonts, runs)
    return Printed(pages, ours, bare, peak, _print_by_chromium(paper, fonts, runs))


def in_own_process(work: Callable[..., Any], *arguments: Any) -> Any:
    """What ``work`` gives, done in a new process that shares nothing with this one."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def _print_ours(paper: Paper, fonts: Path, runs: int) -> tuple[int, Timing, float]:
    warm_up(fonts)
    attached = [Attachment("data.json", "application/json", str(paper.data).encode())]

    def work() -> bytes:
        return render_pdf(paper.report, paper.data, attached, font_cache=fonts)

    times = timed(work, runs, warm=2)
    peak = peak_mb()
    return count_pages(work()), times, peak


def _print_bare(paper: Paper, fonts: Path, runs: int) -> Timing:
    """The same page and style sheets with WeasyPrint alone: no tags, no archive's marks, no attachment."""
    printer: Any = import_module("weasyprint")
    source = page_source(paper, fonts)
    font_config = import_module("weasyprint.text.fonts").FontConfiguration()

    def work() -> object:
        return printer.HTML(string=source, base_url=_folder(paper)).write_pdf(font_config=font_config)

    return timed(work, runs, warm=2)


def _print_by_chromium(paper: Paper, fonts: Path, runs: int) -> Timing | None:
    if CHROMIUM is None:
        return None
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "page.html"
        path.write_text(page_source(paper, fonts), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        try:
            page = browser.new_page()

            def work() -> object:
                page.goto(path.as_uri())
                return page.pdf(prefer_css_page_size=True, tagged=True)

            return timed(work, runs, warm=1)
        finally:
            browser.close()


def page_source(paper: Paper, fonts: Path) -> str:
    """The page that goes to the printer, with its fonts and style sheets inside."""
    report, files = load_report(paper.report), prepare_fonts(fonts)
    faces = ((SANS, 400, files.sans_regular), (SANS, 700, files.sans_bold), (SERIF, 400, files.serif_regular))
    style = "".join(
        f'@font-face{{font-family:"{family}";font-weight:{weight};src:url("{path.resolve().as_uri()}")}}'
        for family, weight, path in faces
    )
    for path in (report.folder.parent / "parts" / "print.css", report.folder / "print.css"):
        style += path.read_text(encoding="utf-8")
    return render_html(report, paper.data).replace("</head>", f"<style>{style}</style></head>", 1)


def _folder(paper: Paper) -> str:
    return f"{load_report(paper.report).folder.as_uri()}/"


def peak_mb() -> float:
    """The most memory that this process ever held, in MB (1,000,000 bytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def held_mb() -> float:
    """The memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _print_row(count: int, fonts: Path) -> tuple[float, float, float]:
    """Reports one after another in one process: seconds, MB after a tenth of them, MB at the end."""
    warm_up(fonts)
    data = load_sample("monthly_report")
    render_pdf("monthly_report", data, font_cache=fonts)
    begun, early = time.perf_counter(), 0.0
    for number in range(count):
        render_pdf("monthly_report", data, font_cache=fonts)
        if number == count // 10:
            early = held_mb()
    return time.perf_counter() - begun, early, held_mb()


def print_pages(fonts: Path, runs: int) -> bool:
    """The table of single documents; whether every limit was kept."""
    rows, kept = [], True
    for paper in papers():
        found = measured(paper, fonts, runs)
        good = found.ours.p50 <= paper.limit and (paper.most_mb is None or found.peak_mb <= paper.most_mb)
        kept = kept and good
        rows.append(
            [
                paper.name,
                str(found.pages),
                f"{found.ours.p50 / MILLI:.2f} s",
                f"{found.ours.cpu_p50 / MILLI:.2f} s",
                f"{paper.limit / MILLI:.1f} s",
                f"{found.peak_mb:.0f} MB",
                f"{paper.most_mb} MB" if paper.most_mb else "",
                f"{found.bare.p50 / MILLI:.2f} s",
                f"{found.chromium.p50 / MILLI:.2f} s" if found.chromium else "–",
                "" if good else "missed",
            ]
        )
    head = ["what", "pages", "median", "processor", "limit", "memory", "limit", "bare", "Chromium", ""]
    print_table("Single documents, warm worker", head, rows)
    return kept


def print_row(fonts: Path, documents: int) -> bool:
    """Many reports on two workers; whether their memory stayed."""
    with get_context("spawn").Pool(2) as pool:
        begun = time.perf_counter()
        found = pool.starmap(_print_row, [(documents // 2, fonts)] * 2, chunksize=1)
        whole = time.perf_counter() - begun
    slowest = max(seconds for seconds, _, _ in found)
    pace, duration = f"{60 * documents / slowest:.0f} a minute", f"{whole:.1f} s with the warm-up"
    rows = [[f"{documents} monthly reports on two workers", pace, duration]]
    rows += [
        [f"memory of worker {number}", f"{early:.0f} MB after a tenth", f"{late:.0f} MB at the end"]
        for number, (_, early, late) in enumerate(found, 1)
    ]
    print_table("Many in a row", ["what", "", ""], rows)
    return all(late <= early * 1.05 for _, early, late in found)


def print_bundle(files: int, megabytes: int) -> bool:
    """A bundle of many files; whether memory stayed under 200 MB."""
    found = in_own_process(measured_bundle, files, megabytes)
    rows = [[name, f"{seconds:.1f} s", f"{peak:.0f} MB"] for name, seconds, peak in found]
    print_table(f"Bundle of {files:,} files and {megabytes:,} MB", ["step", "time", "most memory"], rows)
    return all(peak <= 200 for _, _, peak in found)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the tables; answers 1 when a limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--only", choices=("pages", "row", "bundle"), action="append")
    given = parser.parse_args(arguments)
    wanted = given.only or ["pages", "row", "bundle"]
    print_machine()
    kept = []
    with tempfile.TemporaryDirectory(prefix="portal-fonts-") as folder:
        fonts = Path(folder)
        prepare_fonts(fonts)
        if "pages" in wanted:
            kept.append(print_pages(fonts, given.runs))
        if "row" in wanted:
            kept.append(print_row(fonts, given.documents))
    if "bundle" in wanted:
        kept.append(print_bundle(given.files, given.megabytes))
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
