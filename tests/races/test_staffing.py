"""Two who change the staff at the same moment, by processes of their own, on both engines.

Each has a twin without the protection that must go wrong.
"""

from clinic.accounts import one_time_links, staff_invitations
from clinic.accounts.models import Membership, Role, StaffInvitation, User
from clinic.accounts.queries import find_user
from clinic.audit import AuditEvent
from clinic.db import db
from tests.makes import NOON, make_centre, make_user
from tests.races import staffing
from tests.races.doors import Somebody, at_once


def remove_each_other(race, sight):
    """Two administrators who each remove the other; how it ended, and how many are left."""
    users = [make_user(Role.ADMIN) for _ in range(2)]
    (first,), (second,) = (user.memberships for user in users)
    pairs = [(second.id, users[0].id), (first.id, users[1].id)]
    answers = at_once(
        [Somebody(race, staffing.remove_administrator, sight, *pair) for pair in pairs]
    )
    db.session.expire_all()
    return sorted(answers), db.session.query(Membership).filter_by(role=Role.ADMIN).count()


def test_two_administrators_who_remove_each_other_leave_one(race):
    assert remove_each_other(race, "sees") == (["LastAdministrator", "done"], 1)


def test_its_twin_that_does_not_count_the_others_leaves_none(race):
    assert remove_each_other(race, "blind") == (["done", "done"], 0)


PHONE = "+8613700137000"


def answer_at_once(race, *deeds, sight="sees"):
    """What each of them was told; an invitation of PHONE to a reception was open."""
    centre = make_centre()
    facts = {"name": "梁音", "contact": PHONE, "role": Role.RECEPTION, "centre_id": centre.id}
    staff_invitations.invite(**facts, by=make_user(Role.ADMIN), now=NOON)
    db.session.commit()
    answers = at_once([Somebody(race, staffing.answer_invitation, sight, deed) for deed in deeds])
    db.session.expire_all()
    return sorted(answers)


def test_two_newcomers_with_one_link_make_one_account(race):
    answers = answer_at_once(race, ("accept", None), ("accept", None))
    assert answers in (["HasAccount", "done"], ["InvitationGone", "done"])
    assert db.session.query(User).filter_by(phone=PHONE).count() == 1
    assert find_user(PHONE).roles == {Role.RECEPTION}


def test_an_account_takes_a_link_once(race):
    user = make_user(phone=PHONE)
    answers = answer_at_once(race, ("accept", user.id), ("accept", user.id))
    assert answers == ["InvitationGone", "done"]
    assert db.session.query(AuditEvent).filter_by(action="accept staff invitation").count() == 1


def test_its_twin_that_does_not_use_it_up_takes_it_twice(race):
    user = make_user(phone=PHONE)
    answers = answer_at_once(race, ("accept", user.id), ("accept", user.id), sight="blind")
    assert answers == ["done", "done"]


def take_and_withdraw(race, sight):
    user = make_user(phone=PHONE)
    deeds = ("accept", user.id), ("withdraw", make_user().id)
    answers = answer_at_once(race, *deeds, sight=sight)
    invitation = db.session.query(StaffInvitation).one()
    return answers, Role.RECEPTION in find_user(PHONE).roles, invitation.revoked_at is not None


def test_a_link_that_is_withdrawn_while_it_is_taken_is_one_or_the_other(race):
    answers, is_in, is_withdrawn = take_and_withdraw(race, "sees")
    assert answers == ["InvitationGone", "done"]
    assert is_in != is_withdrawn


def test_its_twin_lets_in_and_withdraws(race):
    assert take_and_withdraw(race, "blind") == (["done", "done"], True, True)


def come_by_slip_at_once(race, sight):
    """Two who have one slip; how it ended, and how often its account was claimed."""
    centre, mother = make_centre(), make_user(claimed_at=None)
    desk = make_user(Role.RECEPTION, centre=centre)
    facts = {"centre_id": centre.id, "by": desk, "now": NOON, "code": "BCDFGHJKLM"}
    one_time_links.make_slip(mother, ["passport", "court"], **facts)
    db.session.commit()
    people = [Somebody(race, staffing.come_by_slip, sight, name) for name in ("王芳", "陌生人")]
    answers = sorted(at_once(people))
    return answers, db.session.query(AuditEvent).filter_by(action="claim").count()


def test_a_slip_lets_one_in(race):
    answers, claims = come_by_slip_at_once(race, "sees")
    assert answers == ["SlipGone", "done"]
    assert claims == 1


def test_its_twin_lets_two_in(race):
    assert come_by_slip_at_once(race, "blind") == (["done", "done"], 2)
