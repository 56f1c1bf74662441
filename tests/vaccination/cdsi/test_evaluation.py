"""Which doses count by the CDC's logic, rule by rule: age, interval, vaccine, live vaccines, skips."""

from datetime import date, timedelta

import pytest

from clinic.vaccination.cdsi.course import AdministeredDose
from clinic.vaccination.cdsi.dates import period
from clinic.vaccination.cdsi.engine import assess
from tests.vaccination.cdsi.small import BORN, ON, asked, dose, evaluated, schedule, series


@pytest.mark.parametrize(
    ("day", "length", "after"),
    [
        ("2020-01-31", "1 month", "2020-03-01"),  # no 31 February: the first of the next month
        ("2020-01-15", "1 month", "2020-02-15"),
        ("2020-02-29", "1 year", "2021-03-01"),
        ("2020-02-29", "4 years", "2024-02-29"),
        ("2019-10-31", "4 months - 4 days", "2020-02-26"),  # months before days
        ("2019-12-31", "6 weeks - 4 days", "2020-02-07"),
        ("2019-12-05", "13 years + 4 weeks", "2033-01-02"),
        ("2004-05-31", "16 years - 4 months", "2020-01-31"),
        ("2020-03-01", "0 days", "2020-03-01"),
        ("2020-12-31", "12 months", "2021-12-31"),
    ],
)
def test_dates_are_reckoned_as_the_cdc_does(day, length, after):
    assert period(length).after(date.fromisoformat(day)) == date.fromisoformat(after)


@pytest.mark.parametrize("text", ["soon", "6", "6 moons", "6 months - 4", "months"])
def test_what_is_no_period_is_refused(text):
    with pytest.raises(ValueError, match="not a period"):
        period(text)


AGED = dose(age=[{"absMinAge": "40 days", "minAge": "44 days", "maxAge": "100 days"}])


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (39, "Age: Too Young"),
        (40, "Valid"),  # days of grace
        (44, "Valid"),
        (99, "Valid"),
        (100, "Age: Too Old"),
    ],
)
def test_age(age, said):
    assert evaluated(schedule(series(AGED)), age) == [said]


def test_a_dose_that_is_too_old_is_extraneous():
    assert asked(schedule(series(AGED)), 100).evaluation[0].status == "Extraneous"


def test_a_row_counts_in_its_time_only():
    before = {"absMinAge": "40 days", "cessationDate": "2020-02-01"}
    after = {"absMinAge": "32 days", "effectiveDate": "2020-02-02"}
    of = schedule(series(dose(age=[before, after])))
    assert evaluated(of, 31) == ["Age: Too Young"]  # on 1 February, by the first row
    assert evaluated(of, 32) == ["Valid"]
    later = schedule(series(dose(age=[before, after | {"absMinAge": "33 days"}])))
    assert evaluated(later, 32) == ["Age: Too Young"]


def after_previous(**more):
    """Two doses, the second four weeks after the first, with four days of grace."""
    gap = {"fromPrevious": True, "absMinInt": "24 days", "minInt": "28 days"}
    return schedule(series(dose(), dose(interval=[gap], **more)))


@pytest.mark.parametrize(
    ("ages", "said"),
    [
        ((0, 23), ["Valid", "Interval: too Soon"]),
        ((0, 24), ["Valid", "Valid"]),
        ((0, 20, 43), ["Valid", "Interval: too Soon", "Interval: too Soon"]),
        ((0, 20, 44), ["Valid", "Interval: too Soon", "Interval: too Soon"]),  # no grace twice
        ((0, 20, 48), ["Valid", "Interval: too Soon", "Valid"]),
        ((0, 24, 25), ["Valid", "Valid", "Series Already Complete"]),
    ],
)
def test_interval_from_the_dose_before(ages, said):
    assert evaluated(after_previous(), *ages) == said


def test_an_allowable_interval_is_enough():
    of = after_previous(allowableInterval=[{"fromPrevious": True, "absMinInt": "10 days"}])
    assert evaluated(of, 0, 9) == ["Valid", "Interval: too Soon"]
    assert evaluated(of, 0, 10) == ["Valid", "Valid"]


def test_every_allowable_interval_must_have_passed():
    two = [{"fromPrevious": True, "absMinInt": f"{days} days"} for days in (10, 20)]
    of = after_previous(allowableInterval=two)
    assert evaluated(of, 0, 19) == ["Valid", "Interval: too Soon"]
    assert evaluated(of, 0, 20) == ["Valid", "Valid"]


def test_interval_from_a_target_dose():
    gaps = [{"fromTargetDose": 1, "absMinInt": "100 days", "minInt": "100 days"}]
    of = schedule(series(dose(), dose(), dose(interval=gaps)))
    assert evaluated(of, 0, 90, 99) == ["Valid", "Valid", "Interval: too Soon"]
    assert evaluated(of, 0, 90, 100) == ["Valid"] * 3


def test_interval_from_the_latest_of_some_vaccines():
    gap = {"fromMostRecent": ["98"], "absMinInt": "50 days", "minInt": "50 days"}
    first = dose(preferable=[["98"], ["99"]])
    of = schedule(series(first, dose(interval=[gap])))
    assert evaluated(of, "98@0", 49) == ["Valid", "Interval: too Soon"]
    assert evaluated(of, 0, 49) == ["Valid", "Valid"]
    assert asked(of, "98@0").earliest == BORN + timedelta(days=50)


def test_the_latest_of_some_vaccines_may_be_against_another_disease():
    gap = {"fromMostRecent": ["90"], "absMinInt": "50 days", "minInt": "50 days"}
    of = schedule(series(dose(interval=[gap]), dose(interval=[gap])))
    assert evaluated(of, "90@10", 59) == ["Not Evaluated", "Interval: too Soon"]
    assert evaluated(of, "90@10", 60, "90@80") == ["Not Evaluated", "Valid", "Not Evaluated"]
    assert asked(of, "90@10", 60, "90@80").earliest == BORN + timedelta(days=130)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["98@27"], "Vaccine: Invalid Usage"),
        (["98@28"], "Valid"),  # allowable from 28 days, preferable from 30
        (["98@60"], "Valid"),
        (["98@90"], "Vaccine: Invalid Usage"),
        (["97@60"], "Inadvertent Vaccine"),
    ],
)
def test_vaccine(given, said):
    target = dose(
        preferable=[["98", "30 days", "90 days"]],
        allowable=[["98", "28 days", "90 days"]],
        inadvertent=["97"],
    )
    assert evaluated(schedule(series(target)), *given) == [said]


def test_a_maker_counts_where_the_schedule_names_one():
    of = schedule(series(dose(preferable=[["99", "", "", "MSD"]])))
    for maker, status in (("MSD", "Valid"), ("SKB", "Not Valid"), ("", "Not Valid")):
        found = assess(BORN, "F", [AdministeredDose(BORN, "99", maker)], "G", ON, of)
        assert found.evaluation[0].status == status


def test_an_inadvertent_dose_starts_no_interval_but_is_not_gone_behind():
    gap = {"fromPrevious": True, "absMinInt": "28 days", "minInt": "28 days"}
    of = schedule(series(dose(), dose(interval=[gap], inadvertent=["97"])))
    assert asked(of, 0, "97@20").earliest == BORN + timedelta(days=28)
    assert asked(of, 0, "97@40").earliest == BORN + timedelta(days=40)


CONFLICT = ["99", "99", "1 day", "24 days", "28 days"]


@pytest.mark.parametrize(
    ("ages", "said"),
    [
        ((50, 50), ["Valid", "Valid"]),
        ((50, 51), ["Valid", "Live Virus Conflict"]),
        ((50, 73), ["Valid", "Live Virus Conflict"]),
        ((50, 74), ["Valid", "Valid"]),  # the first was valid: the shorter interval
        ((5, 30), ["Age: Too Young", "Live Virus Conflict"]),
        ((5, 33), ["Age: Too Young", "Valid"]),
    ],
)
def test_live_vaccines(ages, said):
    target = dose(age=[{"absMinAge": "10 days"}])
    of = schedule(series(target, target), conflicts=[CONFLICT])
    assert evaluated(of, *ages) == said


def test_a_live_vaccine_against_another_disease_is_taken_as_valid():
    of = schedule(series(dose()), conflicts=[["90", *CONFLICT[1:]]])
    assert evaluated(of, "90@50", 73) == ["Not Evaluated", "Live Virus Conflict"]
    assert evaluated(of, "90@50", 74) == ["Not Evaluated", "Valid"]


def test_a_forecast_waits_for_the_live_vaccine_before():
    of = schedule(series(dose(), dose()), conflicts=[CONFLICT])
    assert asked(of, 50).earliest == BORN + timedelta(days=74)


def skipped(*conditions, logic="n/a", when="Both"):
    """A series whose second target dose is skipped on these conditions, and a third."""
    sets = [{"logic": logic, "conditions": list(conditions)}]
    one = dose(skip=[{"context": when, "logic": "n/a", "sets": sets}], age=[{"minAge": "9 days"}])
    return schedule(series(dose(), one, dose(age=[{"minAge": "500 days"}])))


OLD = {"type": "age", "beginAge": "100 days", "endAge": "200 days"}
FAR = {"type": "interval", "interval": "60 days"}


def count(more, **condition):
    """A condition that counts doses."""
    return {"type": "vaccine count by age", "doseCountLogic": more, **condition}


@pytest.mark.parametrize(
    ("of", "given", "left"),
    [
        (skipped(OLD), (0, 99), 1),
        (skipped(OLD), (0, 100), 0),
        (skipped(OLD), (0, 200), 1),
        (skipped(FAR), (0, 59), 1),
        (skipped(FAR), (0, 60), 0),
        (skipped(OLD, FAR, logic="AND"), (50, 105), 1),
        (skipped(OLD, FAR, logic="OR"), (50, 105), 0),
        (skipped(OLD, FAR, logic="AND"), (50, 110), 0),
        (skipped(OLD, when="Evaluation"), (0, 100), 0),
        (skipped(OLD, when="Forecast"), (0, 100), 1),
        (skipped(count("equal to", doseType="valid", doseCount=1)), (0, 20), 0),
        (skipped(count("greater than", doseType="valid", doseCount=1)), (0, 20), 1),
        (skipped(count("greater than", doseType="valid", vaccineTypes=["98"])), (0, 20), 1),
        (skipped(count("greater than", doseType="total", beginAge="5 days")), (0, 20), 1),
        (skipped(count("greater than", doseType="total", endAge="5 days")), (0, 20), 0),
        (skipped(count("greater than", doseType="total", startDate="2020-01-02")), (0, 20), 1),
        (skipped(count("greater than", doseType="total", startDate="2020-01-01")), (0, 20), 0),
        (skipped(count("greater than", doseType="total", endDate="2020-01-01")), (0, 20), 1),
        (skipped(count("greater than", doseType="total", endDate="2020-01-02")), (0, 20), 0),
    ],
)
def test_a_target_dose_is_skipped(of, given, left):
    """The second dose given satisfies the third target dose if the second is skipped."""
    found = asked(of, *given)
    assert found.status == ("Not complete" if left else "Complete")


def test_any_set_will_do_and_only_from_its_day_on():
    late = {"conditions": [OLD], "effectiveDate": "2020-04-20"}  # 110 days
    never = {"conditions": [{"type": "age", "beginAge": "90 years"}]}
    two = [{"context": "Both", "logic": "OR", "sets": [never, late]}]
    of = schedule(series(dose(), dose(skip=two), dose()))
    assert asked(of, 0, 105).status == "Not complete"
    assert asked(of, 0, 110).status == "Complete"


def test_what_need_not_be_given_on_its_day_is_skipped_as_well():
    """The recommendation is validated: too old on the earliest day, though not on this one."""
    gap = {"fromPrevious": True, "minInt": "90 days"}
    skip = [
        {
            "context": "Forecast",
            "logic": "n/a",
            "sets": [{"conditions": [{"type": "age", "beginAge": "100 days"}]}],
        }
    ]
    of = schedule(
        series(dose(), dose(interval=[gap], skip=skip), dose(age=[{"minAge": "400 days"}]))
    )
    found = asked(of, 20, on=BORN + timedelta(days=30))
    assert found.earliest == BORN + timedelta(days=400)


@pytest.mark.parametrize(
    ("group", "cvx", "said"), [("X", "99", "vaccine group"), ("G", "1", "vaccine")]
)
def test_what_the_schedule_does_not_know_is_refused(group, cvx, said):
    with pytest.raises(ValueError, match=f"unknown {said}"):
        assess(BORN, "F", [AdministeredDose(BORN, cvx)], group, ON, schedule(series(dose())))
