"""`flask --app wsgi setup` on a migrated database without a row, on both engines."""

import re
from datetime import timedelta

import pytest

from clinic.accounts.models import Role, StaffInvitation
from clinic.accounts.queries import find_user
from clinic.centres.models import Centre
from clinic.db import db

CENTRE = ["翠苑中心", "Cuiyuan Centre", "cuiyuan", "西湖区", "文一路18号", "18 Wenyi Road"]
CENTRE += ["0571-8700 0000", "30.28, 120.12"]
LINK = re.compile(r"https?://\S+?(/staff-invitations/\S+)")


def run(app, *options, typed=()):
    """What the command prints, and whether it went well."""
    db.session.commit()
    done = app.test_cli_runner().invoke(args=["setup", *options], input="\n".join(typed) + "\n")
    db.session.expire_all()
    return done


def test_from_nothing_to_an_administrator_and_a_centre(both):
    done = run(both, typed=["沈岚", "138 0013 8000", "y", *CENTRE])
    assert done.exit_code == 0, done.output
    centre = db.session.query(Centre).one()
    assert (centre.code, centre.latitude, centre.opened_at) == ("cuiyuan", 30.28, None)
    page = both.test_client().page(LINK.search(done.output)[1]).form(holding="password_again")
    secret = "correct horse battery"
    page = page.fill(password=secret, password_again=secret).submit().follow()
    assert "翠苑中心" in page.words
    assert find_user("+8613800138000").roles == {Role.ADMIN}


def test_a_second_run_makes_no_second_administrator(both):
    who = ("--name", "沈岚", "--contact", "lan@example.cn", "--no-centre")
    first, second = run(both, *who), run(both, *who)
    both.test_client().page(LINK.search(first.output)[1], status=404)  # the newer one counts
    page = both.test_client().page(LINK.search(second.output)[1]).form(holding="password_again")
    page.fill(password="correct horse battery", password_again="correct horse battery").submit()
    assert "There is an administrator: 沈岚" in run(both, *who).output
    assert db.session.query(StaffInvitation).count() == 2
    other = run(both, "--another", "--name", "王一", "--contact", "yi@example.cn", "--no-centre")
    assert LINK.search(other.output)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["沈岚", "12345", "lan@example.cn", "n"], "11 digits"),
        (["沈岚", "lan@example.cn", "y", *CENTRE[:2], "New Centre!", *CENTRE[2:]], "small letters"),
        (
            ["沈岚", "lan@example.cn", "y", *CENTRE[:-1], "120.12, 30.28", CENTRE[-1]],
            "30.28, 120.12",
        ),
        (["沈岚", "lan@example.cn", "y", *CENTRE[:3], "火星区", *CENTRE[3:]], "these districts"),
    ],
)
def test_what_cannot_be_read_is_said_and_asked_again(app, typed, says):
    done = run(app, typed=typed)
    assert done.exit_code == 0, done.output
    assert says in done.output


def test_an_invitation_of_before_is_good_for_three_days(app):
    run(app, "--name", "沈岚", "--contact", "lan@example.cn", "--no-centre")
    invitation = db.session.query(StaffInvitation).one()
    assert invitation.expires_at - invitation.created_at == timedelta(hours=72)
