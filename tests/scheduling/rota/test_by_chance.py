"""Rotas by chance: what is shown is what happens, nobody is lost, and undo makes it what it was."""

from datetime import time, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from clinic.db import db
from clinic.scheduling.rota import undoing
from clinic.scheduling.rota.models import last_publication
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, make_room
from tests.scheduling.rota.rota_of import NEXT_MONDAY, Rota

OPENS = st.sampled_from([time(8), time(8, 40), time(9), time(9, 15), time(10)])
CLOSES = st.sampled_from([time(10, 30), time(11), time(11, 20), time(13)])
CHANGES = st.fixed_dictionaries(
    {
        "opens": OPENS,
        "closes": CLOSES,
        "weekdays": st.sets(st.integers(0, 5), min_size=1).map(lambda days: tuple(sorted(days))),
        "slot_minutes": st.sampled_from([10, 15, 15, 30]),
        "capacity": st.integers(1, 3),
        "online_percent": st.sampled_from([0, 50, 100]),
        "every_weeks": st.integers(1, 2),
        "valid_from": st.integers(0, 9).map(lambda n: NEXT_MONDAY + timedelta(days=n)),
    }
)
VISITS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 7)), max_size=6)


def sessions(made):
    """Who sits where, in all sessions that are not withdrawn."""
    db.session.expire_all()
    return [
        (
            session.starts_at,
            session.ends_at,
            session.room_id,
            [(s.starts_at, s.taken) for s in session.slots],
        )
        for session in made.sessions()
    ]


@pytest.mark.heavy("long walks")
@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.generate],  # each example is a centre of its own: to make them smaller takes long
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(change=CHANGES, visits=VISITS, places=st.integers(1, 2), another_room=st.booleans())
def test_what_is_shown_happens_and_is_undone(app, change, visits, places, another_room):
    made = Rota(capacity=places)
    booked = []
    for days, number in visits:
        day = NEXT_MONDAY + timedelta(days=days)
        if made.sessions(day) and made.slot(day, number=number).taken < places:
            booked.append(made.book(day, number))
    before = sessions(made)
    made.change(room=make_room(made.centre) if another_room else None, **change)

    shown = made.publish()

    db.session.expire_all()
    lost, kept = {one.id for one in shown.lost}, {one.id for one in shown.kept}
    for visit in booked:
        is_lost = status_of(visit) is Status.DISPLACED
        assert is_lost == (visit.id in lost)
    assert lost | kept <= {one.id for one in booked}
    comes = {(session.starts_at, session.ends_at) for session in shown.sessions.added}
    comes |= {(new.starts_at, new.ends_at) for _, new in shown.sessions.changed}
    rules = [draft.made_rule_id for draft in shown.drafts]
    stayed = {number for ids in shown.stays.values() for number in ids}
    there = [
        session
        for session in made.sessions()
        if session.rota_rule_id in rules and session.id not in stayed
    ]
    assert {(session.starts_at, session.ends_at) for session in there} == comes

    undoing.undo(last_publication(made.centre), by=made.manager, now=NOON)
    db.session.commit()

    assert broken_promises() == []
    assert sessions(made) == before
    assert {status_of(appointment) for appointment in booked} <= {Status.BOOKED}
