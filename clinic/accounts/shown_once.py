"""A link that is shown once: to copy, or to print with its QR code."""

from flask import Response

from clinic.qr import qr_code
from clinic.web import render


def show_once(
    link: str,
    *,
    name: str,
    title: str,
    says: str,
    back: tuple[str, dict[str, object]],
    code: str = "",
) -> Response:
    """The page with the link for that person; `back` is where to go on, `code` what may be typed
    instead. Nothing of it may be kept by the browser."""
    answer = render(
        "accounts/shown_once.html",
        link=link,
        qr=qr_code(link),
        name=name,
        title=title,
        says=says,
        back=back,
        code_to_type=code,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
