"""Sending SQL to the driver of a connection as it is, past what SQLAlchemy prepares for each statement."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection


def send(
    connection: Connection, text: str, values: Sequence[Any] | Mapping[str, Any] = ()
) -> Sequence[Any]:
    """Its rows, as the driver has them; none of a statement that returns nothing.

    Raises what SQLAlchemy would (IntegrityError and its like); a connection that is lost is let go.
    """
    cursor = connection.connection.cursor()
    try:
        for note in connection.dispatch.before_cursor_execute:
            note(connection, cursor, text, values, None, False)
        cursor.execute(text, values)
        return cursor.fetchall() if cursor.description else ()
    except connection.dialect.loaded_dbapi.Error as error:
        connection._handle_dbapi_exception(error, text, values, cursor, None)  # type: ignore[arg-type]
    finally:
        cursor.close()
