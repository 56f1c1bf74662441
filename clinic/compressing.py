"""Answers compressed for who can read them: pages as they are made, static files once.

A page holds what only its reader may know, beside words that somebody else may have put into its
address; whoever sees how long compressed answers are could guess at it. docs/decisions says why
that does not work here.
"""

import gzip
from collections.abc import Callable

import brotli
from flask import Response, request

TEXTS = ("text/html", "text/calendar", "text/css", "text/javascript", "image/svg+xml")
WORTH_IT = 600  # bytes; less fits one packet anyway

# Quickly, for an answer that is made for one reader; and as well as it gets, for what is kept.
# Quality 10 is as small as 11 within a few per cent, in a third of the time.
QUICKLY: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda content: brotli.compress(content, mode=brotli.MODE_TEXT, quality=4),
    "gzip": lambda content: gzip.compress(content, 5, mtime=0),
}
WELL: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda content: brotli.compress(content, mode=brotli.MODE_TEXT, quality=10),
    "gzip": lambda content: gzip.compress(content, 9, mtime=0),
}


def best_encoding() -> str | None:
    """`br` or `gzip`, whichever the browser would rather have; None if it takes neither."""
    wanted = request.accept_encodings.best_match(("br", "gzip", "identity"))
    return wanted if wanted in QUICKLY else None


def compress(response: Response) -> Response:
    """The answer, compressed if that is worth it and nothing forbids it (`no-transform`)."""
    if (
        response.mimetype not in TEXTS
        or response.is_streamed
        or (response.calculate_content_length() or 0) < WORTH_IT
        or "Content-Encoding" in response.headers
        or response.cache_control.no_transform
        or (encoding := best_encoding()) is None
    ):
        return response
    response.set_data(QUICKLY[encoding](response.get_data()))
    response.headers["Content-Encoding"] = encoding
    return response
