"""What a family shows at the desk."""

import segno
from markupsafe import Markup


def qr_code(reference: str) -> Markup:
    """The bare reference as an inline SVG, black on white with its quiet zone."""
    code = segno.make(reference, error="m", micro=False)
    drawn = code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr")
    return Markup(drawn)  # noqa: S704 - drawn by segno from a reference of our own
