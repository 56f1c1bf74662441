"""Children that are on record already are found by every reading of their names too."""

import pytest
from flask_migrate import downgrade, upgrade

from clinic.db import db
from clinic.families.models import Child
from clinic.families.pinyin import search_keys
from tests.makes import make_child, make_user

NAMES = [
    "卜小禾",
    "曾乐晟",
    "阿依古丽·买买提",
    "Zoë Müller",
    "Nguyễn Văn Đức",
    "O'Neill",
    "黑小禾",
    "",
]


@pytest.mark.usefixtures("both")
def test_names_on_record_are_read_anew():
    downgrade(revision="0022")
    parent = make_user()
    for name in NAMES:
        make_child(parent, name=name, name_pinyin="as before")
    before = db.session.query(Child.version).all()
    db.session.commit()

    upgrade()

    db.session.expire_all()
    kept = {child.name: child.name_pinyin for child in db.session.query(Child)}
    # A name without any sign is shown as one that can be pressed.
    assert kept == {name or "？": search_keys(name) for name in NAMES}
    assert db.session.query(Child.version).all() == before
