"""A report's page source as the printer takes it.

This module imports weasyprint; import it inside functions, never from a module that the web process loads.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import weasyprint

#: Rules of the printer's own sheet that hold for a part of every element, used or not.
_NOTES = re.compile(r"^::(?:footnote|note)-\w+ .*$", re.MULTILINE)
_MARKERS = re.compile(r"^::marker ", re.MULTILINE)


class ReportPage(weasyprint.HTML):  # type: ignore[misc]  # weasyprint ships no types
    """HTML under what reports need of the printer's own sheet: the same look in three quarters of the time.

    Reports have no notes at the foot, and markers only before the items of lists; as the sheet stands,
    six styles are worked out for each element instead of one.
    """

    def _ua_stylesheets(self, forms: bool = False) -> list[Any]:
        """Instead of the whole sheet; reports have no forms."""
        return [read_own_sheet()]


@cache
def read_own_sheet() -> Any:
    """The printer's own sheet without what reports never use; parsed once a process."""
    folder = Path(weasyprint.__file__).parent
    text = (folder / "css" / "html5_ua.css").read_text(encoding="utf-8")
    return weasyprint.CSS(string=_MARKERS.sub("li::marker ", _NOTES.sub("", text)))
