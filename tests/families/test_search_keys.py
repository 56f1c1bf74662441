"""Children that are on record already are found by both spellings of an umlaut too."""

from datetime import date

import pytest
from flask_migrate import downgrade, upgrade

from clinic.db import db
from clinic.families.models import Child, Sex
from clinic.families.pinyin import search_keys
from tests.makes import NOON, save

BORN = date(2025, 2, 1)
KEYS = {  # as they were made before
    "卜小禾": search_keys("卜小禾"),
    "Zoë Müller": "zoe muller",
    "Björn": "bjorn",
    "O'Neill": "oneill",
    "": "",
}


@pytest.mark.usefixtures("both")
def test_names_on_record_are_read_anew():
    downgrade(revision="0031")
    for name, keys in KEYS.items():
        born = {"sex": Sex.FEMALE, "birth_date": BORN, "created_at": NOON}
        save(Child(name=name, name_pinyin=keys, **born))
    before = db.session.query(Child.version).all()
    db.session.commit()

    upgrade()

    db.session.expire_all()
    kept = {child.name: child.name_pinyin for child in db.session.query(Child)}
    # A name without any sign is shown as one that can be pressed.
    assert kept == {name or "？": search_keys(name) for name in KEYS}
    assert db.session.query(Child.version).all() == before
