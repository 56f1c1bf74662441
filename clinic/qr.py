"""QR codes, drawn into the page."""

import segno
from markupsafe import Markup


def qr_code(text: str) -> Markup:
    """The text as an inline SVG, black on white with its quiet zone."""
    code = segno.make(text, error="m", micro=False)
    drawn = code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr")
    return Markup(drawn)  # noqa: S704 - drawn by segno from a text of our own
