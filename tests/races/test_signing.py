"""Signing in and out at the same moment, by a real server, on both engines; each with a failing twin."""

import json
import re
import shutil
from datetime import timedelta
from itertools import count
from typing import NamedTuple
from urllib.parse import urlencode

import pyotp
import pytest
from sqlalchemy import func, select, text, update

from clinic import clock
from clinic.accounts import codes, second_factor
from clinic.accounts.models import SignIn
from clinic.accounts.passwords import hash_password
from clinic.accounts.tries import Asker
from clinic.audit import AuditEvent
from clinic.db import db
from clinic.families.models import Consent
from clinic.messages import demo_messages
from tests.engines import database
from tests.makes import make_user, sign_in
from tests.races.conftest import application
from tests.races.families import Parent, at_once
from tests.serving import serving

PASSWORD = "long-enough"
STRANGER = Asker(None, "")
RUSH = 6
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FINISH = {"privacy": "y", "children_under_14": "y"}
# What is written of last use, counted.
COUNTING = {
    "sqlite": [
        "CREATE TRIGGER used AFTER UPDATE OF used_at ON sign_ins BEGIN INSERT INTO uses VALUES (1); END"
    ],
    "postgresql": [
        "CREATE FUNCTION used() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN INSERT INTO uses VALUES (1); RETURN NULL; END $$",
        "CREATE TRIGGER used AFTER UPDATE OF used_at ON sign_ins FOR EACH ROW EXECUTE FUNCTION used()",
    ],
}
_numbers = count(1)


class Place(NamedTuple):
    """The site, stopped where a scene says so, and its application."""

    app: object
    site: str

    def ask(self, browser, path, scene, **fields):
        """GET, or POST these fields; the answer and the cookie that it set."""
        headers = {"Scene": json.dumps(scene)}
        if fields or path.startswith("/sign-out"):
            body = urlencode(fields | {"csrf_token": browser.token})
            answer, got = browser.ask("POST", self.site, path, body, **headers, **FORM)
        else:
            answer, got = browser.ask("GET", self.site, path, **headers)
        cookies = [cookie.partition(";")[0] for cookie in got.get_all("Set-Cookie", [])]
        return answer.status, next(
            (cookie for cookie in cookies if cookie.startswith("session=")), ""
        )

    def opens(self, cookie):
        """Whether that cookie opens the family's page."""
        browser = object.__new__(Parent)
        browser.cookie = cookie
        return self.ask(browser, "/family", {})[0] == 200


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(request, migrated, tmp_path_factory):
    """One server for all scenes: starting it is most of a scene's time."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("signing") / "clinic.sqlite3"
        shutil.copy(migrated, path)
        url = f"sqlite:///{path}"
    else:
        url = database(request.getfixturevalue("postgres"), "signing", template="template")
    for app in application(url):
        for statement in ("CREATE TABLE uses (one INTEGER)", *COUNTING[request.param]):
            db.session.execute(text(statement))
        db.session.commit()
        with serving(url, app="tests.races.signing:app", workers=1, threads=8) as site:
            yield Place(app, site)


@pytest.fixture(params=[True, False], ids=["protected", "twin"])
def protected(request):
    return request.param


def a_scene(stop, broken, protected, **more):
    return {"name": next(_numbers), "stop": stop, "broken": "" if protected else broken, **more}


def long_unused(app):
    """A browser whose last use is due to be written."""
    browser = Parent(app, *sign_in(make_user()))
    long_ago = clock.now() - timedelta(hours=2)
    db.session.execute(update(SignIn).values(used_at=long_ago, present_at=long_ago))
    db.session.execute(text("DELETE FROM uses"))
    db.session.commit()
    return browser


def test_who_signs_out_while_a_page_is_made_stays_out(place, protected):
    """Before its use is written the same browser signs out, or its owner everywhere."""
    scene, browser = a_scene("use", "back", protected), long_unused(place.app)
    deeds = [("/family", scene), ("/sign-out", scene | {"stop": ""})]
    (page, _), (out, _) = at_once(lambda deed: place.ask(browser, *deed), deeds)
    assert (page, out) == (200, 303)
    assert place.opens(browser.cookie) is not protected


def test_a_password_seen_before_signing_out_everywhere_admits_nobody_after(place, protected):
    user = make_user(password_hash=hash_password(PASSWORD))
    owner = Parent(place.app, *sign_in(user))
    stranger = Parent(place.app, {"csrf_token": "0" * 40})
    typed = {"contact": user.phone, "password": PASSWORD}
    scene = a_scene("begin", "late", protected)
    db.session.commit()
    deeds = [
        (owner, "/sign-out/everywhere", scene, {}),
        (stranger, "/sign-in/password", scene, typed),
    ]
    (out, _), (entered, cookie) = at_once(lambda deed: place.ask(*deed[:3], **deed[3]), deeds)
    assert (out, entered) == (303, 303)
    assert place.opens(cookie) is not protected


def test_a_proof_lets_one_in(place, protected):
    """Six browsers with one proof join at once."""
    phone = f"+86139{next(_numbers):08}"
    codes.send_code(phone, asker=STRANGER, now=clock.now())
    said = re.search(r"\d{6}", demo_messages()[0].text)[0]
    session = {
        "proof": codes.use_code(phone, said, asker=STRANGER, now=clock.now()),
        "csrf_token": "0" * 40,
    }
    agreed = db.session.scalar(select(func.count(Consent.id)))
    db.session.commit()
    scene = a_scene("proof", "look", protected, meet=RUSH)
    names = [f"王{number}" for number in range(RUSH)]
    browser = Parent(place.app, session)
    answers = at_once(
        lambda name: place.ask(browser, "/family/join", scene, name=name, **FINISH), names
    )
    assert {status for status, _ in answers} == {303}
    inside = sum(place.opens(cookie) for _, cookie in answers if cookie)
    db.session.rollback()
    assert db.session.scalar(select(func.count(Consent.id))) == agreed + 2
    assert inside == 1 if protected else inside > 1


def test_of_many_pages_at_once_one_writes_that_they_were_used(place, protected):
    browser = long_unused(place.app)
    scene = a_scene("use", "every", protected, meet=RUSH)
    pages = at_once(lambda _: place.ask(browser, "/family", scene), range(RUSH))
    assert {status for status, _ in pages} == {200}
    db.session.rollback()
    written = db.session.scalar(text("SELECT count(*) FROM uses"))
    assert written == (1 if protected else RUSH)


def test_a_code_of_the_second_factor_lets_one_in(place, protected):
    """It is sent by two browsers at once."""
    user, now = make_user(password_hash=hash_password(PASSWORD)), clock.now()
    second_factor.begin(user, now=now)
    factor = second_factor.of_user(user.id)
    factor.confirmed_at = now
    half = {"user": user.id, "epoch": user.epoch, "how": "password", "at": int(now.timestamp())}
    browser = Parent(place.app, {"half": half, "csrf_token": "0" * 40})
    code = pyotp.TOTP(factor.secret).at(now)
    db.session.commit()
    scene = a_scene("step", "again", protected, meet=2)
    answers = at_once(lambda _: place.ask(browser, "/sign-in/second", scene, second=code), range(2))
    inside = sorted(status for status, _ in answers)
    assert inside == ([303, 422] if protected else [303, 303])


def test_of_many_guesses_at_once_five_are_looked_at(place, protected):
    """Six come together from one address, where five wrong ones make the next wait."""
    user = make_user(password_hash=hash_password(PASSWORD))
    db.session.commit()
    scene = a_scene("try", "free", protected, meet=RUSH)
    browser = Parent(place.app, {"csrf_token": "0" * 40})

    def guess(number):
        typed = {"contact": user.phone, "password": f"wrong {number}"}
        return place.ask(browser, "/sign-in/password", scene, **typed)[0]

    assert set(at_once(guess, range(RUSH))) == {422}
    db.session.rollback()
    refused = select(func.count(AuditEvent.id)).where(
        AuditEvent.action == "sign-in refused", AuditEvent.subject_id == user.id
    )
    looked_at = db.session.scalar(refused)
    assert looked_at == (5 if protected else RUSH)
