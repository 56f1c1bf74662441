"""What has served its time is deleted by the worker, and nothing else."""

from datetime import timedelta

import pytest

from clinic.accounts.models import Counter, KeptForm, SignIn, SignInCode
from clinic.cli.tidying import tidy
from clinic.db import db
from clinic.vaccination.record.models import ImportDraft
from tests.makes import NOON, make_user, save

OLD, NEW = NOON - timedelta(days=100), NOON - timedelta(minutes=30)


def rows_of(user, moment, number):
    code = {"recipient": "+8613800000000", "code_hash": "x", "sent_at": moment}
    typed = {"page": "/", "action": "/", "typed": "", "left_out": []}
    return [
        SignInCode(**code, expires_at=moment),
        Counter(key=f"k{number}", since=moment, count=1),
        KeptForm(user_id=user.id, **typed, kept_at=moment),
        ImportDraft(by_id=user.id, made_at=moment, text=""),
        SignIn(
            key_hash=f"h{number}",
            user_id=user.id,
            epoch=0,
            browser="",
            created_at=moment,
            used_at=moment,
            present_at=moment,
            proved_at=moment,
        ),
    ]


@pytest.mark.parametrize(("moment", "left"), [(OLD, 0), (NEW, 1)])
def test_old_rows_go_and_new_ones_stay(both, moment, left):
    user = make_user()
    rows = rows_of(user, moment, 1)
    for row in rows:
        save(row)

    assert tidy(now=NOON) == (1 - left) * len(rows)

    for row in rows:
        assert db.session.query(type(row)).count() == left


@pytest.mark.usefixtures("noon")
def test_the_worker_tidies_up(app):
    user = make_user()
    for row in rows_of(user, OLD, 2):
        save(row)
    done = app.test_cli_runner().invoke(args=["schedule", "work", "--once"])
    assert done.exit_code == 0, done.output
    assert db.session.query(Counter).count() == 0
