"""A prepared statement says and raises what the session would."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, event, insert, select, text, update
from sqlalchemy.exc import IntegrityError, NoResultFound, OperationalError

from clinic.accounts.models import Counter, User
from clinic.app import create_app
from clinic.audit.trail import AuditEvent
from clinic.centres.models import Centre
from clinic.db import broken_promise, db
from clinic.prepared import Prepared
from tests.conftest import SETTINGS
from tests.makes import make_centre

MORNING = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
_users, _events, _centres = User.__table__, AuditEvent.__table__, Centre.__table__
NAMED = select(_users.c.id, _users.c.name, _users.c.created_at, _users.c.name == "a").order_by(
    _users.c.id
)
ADD = insert(_users).returning(_users.c.id)


def add(*names):
    made = [User(name=name, email=f"{name}@here.example", created_at=MORNING) for name in names]
    db.session.add_all(made)
    db.session.flush()
    return [user.id for user in made]


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_it_says_what_the_session_would(both, number):
    ids = add("a", "b", "c")
    some = NAMED.where(_users.c.id.in_(bindparam("ids", expanding=True)))
    values = {"ids": ids[:number]}
    said = Prepared(some).all(**values)
    assert said == [tuple(row) for row in db.session.execute(some, values)]
    assert [row.created_at for row in said] == [MORNING] * number


def test_a_number_with_a_fraction_is_one(both):
    centre = make_centre(latitude=30.25)
    place = select(_centres.c.latitude).where(_centres.c.id == centre.id)
    assert Prepared(place).scalars() == [30.25]


def test_lists_of_all_lengths_take_turns(both):
    ids = add("a", "b", "c")
    some = Prepared(NAMED.where(_users.c.id.in_(bindparam("ids", expanding=True))))
    assert [some.scalars(ids=ids[:n]) for n in (1, 3, 0, 1)] == [ids[:1], ids, [], ids[:1]]


def test_constants_of_the_statement_stay(both):
    add("a", "b", "c")
    some = Prepared(NAMED.where(_users.c.name.in_(["a", "c"]), _users.c.created_at == MORNING))
    assert [row.name for row in some.all()] == ["a", "c"]


def test_an_insert_fills_in_defaults(both):
    number = Prepared(ADD).one(name="a", email="a@here.example", created_at=MORNING).id
    user = db.session.get_one(User, number)
    assert (user.name, user.created_at, user.epoch) == ("a", MORNING, 0)


def test_an_insert_without_an_answer_has_none(both):
    add_event = Prepared(insert(_events))
    details = {"page": "x", "n": [1]}
    event_values = {"at": MORNING, "action": "look", "subject": "x", "details": details}
    assert add_event.all(**event_values) == []
    assert db.session.scalars(select(AuditEvent.details)).all()[-1] == details


def test_an_update_says_what_it_changed(both):
    (number, _) = add("a", "b")
    rename = (
        update(_users)
        .where(_users.c.id == bindparam("number"))
        .values(name=bindparam("new"))
        .returning(_users.c.name)
    )
    assert Prepared(rename).all(number=number, new="z") == [("z",)]
    assert Prepared(rename).first(number=-1, new="z") is None
    with pytest.raises(NoResultFound):
        Prepared(rename).one(number=-1, new="z")


def test_a_broken_promise_is_named_and_a_part_can_be_undone(both):
    row = {"key": "k", "since": MORNING, "count": 1}
    count = Prepared(insert(Counter.__table__))
    count.all(**row)
    with pytest.raises(IntegrityError) as caught, db.session.begin_nested():
        count.all(**row)
    assert "counters" in broken_promise(caught.value)
    assert db.session.scalars(select(Counter.key)).all() == ["k"]


def test_what_a_row_holds_is_not_in_the_error(both):
    row = {"key": "secret of a family", "since": MORNING, "count": 1}
    count = Prepared(insert(Counter.__table__))
    count.all(**row)
    with pytest.raises(IntegrityError) as caught:
        count.all(**row)
    assert "secret" not in str(caught.value)


def test_a_statement_is_seen_by_who_listens(both):
    seen = []

    def note(connection, cursor, statement, *rest):
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        Prepared(NAMED).all()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert any("FROM users" in statement for statement in seen)


@pytest.mark.heavy("PostgreSQL")
def test_a_connection_that_is_lost_is_let_go(fresh):
    app = create_app(SETTINGS | {"DATABASE_URL": fresh("postgresql")})
    with app.app_context():
        pid = db.session.scalar(text("SELECT pg_backend_pid()"))
        with db.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(OperationalError) as caught:
            Prepared(NAMED).all()
        assert caught.value.connection_invalidated
        db.session.rollback()
        assert Prepared(NAMED).all() == []
        db.session.remove()
        db.engine.dispose()
