"""The files that all pages share: named by what is in them, and kept by browsers for a year.

`url_for("static", filename="app.css")` gives `/static/app.5d41402abc.css`. While two versions of
the site run beside each other, a page of one may ask the other for its file: it gets what is there,
and that is kept nowhere. Everything is read once, so a running server's files and names belong
together, also when new ones are put in their place.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

from flask import Response, abort, current_app

from clinic.compressing import WELL, best_encoding
from clinic.config import ROOT

FOLDER = ROOT / "static"
# Made of several, in this order, because each request costs a phone a moment.
TOGETHER = {
    "site.js": ("vendor/htmx-4.0.1.min.js", "swaps.js", "app.js"),
    "dragging.js": ("drag.js", "drag-keys.js"),  # one module: they share what is held
}
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
FOR_EVERY_PAGE = ("site.js", "app.css", "icons.svg")
HASHED = re.compile(r"(?P<stem>.+)\.[0-9a-f]{10}(?P<suffix>\.[a-z]+)")
FOR_GOOD = "public, max-age=31536000, immutable"


class StaticFile:
    """One of them. `address` is its name with the hash of its content in it."""

    def __init__(self, name: str, content: bytes) -> None:
        self.content, self.type = content, TYPES[Path(name).suffix]
        stem, _, suffix = name.rpartition(".")
        self.address = f"{stem}.{hashlib.sha256(content).hexdigest()[:10]}.{suffix}"
        self._encoded: dict[str | None, bytes] = {None: content}

    def encoded(self, encoding: str | None) -> bytes:
        """The content in that encoding, which is made once."""
        if encoding and encoding not in self._encoded:
            self._encoded[encoding] = WELL[encoding](self.content)
        return self._encoded[encoding]


def files() -> dict[str, StaticFile]:
    """All of them by name; read again after a change only where the site is being worked on."""
    return _read(max(map(_changed, FOLDER.rglob("*"))) if current_app.debug else 0)


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns


@cache
def _read(_changed_at: int) -> dict[str, StaticFile]:
    contents = {
        path.relative_to(FOLDER).as_posix(): path.read_bytes()
        for path in sorted(FOLDER.rglob("*"))
        if path.suffix in TYPES and path.is_file()
    }
    for name, parts in TOGETHER.items():
        contents[name] = b"\n".join(contents[part] for part in parts)
    return {name: StaticFile(name, content) for name, content in contents.items()}


def name_by_content(endpoint: str, values: dict[str, object]) -> None:
    """For `app.url_defaults`: the address of a static file has its hash in it."""
    if endpoint == "static" and (found := files().get(str(values.get("filename")))):
        values["filename"] = found.address


def serve(filename: str) -> Response:
    """The file. Kept for good only under the name that belongs to this content."""
    plain = HASHED.sub(r"\g<stem>\g<suffix>", filename)
    found = files().get(plain) or files().get(filename) or abort(404)
    encoding = best_encoding()
    response = Response(found.encoded(encoding), content_type=found.type)
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = FOR_GOOD if filename == found.address else "no-store"
    return response


def make_ready() -> None:
    """What every page needs is compressed before anybody asks."""
    for name in FOR_EVERY_PAGE:
        for encoding in WELL:
            files()[name].encoded(encoding)


def icon_names() -> list[str]:
    """The names of the drawings in icons.svg."""
    return re.findall(r'id="([a-z0-9-]+)"', files()["icons.svg"].content.decode())
