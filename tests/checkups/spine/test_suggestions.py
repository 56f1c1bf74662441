"""What is offered beyond a check, and why: a table of cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.centres.models import Service
from clinic.checkups.spine.suggestions import (
    CODES,
    REHAB,
    SPINE,
    WEIGHT,
    offers,
    signs_seen,
)

ALL = [Service(code=code, kind="rehab", min_age_months=3, max_age_months=215) for code in CODES]


@pytest.mark.parametrize(
    ("positive", "words", "months", "expected"),
    [
        ([], [], 12, []),
        (["sign-1"], [], 12, [REHAB]),
        (["regression"], [], 36, [REHAB]),
        ([], ["超重"], 12, [WEIGHT]),
        ([], ["肥胖"], 12, [WEIGHT]),
        ([], [None, "重度肥胖"], 12, [WEIGHT]),
        ([], ["消瘦", "生长迟缓", "低体重", "重度消瘦", None], 12, []),
        ([], [], 71, []),
        ([], [], 72, [SPINE]),
        ([], [], 215, [SPINE]),
        ([], [], 216, []),
        (["sign-2"], ["肥胖"], 72, [REHAB, WEIGHT, SPINE]),
        (["sign-2"], ["肥胖"], 2, []),  # younger than the services take
    ],
)
def test_each_offer_has_its_reason(positive, words, months, expected):
    found = offers(positive=positive, words=words, age_months=months, services=ALL)
    assert [suggestion.service.code for suggestion in found] == expected
    assert all(suggestion.reason for suggestion in found)
    assert len({suggestion.reason for suggestion in found}) == len(found)


@given(st.sets(st.sampled_from(CODES)))
def test_only_what_the_centres_have_is_offered(there):
    services = [service for service in ALL if service.code in there]
    found = offers(positive=["sign-1"], words=["超重"], age_months=80, services=services)
    assert {suggestion.service.code for suggestion in found} == there


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, []),
        ({"sign-1": "no", "sign-2": "yes"}, ["sign-2"]),
        ({"regression": "yes"}, ["regression"]),
        ({"feeding_guidance": "yes", "hip": "normal", "referral": "agreed"}, []),
    ],
)
def test_only_signs_are_signs(found, expected):
    assert signs_seen(found) == expected
