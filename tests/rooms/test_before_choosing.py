"""A kind of service may ask before a time is chosen, and nobody comes to a time past its questions."""

from datetime import time, timedelta

import pytest
import time_machine

from clinic.app import ROOMS, create_app
from clinic.db import db
from clinic.questionnaires.models import QuestionnaireResponse
from clinic.scheduling.models import Appointment, Hold, WaitlistEntry
from clinic.services.room import use
from tests.conftest import SETTINGS, Client
from tests.makes import NOON, make_child, make_user
from tests.rooms.mud_baths import GOOD_FOR, MUD_BATHS
from tests.world import World

WELL = {"q-fever": "no", "q-cut": "no"}
FEVER, CUT = WELL | {"q-fever": "yes"}, WELL | {"q-cut": "yes"}
TOO_LATE = NOON + GOOD_FOR + timedelta(minutes=1)
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request, fresh, noon):
    """The site with mud baths, once on each engine."""
    app = create_app(SETTINGS | {"DATABASE_URL": fresh(request.param)}, rooms=(*ROOMS, MUD_BATHS))
    app.test_client_class = Client
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    use(ROOMS)


class Family(World):
    """A parent with two children, and mud baths tomorrow."""

    def __init__(self, site):
        super().__init__(
            "mud_baths", name_zh="泥浴", name_en="Mud bath", hours={"closes": time(17)}
        )
        self.child = make_child(self.parent, name="小禾")
        self.sister = make_child(self.parent, name="小麦")
        self.client = site.test_client().sign_in(self.parent)

    def asked(self, child=None):
        """The page of questions, by way of the page of times."""
        child = child or self.child
        return self.client.page(f"/mud_baths/?child={child.id}", follow_redirects=True)

    def answer(self, answers=WELL, child=None):
        """The page of times after that."""
        return self.asked(child).form("first").fill(answers).submit().follow()

    def held(self, times):
        """What comes of the first time on the page."""
        slots = times.values("[name=slot]", "value")
        return times.form(action="/mud_baths/holds").submit(slots[0])

    def count(self, model):
        db.session.expire_all()
        return db.session.query(model).count()


@pytest.fixture
def family(site):
    return Family(site)


def has_times(page):
    return bool(page.values("[name=slot]", "value"))


def test_who_has_nothing_to_say_is_asked_once_and_books(family):
    asked = family.client.page("/").click("Mud baths", follow_redirects=True)
    assert "发热吗？" in asked.words
    times = asked.form("first").fill(WELL).submit().follow()
    assert has_times(times)
    family.held(times).follow().form(holding="reason").submit()
    assert family.count(Appointment) == 1
    family.client.page(f"/mud_baths/?child={family.child.id}")  # is not asked again


def test_a_page_without_answers_says_so_and_nothing_is_kept(family):
    bad = family.asked().form("first").fill({"q-cut": "no"}).submit()
    assert (bad.status, set(bad.errors)) == (422, {"q-fever"})
    assert bad.form("first").fields["q-cut"] == "no"
    assert family.count(QuestionnaireResponse) == 0


def test_who_is_to_go_elsewhere_is_led_there(family):
    times = family.answer(FEVER)
    assert "A doctor looks at the fever first." in times.words
    assert not has_times(times)
    assert "/pediatrics/" in times.click("See a doctor").address


def test_who_is_stopped_is_told_why_and_can_choose_for_another_child(family):
    times = family.answer(CUT)
    assert "No mud on a cut: 小禾." in times.words
    assert not has_times(times)
    assert has_times(family.answer(WELL, family.sister))


def test_each_child_of_a_visit_is_asked(family):
    family.answer()
    both = f"/mud_baths/?child={family.child.id}&with={family.sister.id}"
    asked = family.client.page(both, follow_redirects=True)
    assert asked.one("h1").text() == "小麦"
    told = asked.form("first").fill(CUT).submit().follow()
    assert "No mud on a cut: 小麦." in told.words


def test_the_questions_show_what_was_answered_when_one_comes_back(family):
    asked = family.asked()
    asked.form("first").fill(FEVER).submit()
    again = family.client.page(asked.address)
    assert again.form("first").fields["q-fever"] == "yes"
    assert has_times(again.form("first").fill(WELL).submit().follow())


def test_scripts_are_sent_to_the_questions_and_told_the_sentence_in_place(family):
    address = f"/mud_baths/?child={family.child.id}"
    answer = family.client.get(address, headers=HTMX)
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith("/mud_baths/first?")
    family.answer(FEVER)
    part = family.client.get(address, headers=HTMX)
    assert part.text.lstrip().startswith('<div id="chooser"')
    assert "A doctor looks at the fever first." in part.text


def test_a_page_of_times_from_before_holds_nothing_once_the_answers_are_old(family):
    times = family.answer()
    with time_machine.travel(TOO_LATE, tick=False):
        answer = family.held(times)
        assert "/mud_baths/first?" in answer.location
        assert family.count(Hold) == 0
        asked = answer.follow()
        assert has_times(asked.form("first").fill(WELL).submit().follow())


def test_what_was_answered_meanwhile_holds_for_an_older_page(family):
    times = family.answer()
    family.client.page(f"/mud_baths/first?child={family.child.id}").form("first").fill(CUT).submit()
    told = family.held(times).follow()
    assert "No mud on a cut" in told.words
    assert family.count(Hold) == 0


@pytest.mark.parametrize(("answers", "said"), [(FEVER, "A doctor looks"), (CUT, "No mud on a cut")])
def test_what_was_answered_meanwhile_holds_for_a_time_that_is_kept(family, answers, said):
    confirm = family.held(family.answer()).follow()
    first = family.client.page(f"/mud_baths/first?child={family.child.id}")
    first.form("first").fill(answers).submit()
    told = confirm.form(holding="reason").submit().follow(follow_redirects=True)
    assert said in told.words
    assert family.count(Appointment) == 0


def test_a_time_that_is_kept_is_confirmed_after_answering_again(family):
    times = family.answer()
    with time_machine.travel(NOON + GOOD_FOR - timedelta(minutes=1), tick=False):
        confirm = family.held(times).follow()
    with time_machine.travel(TOO_LATE, tick=False):
        asked = confirm.form(holding="reason").submit().follow(follow_redirects=True)
        back = asked.form("first").fill(WELL).submit()
        assert back.location.startswith(confirm.address.partition("?")[0])
        back.follow().form(holding="reason").submit()
    assert family.count(Appointment) == 1


def test_who_is_turned_away_does_not_wait_for_a_place_either(family):
    wait = f"/mud_baths/waitlist?child={family.child.id}"
    family.answer(CUT)
    refused = family.client.page(wait).form(holding="last_day").submit()
    assert refused.status == 422
    assert "No mud on a cut" in refused.words
    assert family.count(WaitlistEntry) == 0
    first = family.client.page(f"/mud_baths/first?child={family.child.id}")
    first.form("first").fill(WELL).submit()
    family.client.page(wait).form(holding="last_day").submit()
    assert family.count(WaitlistEntry) == 1


def test_another_familys_child_is_not_asked_about(family):
    stranger = make_child(make_user())
    db.session.commit()
    assert family.client.get(f"/mud_baths/first?child={stranger.id}").status_code == 404
    assert family.client.get(f"/mud_baths/?child={stranger.id}").status_code == 404
