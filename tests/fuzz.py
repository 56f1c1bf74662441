"""Random requests by every role at every page: `python -m tests.fuzz [--requests N] [--seed S]`.

Each request takes a route, ids that exist and ids that cannot be, and fields with odd texts; of the
forms that pages have, most come whole but for a field or two. An answer of 500, and a GET that
writes, is printed with its request; the exit status is 1 if there was any. Both engines, with the
count of answers by status.
"""

import argparse
import collections
import io
import logging
import random
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import time_machine
from flask import g
from flask_migrate import upgrade
from werkzeug.exceptions import HTTPException

from clinic.accounts.models import Counter, Role
from clinic.app import create_app
from clinic.db import db
from clinic.demo_mark import mark_as_demo
from tests.conftest import SETTINGS
from tests.engines import database, throwaway_postgres
from tests.makes import sign_in
from tests.odd import DAYS, IDS, TEXTS
from tests.pages import Page
from tests.whole_site import NOW, STAFF, make_world

ENDS = {"accounts.sign_out", "accounts.sign_out_everywhere", "static"}
ROLES = (Role.PARENT, *STAFF, None)
NAMES = ("centre", "day", "week", "child", "with", "service", "slot", "move", "need", "next", "who",
         "room", "by", "draft", "rule", "request", "first", "last", "opens", "closes", "weekday",
         "practitioner", "part", "district", "sessions", "gap", "at", "back", "q", "publication",
         "version", "key", "lang", "standard", "station", "seen", "verb", "to", "row", "deed")  # fmt: skip


class Fuzz:
    """One site with its world, its people's cookies, and the fields that its pages have."""

    def __init__(self, app, dice):
        self.app, self.dice, self.found = app, dice, []
        self.answers = collections.Counter()  # of the random requests, by status
        self.world = make_world()
        self.rules = [
            iter_rule for iter_rule in app.url_map.iter_rules() if iter_rule.endpoint not in ENDS
        ]
        self.good = [str(one) for values in self.world.names.values() for one in values]
        self.fields, self.senders = {}, {}  # by the address to which a form is sent
        self.of_view = {}  # the fields of any form that is sent to a view
        self.turned_away = set()  # views with the roles that may not see them
        self.clients = {role: self._client(role) for role in ROLES}
        for role in ROLES[:-1]:
            self._learn(self.clients[role])

    def _client(self, role):
        client = self.app.test_client()
        if role:
            with client.session_transaction() as session:
                session.update(*sign_in(self.world.people[role]))
        return client

    def _learn(self, client):
        """The forms of every page: where they are sent, and with which fields and values."""
        for rule in self.rules:
            if "GET" not in rule.methods:
                continue
            answer = self._ask(client, "GET", self._address(rule, odd=False))
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            for form in Page(client, answer).tree.css("form"):
                names = {node.attributes.get("name"): node.attributes.get("value") or ""
                         for node in form.css("[name]")}  # fmt: skip
                action = (form.attributes.get("action") or answer.request.path).partition("?")[0]
                self.fields.setdefault(action, {}).update(names)
                self.senders.setdefault(action, client)
                if endpoint := self._endpoint(action):
                    self.of_view.setdefault(endpoint, {}).update(names)

    def _endpoint(self, path):
        try:
            return self.app.url_map.bind("localhost").match(path, method="POST")[0]
        except HTTPException:  # a form that only asks
            return None

    def _ask(self, client, method, address, **asking):
        db.session.remove()
        db.session.info.clear()
        for name in list(g):
            g.pop(name)
        return client.open(address, method=method, **asking)

    def _address(self, rule, *, odd=True):
        values = {}
        for name, converter in rule._converters.items():
            known = [str(one) for one in self.world.names.get(name, ())] or self.good
            is_number = type(converter).__name__ == "IdConverter"
            others = [one for one in IDS if one.isascii()] if is_number else TEXTS
            values[name] = self.dice.choice(
                known if not odd or self.dice.random() < 0.8 else others
            )
        path = rule.rule
        for name, value in values.items():
            for spelled in (f"<id:{name}>", f"<{name}>"):
                path = path.replace(spelled, quoted(value))
        return path

    def _value(self, usual=""):
        dice = self.dice.random()
        if dice < 0.4 and usual:
            return usual
        return self.dice.choice(self.good if dice < 0.55 else [*IDS, *DAYS, *TEXTS])

    def request(self):
        """One random request; whatever is wrong with the answer is in `found`."""
        rule = self.dice.choice(self.rules)
        method = self.dice.choice(sorted(rule.methods - {"HEAD", "OPTIONS"}))
        address, role = self._address(rule), self._role(rule.endpoint)
        asking = {"query_string": self._some(dict.fromkeys(NAMES, ""), 4)}
        if method == "POST":
            known = self.fields.get(address) or self.of_view.get(rule.endpoint)
            sent = self._sent(known or dict.fromkeys(NAMES, ""))
            if self.dice.random() < 0.05 and sent:
                sent[self.dice.choice(sorted(sent))] = (io.BytesIO(b"x"), "x.txt")
            asking["data"] = sent
        if self.dice.random() < 0.3:
            asking["headers"] = {"HX-Request": "true"}
        if self.dice.random() < 0.1:
            odd = self.dice.choice(["http://localhost//evil.example", "http://localhost/x", "x"])
            asking.setdefault("headers", {})["Referer"] = odd
        answer = self._ask(self.clients[role], method, address, **asking)
        self.answers[answer.status_code] += 1
        if answer.status_code == 403:
            self.turned_away.add((rule.endpoint, role))
        wrote = method == "GET" and db.session.info.get("wrote")
        if wrote or answer.status_code >= 500:
            what = "GET that writes" if wrote else answer.status_code
            self.found.append((what, rule.endpoint, role, method, address, asking))
        if "sign-in" in (answer.location or "") and role:
            self.clients[role] = self._client(role)

    def _role(self, endpoint):
        """Mostly one who was not turned away there yet."""
        let_in = [role for role in ROLES if (endpoint, role) not in self.turned_away]
        return self.dice.choice(let_in if let_in and self.dice.random() < 0.9 else ROLES)

    def _sent(self, known):
        """The whole form with something odd in a field or two, or any of its fields."""
        if self.dice.random() < 0.4:
            return self._some(known, len(known))
        sent = {str(name): value for name, value in known.items() if name}
        return sent | self._some(known, 2)

    def _some(self, known, most):
        names = self.dice.sample(
            sorted(known, key=str), min(len(known), self.dice.randint(0, most))
        )
        return {str(name): self._value(known[name]) for name in names if name}


def quoted(value):
    """As a path has it."""
    from urllib.parse import quote

    return quote(value, safe="") or "-"


@contextmanager
def site_on(engine, folder):
    """A site with a migrated database on that engine."""
    with throwaway_postgres() if engine == "postgresql" else noted(folder) as url:
        where = database(url, "fuzz") if engine == "postgresql" else url
        app = create_app(SETTINGS | {"DATABASE_URL": where, "TESTING": False})
        app.config["PROPAGATE_EXCEPTIONS"] = False
        app.config["WTF_CSRF_ENABLED"] = False
        with app.app_context():
            upgrade()
            mark_as_demo(NOW)
            db.session.commit()
            yield app
            db.session.remove()
            db.engine.dispose()


@contextmanager
def noted(folder):
    yield f"sqlite:///{folder / 'fuzz.sqlite3'}"


def run(engine, requests, seed):
    """How many requests went wrong; each kind is printed once an endpoint."""
    dice, folder = random.Random(f"{seed}"), Path(tempfile.mkdtemp())
    try:
        with site_on(engine, folder) as app, time_machine.travel(NOW, tick=True):
            fuzz = Fuzz(app, dice)
            for number in range(requests):
                fuzz.request()
                if number % 50 == 0:  # nobody is slowed down
                    db.session.rollback()  # what a GET read is no transaction to write in
                    db.session.query(Counter).delete()
                    db.session.commit()
    finally:
        shutil.rmtree(folder)
    seen = set()
    for what, endpoint, *rest in fuzz.found:
        if (what, endpoint) not in seen:
            print(f"{what} on {engine}: {endpoint}", *rest, flush=True)
        seen.add((what, endpoint))
    answers = ", ".join(f"{status}: {count}" for status, count in sorted(fuzz.answers.items()))
    print(f"{engine}: {requests} requests, seed {seed}, answers by status {answers}", flush=True)
    return len(fuzz.found)


def main():
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], action="append")
    asked = parser.parse_args()
    logging.getLogger("clinic").setLevel(logging.ERROR)
    engines = asked.engine or ["sqlite", "postgresql"]
    return sum(run(engine, asked.requests // len(engines), asked.seed) for engine in engines)


if __name__ == "__main__":
    sys.exit(bool(main()))
