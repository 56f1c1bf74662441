"""The rules of booking on pages: what each is, where it comes from, what a change would change."""

from datetime import date, timedelta

import pytest

from clinic.accounts.models import Role
from clinic.audit import AuditEvent
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.models import PolicyRow, SlotService
from clinic.scheduling.policies.policy import DEFAULT
from clinic.scheduling.policies.stored import policy_for, set_policy
from tests.makes import NOON, make_service, make_user
from tests.queries import count_queries
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")


class Site(World):
    """A centre with a session in three days, which opens online two days ahead: not yet."""

    def __init__(self, app, role=Role.MANAGER):
        super().__init__()
        set_policy(
            {"release_days": 2, "notice_to_cancel": 60},
            service=None,
            centre=None,
            by=self.manager,
            now=NOON,
        )
        self.open(clinic_day(NOON) + timedelta(days=3))
        db.session.commit()
        self.address = f"/setup/centres/{self.centre.code}/policies"
        who = self.manager if role is Role.MANAGER else make_user(role)
        self.client = app.test_client().sign_in(who)

    def form(self, service=None):
        asking = f"?service={service.id}" if service else ""
        return self.client.page(f"{self.address}{asking}").form(holding="release_days")

    @property
    def policy(self):
        return policy_for(self.service.id, self.centre.id)


def opened():
    return {row.opens_at <= NOON for row in db.session.query(SlotService)}


def test_what_would_change_is_shown_before_it_is_saved(both):
    site = Site(both)
    page = site.form().fill(release_days="14").submit()
    assert (page.status, opened()) == (200, {False})
    assert "提前天数：从2 天改为14 天" in page.words
    assert "1天立即放号：3月5日周四" in page.words
    assert site.policy.release_days == 2
    page = page.form(holding="release_days").submit().follow()
    assert "已保存" in page.text
    assert (site.policy.release_days, opened()) == (14, {True})


def test_other_entries_are_shown_before_they_are_saved(both):
    site = Site(both)
    page = site.form().fill(release_days="14").submit()
    page = page.form(holding="release_days").fill(release_days="1").submit()
    assert "从2 天改为1 天" in page.words
    assert "1天比原定更晚放号" in page.words
    assert site.policy.release_days == 2


def test_a_value_says_where_it_comes_from(both):
    site = Site(both)
    set_policy({"per_day": 3}, service=None, centre=site.centre, by=site.manager, now=NOON)
    db.session.commit()
    page = site.client.page(f"{site.address}?service={site.service.id}")
    hints = {
        name: page.one(f"#{name}-hint").text() for name in ("release_days", "per_day", "per_week")
    }
    assert "留空：2 天（全市规则）" in hints["release_days"]
    assert "留空：3 次（本中心规则）" in hints["per_day"]
    assert "留空：5 次（通常值）" in hints["per_week"]


def test_an_emptied_field_follows_the_wider_rule_again(both):
    site = Site(both)
    own = {"release_days": 9, "absences": [[2, 7]], "urgent": True, "release_time": "07:30"}
    set_policy(own, service=site.service, centre=site.centre, by=site.manager, now=NOON)
    db.session.commit()
    form = site.form(site.service)
    assert "没有改动" in form.submit().follow().text
    names = ("absences-1-visits", "absences-1-days", "release_days", "urgent", "release_time")
    page = site.form(site.service).fill(dict.fromkeys(names, "")).submit()
    page.form(holding="release_days").submit().follow()
    db.session.expire_all()
    assert (site.policy.release_days, site.policy.absences) == (2, DEFAULT.absences)
    event = db.session.query(AuditEvent).filter_by(action="set_policy").all()[-1]
    assert event.details["before"]["release_days"] == 9


def test_two_tabs_do_not_undo_each_other(both):
    site = Site(both)
    first, second = (site.form().fill(per_day=value).submit() for value in ("2", "3"))
    assert first.form(holding="per_day").submit().status == 303
    page = second.form(holding="per_day").submit()
    assert page.status == 422
    assert "另一个窗口" in page.words
    assert site.policy.per_day == 2
    assert page.form(holding="per_day").submit().status == 303
    db.session.expire_all()
    assert site.policy.per_day == 3


def test_booked_visits_stay_and_those_bound_by_the_notice_are_counted(both):
    site = Site(both)
    site.session = site.open()  # tomorrow at nine: 21 hours
    site.book(0)
    page = site.form().fill(notice_to_cancel="2880").submit()
    assert "1个已约就诊不变" in page.words
    assert "其中1个不能再在网上改期和取消" in page.words


BAD = {
    "release_days": ("367", "0到366"),
    "holds_per_family": ("0", "1到20"),
    "per_day": ("many", "数字"),
    "release_time": ("25:00", "08:30"),
    "absences-1-days": ("0", "1到366"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_said_at_its_field(app, name):
    site = Site(app)
    typed, says = BAD[name]
    page = site.form().fill({name: typed}).submit()
    assert page.status == 422
    assert says in page.errors[name], page.errors
    assert page.form(holding="release_days").fields[name] == typed
    assert db.session.query(PolicyRow).count() == 1


def test_the_city_is_set_by_its_administrator_only(app):
    site = Site(app, Role.ADMIN)
    page = site.client.page("/setup/policies").form(holding="per_day").fill(per_day="4").submit()
    page.form(holding="per_day").submit().follow()
    assert site.policy.per_day == 4
    manager = app.test_client().sign_in(site.manager)
    manager.page("/setup/policies", status=403)
    other = make_service()
    manager.page(f"{site.address}?service={other.id}", status=404)


def test_the_preview_asks_as_much_for_many_visits_as_for_one(app):
    site = Site(app)
    site.session = site.open()
    site.book(0)

    def asked():
        form = site.form().fill(release_days="9")
        return count_queries(form.submit)

    asked()
    few = asked()
    for number in range(1, 6):
        site.book(number)
    site.open(date(2026, 3, 4))
    db.session.commit()
    assert asked() <= few
