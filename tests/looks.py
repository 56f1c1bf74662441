"""Whether a page that names a child to staff was noted on the trail."""

from io import BytesIO

from sqlalchemy import select

from clinic.audit import AuditEvent
from clinic.db import db
from clinic.families.models import Child, Guardianship
from clinic.fields import NOT_SHOWN


def text_in(data):
    """All that a request sends, files too; texts also without the signs that no field shows."""
    values = list(data.values()) if isinstance(data, dict) else []
    shown = [NOT_SHOWN.sub("", value) for value in values if isinstance(value, str)]
    files = [value[0].getvalue() for value in values if is_file(value)]
    texts = [file.decode(one, "ignore") for file in files for one in ("utf-8", "gb18030")]
    return " ".join([str(data), *shown, *texts])


def is_file(value):
    return isinstance(value, tuple) and isinstance(value[0], BytesIO)


def unnoted(who, response, sent):
    """The names of children on a page for this user of which no child was noted; their own left out.

    What was `sent` along is on the page because it was typed.
    """
    if not getattr(who, "is_staff", False) or response.mimetype != "text/html":
        return []
    with db.engine.connect().execution_options(writes=False, of_the_test=True) as own:
        children = own.execute(select(Child.id, Child.name)).all()
        named = {name for _, name in children if name in response.text and name not in sent}
        if not named:
            return []
        theirs = select(Guardianship.child_id).where(Guardianship.user_id == who.id)
        seen = set(own.scalars(theirs))
        looks = select(AuditEvent).where(AuditEvent.actor_id == who.id)
        for event in own.execute(looks):
            seen |= {event.subject_id} if event.action == "read" else set()
            seen |= set(event.details.get("children", ()))
    return sorted(named - {name for child_id, name in children if child_id in seen})
