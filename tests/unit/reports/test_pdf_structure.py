"""What every printed sample must be: whole, archivable, tagged, with each letter in an embedded font."""

import io
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from reports.document import list_reports
from tests.unit.reports.conftest import printed_sample

_PDFA = "{http://www.aiim.org/pdfa/ns/id/}"
VERAPDF, QPDF = shutil.which("verapdf"), shutil.which("qpdf")
#: What a file for archives may not hold (ISO 19005-3, 6.6.1 and 6.9).
_ACTIVE = ("/JavaScript", "/JS", "/AA", "/OpenAction", "/Launch", "/RichMedia", "/Movie", "/Sound")


@pytest.mark.parametrize("name", [report.name for report in list_reports()])
def test_each_sample_is_whole_archivable_and_tagged(name: str, font_cache: Path, tmp_path: Path) -> None:
    content = printed_sample(name, font_cache)
    assert faults(content) == []
    assert list(told_by_programs(content, tmp_path)) == []


def faults(content: bytes) -> list[str]:
    """Everything that is wrong with the file."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return [
            fault
            for look in (_syntax, _marks, _tags, _headings, _active, _fonts, _glyphs)
            for fault in look(pdf)
        ]


def told_by_programs(content: bytes, folder: Path) -> Iterator[str]:
    """What qpdf and veraPDF say, where they are on the machine."""
    path = folder / "sample.pdf"
    path.write_bytes(content)
    if QPDF is not None:
        done = subprocess.run([QPDF, "--check", str(path)], capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"qpdf: {done.stdout}{done.stderr}"
    if VERAPDF is not None:
        command = [VERAPDF, "--flavour", "3a", "--format", "text", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not done.stdout.startswith("PASS"):
            yield f"veraPDF: {done.stdout}{done.stderr}"


def _syntax(pdf: pikepdf.Pdf) -> Iterator[str]:
    yield from map(str, pdf.check_pdf_syntax())


def _marks(pdf: pikepdf.Pdf) -> Iterator[str]:
    with pdf.open_metadata() as metadata:
        if (metadata.get(f"{_PDFA}part"), metadata.get(f"{_PDFA}conformance")) != ("3", "A"):
            yield "no mark of PDF/A-3a"
    if pdf.is_encrypted:
        yield "encrypted"
    intents = pdf.Root.get("/OutputIntents", [])
    if len(intents) != 1 or "/DestOutputProfile" not in intents[0]:
        yield "no colour profile"
    if "/ID" not in pdf.trailer:
        yield "no ID in the trailer"


def _tags(pdf: pikepdf.Pdf) -> Iterator[str]:
    if not pdf.Root.get("/MarkInfo", {}).get("/Marked") or "/StructTreeRoot" not in pdf.Root:
        yield "not tagged"
        return
    if pdf.Root.get("/Lang") != "zh-CN":
        yield "no language"
    if "/ParentTree" not in pdf.Root.StructTreeRoot:
        yield "no parent tree"
    for number, page in enumerate(pdf.pages, 1):
        if "/StructParents" not in page:
            yield f"page {number} has no place in the structure"


def _headings(pdf: pikepdf.Pdf) -> Iterator[str]:
    kinds = set(_kinds(pdf.Root.StructTreeRoot)) if "/StructTreeRoot" in pdf.Root else set()
    if not {"/H1", "/P"} <= kinds:
        yield f"no heading among {sorted(kinds)}"
    if "/Table" in kinds and not {"/TR", "/TD"} <= kinds:
        yield "a table without rows"


def _kinds(node: Any) -> Iterator[str]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if "/S" in one:
            yield str(one.S)
        below = one.get("/K", [])
        below = below if isinstance(below, pikepdf.Array) else [below]
        waiting += [child for child in below if isinstance(child, pikepdf.Dictionary)]


def _active(pdf: pikepdf.Pdf) -> Iterator[str]:
    for thing in pdf.objects:
        if isinstance(thing, (pikepdf.Dictionary, pikepdf.Stream)):
            yield from (f"{key} in the file" for key in _ACTIVE if key in thing)


def _fonts(pdf: pikepdf.Pdf) -> Iterator[str]:
    for thing in pdf.objects:
        if not isinstance(thing, pikepdf.Dictionary) or thing.get("/Type") != "/Font":
            continue
        if thing.get("/Subtype") == "/Type0" and "/ToUnicode" not in thing:
            yield f"{thing.get('/BaseFont')} cannot be read out"
        descriptor = thing.get("/FontDescriptor")
        if descriptor is not None and not {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor.keys()):
            yield f"{thing.get('/BaseFont')} is not embedded"
        if thing.get("/Subtype") not in {"/Type0", "/CIDFontType0", "/CIDFontType2"}:
            yield f"{thing.get('/BaseFont')} is a font of another kind: {thing.get('/Subtype')}"


def _glyphs(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Letters that the fonts do not have: glyph 0 in a text of two-byte codes."""
    for number, page in enumerate(pdf.pages, 1):
        if any(_shows_nothing(text) for text in _texts(page)):
            yield f"page {number} shows a letter that its font lacks"
    for thing in pdf.objects:
        is_drawing = isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") == "/Form"
        if is_drawing and any(_shows_nothing(text) for text in _texts(thing)):
            yield "a drawing shows a letter that its font lacks"


def _texts(content: Any) -> Iterator[bytes]:
    for operands, _operator in pikepdf.parse_content_stream(content, "Tj TJ"):
        for operand in operands:
            parts = operand if isinstance(operand, pikepdf.Array) else [operand]
            yield from (bytes(part) for part in parts if isinstance(part, pikepdf.String))


def _shows_nothing(text: bytes) -> bool:
    return any(text[place : place + 2] == b"\0\0" for place in range(0, len(text), 2))


def _unmarked(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Metadata


def _untagged(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.StructTreeRoot


def _without_font(pdf: pikepdf.Pdf) -> None:
    font = next(iter(pdf.pages[0].Resources.Font.values()))
    descriptor = font.DescendantFonts[0].FontDescriptor
    for key in {"/FontFile2", "/FontFile3"} & set(descriptor.keys()):
        del descriptor[key]


def _with_script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def _with_a_hole(pdf: pikepdf.Pdf) -> None:
    font = next(iter(pdf.pages[0].Resources.Font.keys()))
    pdf.pages[0].contents_add(f"BT {font} 9 Tf <00410000> Tj ET".encode())


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (_unmarked, "no mark"),
        (_untagged, "not tagged"),
        (_without_font, "not embedded"),
        (_with_script, "/OpenAction"),
        (_with_a_hole, "lacks"),
    ],
)
def test_the_checks_see_what_is_wrong(
    damage: Callable[[pikepdf.Pdf], None], word: str, steel_pdf: bytes
) -> None:
    changed = io.BytesIO()
    with pikepdf.open(io.BytesIO(steel_pdf)) as pdf:
        damage(pdf)
        pdf.save(changed)
    assert any(word in fault for fault in faults(changed.getvalue()))
