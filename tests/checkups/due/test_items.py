"""What a check asks at each age, and when it sends a child on."""

import pytest

from clinic.amounts import Kind
from clinic.checkups.due.items import (
    AMOUNTS,
    data,
    findings,
    in_english,
    sheet,
)
from clinic.checkups.due.next_check import hb_needed
from clinic.checkups.due.referral import referral, second_screen
from clinic.checkups.due.schedule import check_ages

BY_ID = {visit.id: visit for visit in check_ages()}
W, L, H, HB, T = Kind.WEIGHT, Kind.LENGTH, Kind.HEAD, Kind.HAEMOGLOBIN, Kind.TEMPERATURE
# Every item of the schedule that is no amount, finding or advice, and where the page has it.
ELSEWHERE = {"warning_signs_screen", "visual_acuity", "HepB-2 may be given"}


def whole(visit):
    return sheet(BY_ID[visit], BY_ID[visit].items)


@pytest.mark.parametrize(
    ("visit", "amounts"),
    [
        ("NB", (T, W, L)),
        ("M1", (W, L, H)),
        ("M3", (W, L, H)),
        ("M6", (W, L, H, HB)),
        ("M8", (W, L, H, HB)),
        ("M12", (W, L, H)),
        ("M18", (W, L, H, HB)),
        ("M24", (W, L, H)),
        ("M30", (W, L, H, HB)),
        ("M36", (W, L, H)),
        ("Y4", (W, L, HB)),
        ("Y5", (W, L, HB)),
        ("Y6", (W, L, HB)),
    ],
)
def test_what_is_measured(visit, amounts):
    assert sorted(whole(visit).amounts) == sorted(amounts)


@pytest.mark.parametrize(
    ("code", "at"),
    [
        ("hearing_behavioural", "M6 M12 M24 M36"),
        ("hearing_screen_result", "NB"),
        ("refraction_screen", "M24 M36 Y4 Y5 Y6"),
        ("teeth_and_caries", "M12 M18 M24 M30 M36 Y4 Y5 Y6"),
        ("acuity-left", "Y4 Y5 Y6"),
        ("sign-1", "M3 M6 M8 M12 M18 M24 M30 M36 Y4 Y5 Y6"),
        ("regression", "M3 M6 M8 M12 M18 M24 M30 M36 Y4 Y5 Y6"),
        ("tcm", "M6 M12 M18 M24 M30 M36"),
        ("jaundice", "NB"),
        ("feeding_guidance", "M3 M6 M8 M12 M18 M24 M30 M36"),
        ("sleep_play", "NB M1 M3 M6 M8 M12 M18 M24 M30 M36 Y4 Y5 Y6"),
    ],
)
def test_at_which_checks_it_is_asked(code, at):
    assert [one for one in BY_ID if code in whole(one).fields] == at.split()


def test_every_item_of_the_schedule_has_its_place_on_the_page():
    for visit in check_ages():
        found = {finding.code for finding in whole(visit.id).findings}
        talked = {advice.code for advice in whole(visit.id).advice}
        assert set(visit.items) - set(AMOUNTS) - found - talked <= ELSEWHERE


def test_fields_are_distinct_and_fit_the_record():
    for one in BY_ID:
        fields = whole(one).fields
        assert len(fields) == len(set(fields))
        assert max(map(len, fields)) <= 40
    assert {finding.code for finding in findings()} <= {
        item for visit in check_ages() for item in visit.items
    }


def test_blood_that_was_taken_is_not_taken_again():
    eight = BY_ID["M8"]
    assert not hb_needed(eight, ["M6"], hb_done=True)
    left = [item for item in eight.items if item != "haemoglobin"]
    assert HB not in sheet(eight, left).amounts


def test_our_own_wording_is_marked_as_unverified():
    assert data()["verified"] is False
    assert in_english("重度生长迟缓") == "severe stunting"


@pytest.mark.parametrize(
    ("found", "because"),
    [
        ({}, None),
        ({"sign-1": "no", "sign-2": "no", "regression": "no"}, None),
        ({"sign-1": "unsure"}, None),  # a parent's doubt is for the doctor to look at
        ({"sign-3": "yes"}, ["sign-3"]),
        ({"regression": "yes"}, ["regression"]),
        ({"sign-1": "no", "sign-4": "yes", "regression": "yes"}, ["sign-4", "regression"]),
        ({"sign-5": "yes", "hip": "abnormal"}, None),
    ],
)
def test_one_sign_or_any_regression_sends_a_child_on(found, because):
    sent_on = referral(BY_ID["M12"], found, 12)
    assert (sent_on and [check_question.code for check_question in sent_on.because]) == because


@pytest.mark.parametrize(
    ("months", "tools"),
    [
        (3, ("儿心量表-II",)),
        (17, ("儿心量表-II",)),
        (18, ("M-CHAT", "儿心量表-II")),
        (23, ("M-CHAT", "儿心量表-II")),
        (24, ("ABC", "儿心量表-II")),
        (72, ("ABC", "儿心量表-II")),
    ],
)
def test_the_second_screen_goes_by_age(months, tools):
    assert second_screen(months) == tools
