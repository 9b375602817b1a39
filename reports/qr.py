"""QR codes as inline SVG."""

import io

import segno
from markupsafe import Markup

INK = "#1A2326"


def qr_code(address: str, label: str) -> Markup:
    """The QR code of ``address`` (error level M, quiet border kept) with ``label`` as its spoken name."""
    stream = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        stream,
        kind="svg",
        border=4,
        dark=INK,
        xmldecl=False,
        svgns=False,
        omitsize=True,
        svgclass=None,
        lineclass=None,
        title=label,
        nl=False,
    )
    return Markup(stream.getvalue().decode().replace("<svg ", '<svg role="img" ', 1))  # noqa: S704 - drawn by segno, which escapes the title
