"""The only door through which a report may load anything: its own folder, the fonts, its attachments.

This module imports weasyprint; import it inside functions, never from a module that the web process loads.
"""

from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from reports.document import Attachment

ATTACHMENT_SCHEME = "attachment"


class ClosedFetcher(URLFetcher):  # type: ignore[misc]  # weasyprint ships no types
    """Serves files of one report folder and the given fonts; every other address stops the rendering."""

    def __init__(self, folder: Path, fonts: Sequence[Path], attachments: Sequence[Attachment] = ()) -> None:
        """Keep what may be read; nothing is opened yet."""
        super().__init__(allowed_protocols=("file",), allow_redirects=False, fail_on_errors=True)
        self._folder = folder.resolve()
        self._fonts = frozenset(path.resolve() for path in fonts)
        self._attachments = tuple(attachments)

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        """Answer an allowed address; raises FatalURLFetchingError for any other one."""
        parts = urlsplit(url)
        if parts.scheme == ATTACHMENT_SCHEME and parts.path.isdigit():
            return self._attachment(url, int(parts.path))
        if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
            raise FatalURLFetchingError(f"refused address: {url}")
        path = Path(unquote(parts.path)).resolve()
        if path not in self._fonts and not path.is_relative_to(self._folder):
            raise FatalURLFetchingError(f"refused file: {url}")
        if not path.is_file():
            raise FatalURLFetchingError(f"no such file: {url}")
        return URLFetcherResponse(url, path.read_bytes())

    def _attachment(self, url: str, position: int) -> URLFetcherResponse:
        attachment = self._attachments[position]
        headers = EmailMessage()
        headers["Content-Type"] = attachment.media_type
        return URLFetcherResponse(url, attachment.content, headers)
