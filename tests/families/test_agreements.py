"""What was said last to each text counts."""

import pytest

from clinic.db import db
from clinic.families.consents import VERSIONS
from clinic.families.models import Consent, ConsentKind
from clinic.families.queries import has_consented
from tests.makes import NOON, make_user

pytestmark = pytest.mark.usefixtures("noon")
AGREED, WITHDREW = True, False
PRIVACY, CHILDREN = ConsentKind.PRIVACY, ConsentKind.CHILDREN_UNDER_14
SAID = {  # what was said, in order; whether it is agreed
    "nothing": ([], False),
    "one of the texts": ([(PRIVACY, AGREED, "now")], False),
    "both": ([(PRIVACY, AGREED, "now"), (CHILDREN, AGREED, "now")], True),
    "an older text": ([(PRIVACY, AGREED, "2020-01"), (CHILDREN, AGREED, "now")], False),
    "an older text, then this": (
        [(PRIVACY, AGREED, "2020-01"), (CHILDREN, AGREED, "now"), (PRIVACY, AGREED, "now")],
        True,
    ),
    "withdrawn": (
        [(PRIVACY, AGREED, "now"), (CHILDREN, AGREED, "now"), (CHILDREN, WITHDREW, "now")],
        False,
    ),
    "withdrawn, then agreed again": (
        [(PRIVACY, AGREED, "now"), (CHILDREN, WITHDREW, "now"), (CHILDREN, AGREED, "now")],
        True,
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_what_was_said_last_to_each_text_counts(both, case):
    said, agreed = SAID[case]
    user, other = make_user(consented=False), make_user()
    for kind, given_, version in said:
        text = VERSIONS[kind] if version == "now" else version
        row = {"kind": kind, "given": given_, "text_version": text, "language": "zh"}
        db.session.add(Consent(user_id=user.id, at=NOON, recorded_by_id=user.id, **row))
        db.session.flush()

    assert has_consented(user) is agreed
    assert has_consented(other)  # nobody speaks for another
