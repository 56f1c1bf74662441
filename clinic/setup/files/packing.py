"""Tables carried by the page that shows what they would do, until it is done. Pure."""

import base64
import binascii
import json
import zlib
from collections.abc import Sequence

from clinic.errors import DomainError
from clinic.sentences import mark
from clinic.setup.files.formats import Table

MOST = 20 * 1024 * 1024  # characters unpacked


class NotPacked(DomainError):
    message = mark("These files are not here any more. Please choose them once more.")


def packed(tables: Sequence[Table]) -> str:
    """The tables as one word for a form."""
    said = json.dumps([[table.name, table.rows] for table in tables], ensure_ascii=False)
    return base64.b64encode(zlib.compress(said.encode(), 9)).decode()


def unpacked(word: str) -> list[Table]:
    """The tables again. Raises NotPacked for anything else."""
    try:
        inflating = zlib.decompressobj()
        said = inflating.decompress(base64.b64decode(word, validate=True), MOST)
        if not inflating.eof:
            raise NotPacked
        return [
            Table(str(name), tuple(tuple(map(str, row)) for row in rows))
            for name, rows in json.loads(said)
            if rows
        ]
    except (binascii.Error, zlib.error, ValueError, TypeError) as error:
        raise NotPacked from error
