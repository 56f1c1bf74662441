"""The people of a centre, and one of them."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import Response, request

from clinic import clock
from clinic.accounts import one_time_links, staff_invitations
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.models import Role
from clinic.centres.managed import centres_managed_by, managed_centre
from clinic.centres.models import Centre
from clinic.outside import a_word
from clinic.sentences import mark
from clinic.staff import (
    changing,
    describing,
    invitations,
    passwords,
    reviewing,
    second_factors,
    visits,
)
from clinic.staff.blueprint import bp, centre_and_person
from clinic.staff.people import State, past_of, people_of
from clinic.staff.words import duty as duty_of
from clinic.web import render, see_other

__all__ = ["PAGES", "bp"]
# Importing them puts their pages into `bp`.
PAGES = (changing, describing, invitations, passwords, reviewing, second_factors)

STATES = {
    State.WORKING: mark("working"),
    State.AWAY: mark("on leave today"),
    State.NO_SIGN_IN: mark("no sign-in"),
    State.LEFT: mark("left"),
}


@dataclass(frozen=True)
class Choice:
    """One value of a filter, and how many people it leaves."""

    value: str
    label: str  # an English msgid
    count: int


@bp.get("/")
@allow(Role.MANAGER, Role.ADMIN)
@names_nobody("which centres there are")
def index() -> Response:
    """The people of the first centre that this user manages."""
    centres = centres_managed_by(me())
    if not centres:
        return see_other("setup.index")
    return _people(centres[0])


@bp.get("/<code>")
@allow(Role.MANAGER, Role.ADMIN)
@names_nobody("people of the staff")
def people(code: str) -> Response:
    return _people(managed_centre(me(), code))


def _people(centre: Centre) -> Response:
    now = clock.now()
    everybody = people_of(centre, now)
    state, duty = a_word(request.args.get("state")), request.args.get("duty", "")
    shown = [
        each
        for each in everybody
        if (each.state == state if state else each.state is not State.LEFT)
        and (not duty or duty in each.duties)
    ]
    here = [each for each in everybody if each.state is not State.LEFT]
    return render(
        "staff/people.html",
        centre=centre,
        people=shown,
        number=len(here),
        state=state,
        duty=duty,
        states=_choices((each.state for each in everybody), lambda value: STATES[State(value)]),
        duties=_choices((label for each in here for label in each.duties), str),
        state_labels=STATES,
        review_is_due=reviewing.is_due(reviewing.last_review(centre), now),
        invitations=staff_invitations.unanswered(centre.id, now=now),
        duties_of=invitations.duties_of,
    )


def _choices(found: Iterable[str], label: Callable[[str], str]) -> list[Choice]:
    return [Choice(value, label(value), count) for value, count in Counter(found).items()]


@bp.get("/<code>/people/<id:user_id>")
@allow(Role.MANAGER, Role.ADMIN)
@names_nobody("a person of the staff")
def person(code: str, user_id: int) -> Response:
    """Who it is, what they are here, and everything that can be done about it."""
    centre, colleague = centre_and_person(code, user_id)
    assert colleague.user is not None
    return render(
        "staff/person.html",
        centre=centre,
        person=colleague,
        past=past_of(colleague.user, centre),
        is_self=colleague.user.id == me().id,
        may_reset_second_factor=second_factors.may_reset(colleague.user),
        other_centres=[each for each in centres_managed_by(me()) if each.id != centre.id],
        to_come=visits.number_to_come(colleague.practitioner, clock.now()),
        state_labels=STATES,
        may_reset=one_time_links.may_reset(me(), colleague.user),
        duty_of=lambda held: duty_of(held.role, held.profession),
    )
