"""What a family shows and brings at the desk."""

from collections.abc import Iterable

import segno
from markupsafe import Markup

from clinic.centres.models import Service
from clinic.i18n import name_of


def qr_code(reference: str) -> Markup:
    """The bare reference as an inline SVG, black on white with its quiet zone."""
    code = segno.make(reference, error="m", micro=False)
    drawn = code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr")
    return Markup(drawn)  # noqa: S704 - drawn by segno from a reference of our own


def bring_to(services: Iterable[Service]) -> list[str]:
    """What to bring to all of these, each thing once."""
    lines = [line for service in services for line in name_of(service, "bring").splitlines()]
    return list(dict.fromkeys(filter(None, lines)))
