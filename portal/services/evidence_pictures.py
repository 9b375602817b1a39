"""Pictures that lie whole in the pages of PDFs, told apart by their bytes.

A scanned page is one such picture: copied into another file it keeps its bytes. A page that was scanned
again, or saved anew by a program that packs pictures differently, is not found.
"""

import hashlib
import io
from collections.abc import Iterator
from typing import Any

#: Logos and stamps are smaller; a page is not.
LEAST_BYTES = 20_000
MOST_PAGES = 200
DEEPEST = 20


def pictures_of(data: bytes) -> list[tuple[int, str]]:
    """Page and SHA-256 of each picture of a PDF; a file that cannot be read has none."""
    from pyhanko.pdf_utils.misc import PdfError  # only the search for patterns reads PDFs
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        reader = PdfFileReader(io.BytesIO(data), strict=False)
        found = []
        for number, page in enumerate(_pages(reader.root["/Pages"], 0), 1):
            if number > MOST_PAGES:
                break
            found += [(number, digest) for digest in sorted(_digests(page))]
    except (PdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        # Whatever an unsound file makes the reader raise: it was let in as evidence, and stays that.
        return []
    return found


def _pages(node: Any, depth: int) -> Iterator[Any]:
    if node.get("/Type") != "/Pages":
        yield node
    elif depth < DEEPEST:
        for child in node["/Kids"]:
            yield from _pages(child.get_object(), depth + 1)


def _digests(page: Any) -> set[str]:
    objects = page.get("/Resources", {}).get("/XObject", {})
    streams = [objects[name] for name in objects]
    return {
        hashlib.sha256(stream.encoded_data).hexdigest()
        for stream in streams
        if stream.get("/Subtype") == "/Image" and len(stream.encoded_data) >= LEAST_BYTES
    }
