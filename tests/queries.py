"""Counting the statements that a piece of work sends."""

from sqlalchemy import event

from clinic.db import db


def count_queries(work):
    """How many statements `work()` sends to the database."""
    sent = []

    def note(connection, cursor, statement, parameters, context, executemany):
        if context is None or not context.execution_options.get("of_the_test"):
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(sent)
