"""A number that cannot be is refused, and one that is odd is asked about."""

from datetime import date

import pytest

from clinic.amounts import How, Kind
from tests.checkups.at_the_check import NUMBERS, WHOLE, Day, hidden
from tests.checkups.check.posting import kept, post

pytestmark = pytest.mark.usefixtures("on_the_day")

HTMX = {"HX-Request": "true"}
SAVE, FINISH, LOOK = ({"action": one} for one in ("save", "finish", "look"))


@pytest.mark.parametrize(
    ("change", "bad", "sentence"),
    [
        ({"head": "450"}, "head", "Did you mean 45 cm (450 mm)?"),
        ({"head": "99"}, "head", "This must lie between 15 and 70 cm."),
        ({"weight": "about nine"}, "weight", "Enter a number, for example 9.2."),
        ({"weight": "9200"}, "weight", "Did you mean 9.2 kg (9200 g)?"),
        ({"weight": "18.4"}, "weight", "Did you mean 9.2 kg (18.4 斤)?"),
        ({"weight": "18.4斤"}, "weight", "Did you mean 9.2 kg (18.4 斤)?"),
        ({"length": "0.755"}, "length", "Did you mean 75.5 cm (0.755 m)?"),
        ({"length": "70"}, "length", "Shorter than before (73.5 cm on Sun 1 Feb). Is it right?"),
        ({"weight": "5.9"}, "weight", "It was 8.9 kg on Sun 1 Feb: a big change. Is it right?"),
        ({"how": ""}, "how", "Choose how the child was measured."),
        ({"how": "sitting"}, "how", "Choose how the child was measured."),
        ({"eye_check": "maybe"}, "eye_check", "Choose one of these."),
        ({"note": "x" * 1001}, "note", "Please keep it to 1000 characters."),
    ],
)
@pytest.mark.parametrize("action", [SAVE, FINISH])
def test_what_cannot_be_is_refused_and_what_is_odd_is_asked(
    doctor, day, change, bad, sentence, action
):
    day.measured()
    day.measured(kind=Kind.LENGTH, amount=735, how=How.LYING)
    answer = post(doctor, day, WHOLE, change, action)
    assert answer.status_code == 422
    assert f'href="#{bad}"' in answer.text
    assert sentence in answer.text
    assert kept() == {}


def test_the_number_that_was_meant_is_accepted_with_one_tap(doctor, day):
    answer = post(doctor, day, NUMBERS, SAVE, weight="9200")
    assert 'name="accept-weight" value="9.2"' in answer.text
    data = hidden(answer.text) | NUMBERS | {"weight": "9200", "accept-weight": "9.2"}
    assert doctor.post(day.page, data=data).status_code == 303
    assert kept()["weight"] == 9200


def test_who_is_sure_of_an_odd_number_saves_it_and_is_not_asked_again(doctor, day):
    shown = doctor.page(day.page).form().fill(NUMBERS | {"weight": "18.4"}).submit("save")
    assert shown.status == 422
    answer = shown.form().fill({"sure-weight": True}).submit("save")
    assert answer.location == day.page
    assert kept()["weight"] == 18400
    # It is not asked again, but for another number it is.
    page = answer.follow().form().fill(head="45.8").submit("save").follow()
    assert page.form().fill(weight="19.4").submit("save").status == 422


def test_a_number_that_is_impossible_stays_so_however_sure(doctor, day):
    shown = doctor.page(day.page).form().fill(NUMBERS | {"head": "450"}).submit("save")
    assert "sure-head" not in shown.form().names
    sure = shown.form().fill({"sure-head": "450"}, tampered=True)
    assert sure.submit("save").status == 422


def test_a_preterm_child_is_read_at_its_corrected_age(client, app):
    day = Day(gestation_weeks=32)
    client.sign_in(day.doctor)
    shown = client.post(day.page, data=NUMBERS | LOOK).text
    assert "Read at the corrected age of 11.1 months." in shown
    assert "12-month check" in shown  # the schedule goes by the calendar
    assert "Corrected age" in client.get(day.page).text  # both ages, before anything is typed


def test_a_crossing_of_percentile_lines_is_flagged_while_one_types(doctor, day):
    day.measured(date(2025, 8, 5), amount=7900)
    crossed = "lines crossed downward"
    for kilos, is_flagged in (("10.1", False), ("9.4", False), ("8.0", True)):
        part = doctor.post(day.page, data=NUMBERS | LOOK | {"weight": kilos}, headers=HTMX).text
        assert (f"<b>Weight: </b>{crossed}" in part) == is_flagged
    assert crossed not in doctor.post(day.page, data=LOOK | {"head": "45.6"}, headers=HTMX).text
