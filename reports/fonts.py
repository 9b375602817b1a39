"""The three typefaces of every document, cut once and kept in a cache folder.

The variable Noto Sans SC costs over a second in each PDF and a regular-only package
prints ``<b>`` thin, so two real static weights are pinned from the variable font.
"""

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

SANS = "Noto Sans SC"
SERIF = "Noto Serif SC"
_CUT = "1"  #: raise it when the way of cutting changes; old files are then left alone


@dataclass(frozen=True)
class FontFiles:
    """Paths of the faces: sans regular (400), sans bold (700), serif regular (400)."""

    sans_regular: Path
    sans_bold: Path
    serif_regular: Path

    def paths(self) -> tuple[Path, ...]:
        """The three files."""
        return (self.sans_regular, self.sans_bold, self.serif_regular)


def prepare_fonts(cache: Path) -> FontFiles:
    """Make sure that the faces exist in ``cache`` and say where they are.

    Safe when several processes start at once: each writes its own temporary file and
    renames it, so a reader sees a whole file or none.
    """
    cache.mkdir(parents=True, exist_ok=True)
    sans = {weight: cache / f"NotoSansSC-{weight}-{_CUT}.ttf" for weight in (400, 700)}
    for weight, path in sans.items():
        if not path.is_file():
            _write_atomically(path, _pinned(weight))
    serif = cache / f"NotoSerifSC-400-{_CUT}.otf"
    if not serif.is_file():
        source = files("pylopdf_fonts_zh_cn").joinpath("NotoSerifSC-Regular.otf")
        _write_atomically(serif, source.read_bytes())
    return FontFiles(sans[400], sans[700], serif)


def missing_characters(text: Iterable[str], cache: Path) -> tuple[str, ...]:
    """Characters of ``text`` that Noto Sans SC cannot print, sorted; white space is left out."""
    known = _characters(prepare_fonts(cache).sans_regular)
    return tuple(sorted(sign for sign in set(text) if not sign.isspace() and ord(sign) not in known))


@lru_cache(maxsize=4)
def _characters(path: Path) -> frozenset[int]:
    import uharfbuzz  # costs 20 ms and is not wanted in the web process

    return frozenset(uharfbuzz.Face(path.read_bytes()).unicodes)


def _pinned(weight: int) -> bytes:
    import uharfbuzz

    source = files("justmytype_intl_cjk").joinpath("fonts/ofl/notosanssc/NotoSansSC[wght].ttf")
    face = uharfbuzz.Face(source.read_bytes())
    wanted = uharfbuzz.SubsetInput()
    wanted.keep_everything()
    wanted.pin_axis_location(face, "wght", weight)
    return bytes(uharfbuzz.subset(face, wanted).blob.data)


def _write_atomically(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
