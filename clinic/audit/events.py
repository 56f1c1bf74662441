"""What was done, told where it is done: a row of the trail, and whatever others make of it.

Who must do something about a change (queue a message, say) subscribes to events instead of being
called by each verb. A subscriber runs in the transaction of the change: what it writes is there
exactly when the change is, and what it raises undoes the change too.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from clinic.audit.trail import Event, add

Subscriber = Callable[[Event], None]
SUBSCRIBERS: Sequence[Subscriber] = ()  # in the order in which they are told


def record(
    action: str,
    subject: object | tuple[str, int | None],
    *,
    by: int | None,
    now: datetime,
    centre_id: int | None = None,
    **details: object,
) -> None:
    """Write a row of the trail and tell the subscribers, in the transaction of the change.

    `by` is a user's id; `subject` a flushed row, or the name of its table and its id.
    """
    if not isinstance(subject, tuple):
        subject = (type(subject).__tablename__, subject.id)  # type: ignore[attr-defined]
    table, number = subject
    event = Event(action, table, number, by, now, centre_id, details)
    add(event)
    for subscriber in SUBSCRIBERS:
        subscriber(event)
