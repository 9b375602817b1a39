#!/usr/bin/env python3
"""Photographs the sample of every report: .venv/bin/python scripts/print_pictures.py [FOLDER].

Needs no server: each sample is printed as `portal report sample` does it, and its first pages are kept.
"""

import sys
import tempfile
from pathlib import Path

import pypdfium2
from PIL import Image

from reports.document import list_reports
from reports.pdf import render_sample

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screenshots" / "print"
MOST_PAGES = 4
SCALE = 0.9
COLOURS = 64


def main() -> None:
    """Print, photograph, and drop the pictures of reports that are no more."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    kept = set()
    with tempfile.TemporaryDirectory() as fonts:
        for report in list_reports():
            for number, sheet in enumerate(
                pypdfium2.PdfDocument(render_sample(report.name, Path(fonts))), start=1
            ):
                if number > MOST_PAGES:
                    break
                picture = sheet.render(scale=SCALE).to_pil().convert("RGB")
                path = folder / f"{report.name.replace('_', '-')}-{number}.png"
                picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT).save(path, optimize=True)
                kept.add(path)
                print(path)
    for path in set(folder.glob("*.png")) - kept:
        path.unlink()


if __name__ == "__main__":
    main()
