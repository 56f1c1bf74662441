"""Ids in the site's addresses, and addresses that hold what no page of ours sends."""

from flask import Flask, abort, request
from werkzeug.routing import BaseConverter, ValidationError

from clinic.outside import CONTROL, an_id


class IdConverter(BaseConverter):
    """`<id:child_id>` in a route: an id; any larger number is 404."""

    regex = "[0-9]{1,10}"

    def to_python(self, value: str) -> int:
        number = an_id(value)
        if number is None:
            raise ValidationError
        return number

    def to_url(self, value: object) -> str:
        return str(value)


def bind(app: Flask) -> None:
    """Teach the routes `<id:…>`; no address with a control character reaches a page."""
    app.url_map.converters["id"] = IdConverter
    app.before_request(_refuse_odd_address)


def _refuse_odd_address() -> None:
    """PostgreSQL cannot even be asked for text with a NUL; nothing has a name with one."""
    if CONTROL.search(request.path):
        abort(404)
    if any("\x00" in text for pair in request.args.items(multi=True) for text in pair):
        abort(404)
