"""Two doctors write on one check: neither overwrites what the other has kept."""

import pytest

from clinic.amounts import Kind
from clinic.checkups.check import recording
from clinic.checkups.growth.measuring import Measured
from clinic.db import db
from tests.checkups.at_the_check import ON_THE_DAY, hidden
from tests.checkups.check.posting import kept, post
from tests.makes import TOMORROW

pytestmark = pytest.mark.usefixtures("on_the_day")

SAVE, FINISH, LOOK = ({"action": one} for one in ("save", "finish", "look"))


class TestTwoDoctors:
    """The second sees what the first saved; nothing is lost without a look."""

    @pytest.fixture
    def stale(self, doctor, day):
        """The page as it was before the other doctor saved 9.4 kg and the hearing test."""
        post(doctor, day, SAVE, weight="9.2", physical_exam="normal")
        page = hidden(doctor.get(day.page).text) | {"weight": "9.2", "physical_exam": "normal"}
        doctor.sign_in(day.other)
        theirs = page | {"weight": "9.4", "hearing_behavioural": "normal", "action": "save"}
        assert doctor.post(day.page, data=theirs).status_code == 303
        doctor.sign_in(day.doctor)
        return page

    def test_the_second_is_shown_both(self, doctor, day, stale):
        mine = stale | {"weight": "9.3", "head": "45.6", "action": "save"}
        answer = doctor.post(day.page, data=mine)
        assert answer.status_code == 409
        assert "陈禾田 saved this check meanwhile, at 09:10." in answer.text
        assert "in the form now: Behavioural hearing test" in answer.text
        assert "Saved meanwhile: <b>9.4</b>" in answer.text
        assert 'name="hearing_behavioural" value="normal" checked' in answer.text
        assert 'id="weight" name="weight"' in " ".join(answer.text.split())
        assert 'value="9.3"' in answer.text
        assert kept()["weight"] == 9400
        assert hidden(answer.text)["version"] == "2"
        assert hidden(answer.text)["clashes"] == "weight"

    def test_mine_is_saved_after_the_look_with_theirs(self, doctor, day, stale):
        mine = stale | {"weight": "9.3", "action": "save"}
        answer = doctor.post(day.page, data=mine)
        again = mine | hidden(answer.text) | {"hearing_behavioural": "normal"}
        assert doctor.post(day.page, data=again).status_code == 303
        assert kept() == {
            "weight": 9300,
            "physical_exam": "normal",
            "hearing_behavioural": "normal",
        }

    def test_theirs_is_taken_with_one_tap_and_not_saved_before_another_look(
        self, doctor, day, stale
    ):
        mine = stale | {"weight": "9.3", "physical_exam": "abnormal", "action": "finish"}
        answer = doctor.post(day.page, data=mine)
        assert answer.status_code == 409
        tapped = mine | hidden(answer.text) | {"take-weight": "1"}
        tapped.pop("action")
        shown = doctor.post(day.page, data=tapped)
        assert shown.status_code == 200
        assert 'value="9.4"' in shown.text
        assert hidden(shown.text)["clashes"] == ""
        assert kept()["weight"] == 9400

    def test_who_changed_nothing_that_clashes_still_gets_a_look(self, doctor, day, stale):
        answer = doctor.post(day.page, data=stale | {"head": "45.6", "action": "save"})
        assert answer.status_code == 409
        assert 'value="9.4"' in answer.text  # theirs, because mine was as shown
        assert "Saved meanwhile:" not in answer.text

    def test_two_who_begin_at_once_are_told_too(self, doctor, day):
        page = hidden(doctor.get(day.page).text)
        db.session.rollback()
        recording.save_check(
            recording.Target(day.child.id, day.visit.centre_id, "M12", TOMORROW, day.visit.id),
            0,
            [Measured(TOMORROW, Kind.WEIGHT, 9400)],
            {},
            by=day.other,
            now=ON_THE_DAY,
        )
        db.session.commit()
        answer = doctor.post(day.page, data=page | {"weight": "9.2", "action": "save"})
        assert answer.status_code == 409
        assert "Saved meanwhile: <b>9.4</b>" in answer.text
