"""What is next by the CDC's logic, rule by rule: dates, status, choice of series, groups."""

from datetime import date, timedelta

from tests.vaccination.cdsi.small import BORN, asked, dose, evaluated, schedule, series

DATED = dose(
    age=[
        {
            "minAge": "40 days",
            "earliestRecAge": "60 days",
            "latestRecAge": "90 days",
            "maxAge": "900 days",
        }
    ]
)


def days(found):
    """The three dates as ages in days."""
    dates = (found.earliest, found.recommended, found.past_due)
    return [date and (date - BORN).days for date in dates]


def test_forecast_by_age():
    assert days(asked(schedule(series(DATED)))) == [40, 60, 89]


def test_forecast_by_interval_where_no_age_is_recommended():
    gap = {
        "fromPrevious": True,
        "minInt": "28 days",
        "earliestRecInt": "56 days",
        "latestRecInt": "70 days",
    }
    of = schedule(series(dose(), dose(interval=[gap])))
    assert days(asked(of, 100)) == [128, 156, 169]
    of = schedule(series(dose(), DATED | {"interval": [gap]}))
    assert days(asked(of, 10)) == [40, 60, 89]
    assert days(asked(of, 100)) == [128, 128, 128]  # never before the earliest day


def test_status():
    assert asked(schedule(series(DATED)), on=BORN + timedelta(days=899)).status == "Not complete"
    assert asked(schedule(series(DATED)), on=BORN + timedelta(days=900)).status == "Aged out"
    assert asked(schedule(series(DATED)), 40).status == "Complete"
    assert asked(schedule(series(DATED), immune_before="2020-01-02")).status == "Immune"
    assert asked(schedule(series(DATED), immune_before="2020-01-01")).status == "Not complete"
    never = [{"context": "Both", "logic": "n/a", "sets": [{"conditions": [{"type": "age"}]}]}]
    assert asked(schedule(series(dose(skip=never)))).status == "Not recommended"


def test_a_season():
    of = schedule(series(dose(season=["2021-09-01", "2022-01-01"], recurring=True)))
    found = asked(of, 100)
    assert (found.earliest, found.number) == (date(2021, 9, 1), 1)  # the year before does not count
    assert asked(of, 100, 700).number == 2
    assert asked(of, on=date(2022, 1, 2)).status == "Not recommended"


def test_a_series_for_the_other_sex_is_none():
    his = series(dose(), genders=["Male"])
    hers = series(dose(), dose(), genders=["Female", "Unknown"])
    for sex, status in (("M", "Complete"), ("F", "Not complete"), (None, "Not complete")):
        assert asked(schedule(his, hers), 0, sex=sex).status == status


def test_the_default_series_is_for_who_had_nothing():
    other = series(dose(age=[{"minAge": "1 day"}]), default=False)
    assert days(asked(schedule(other, series(DATED)))) == [40, 60, 89]


def test_a_complete_series_is_chosen():
    long = series(dose(), dose())
    short = series(dose(), default=False, product=True)
    assert asked(schedule(long, short), 0).status == "Complete"


def test_of_complete_series_the_one_with_most_doses_that_count():
    short, long = series(dose()), series(dose(), dose(), default=False)
    assert evaluated(schedule(short, long), 0, 50) == ["Valid", "Valid"]


def test_a_series_that_was_begun_too_late_is_none():
    early = series(dose(), dose(), maxAgeToStart="30 days", preference=1)
    late = series(dose(), dose(age=[{"minAge": "300 days"}]), default=False, preference=2)
    assert asked(schedule(early, late), 29).earliest == BORN
    assert asked(schedule(early, late), 30).earliest == BORN + timedelta(days=300)


def test_an_evaluation_only_series_is_chosen_only_when_complete():
    only = series(dose(preferable=[["98"]]), type="Evaluation Only", group="2", default=False)
    assert asked(schedule(series(DATED), only)).earliest == BORN + timedelta(days=40)
    assert asked(schedule(series(DATED), only), "98@0").status == "Complete"


def two(a, b, *, full):
    """A vaccine group of two antigens with a series each."""
    return schedule(antigens={"A": [series(*a)], "B": [series(*b)]}, full=full)


def test_a_group_of_several_antigens_waits_for_all_unless_one_leads():
    early = dose(age=[{"minAge": "40 days", "earliestRecAge": "50 days"}])
    late = dose(age=[{"minAge": "70 days", "earliestRecAge": "80 days"}])
    assert days(asked(two([early], [late], full=True)))[:2] == [70, 70]
    gap = {"fromPrevious": True, "minInt": "10 days", "override": True}
    of = two([dose(), dose(interval=[gap])], [dose(), late], full=False)
    assert days(asked(of, 20))[0] == 30


def test_the_number_of_the_next_dose_of_several_antigens():
    a, b = [dose(preferable=[["98"], ["99"]])] * 3, [dose()] * 3
    assert asked(two(a, b, full=True), "98@0").number == 1
    assert asked(two(a, b, full=False), "98@0").number == 2


def test_a_dose_counts_that_counts_against_one_disease_of_the_group():
    of = two([dose()], [dose(age=[{"absMinAge": "90 days"}])], full=False)
    assert evaluated(of, 10) == ["Valid"]


def test_a_group_is_aged_out_with_one_of_its_diseases():
    of = two([dose()], [dose(age=[{"maxAge": "90 days"}])], full=True)
    assert asked(of).status == "Aged out"


def test_a_vaccine_of_another_disease_is_not_evaluated():
    assert evaluated(schedule(series(dose())), "90@10") == ["Not Evaluated"]


def test_who_can_only_come_on_the_last_day_is_too_late():
    gap = {"fromPrevious": True, "minInt": "28 days"}
    of = schedule(series(dose(), dose(interval=[gap], age=[{"maxAge": "100 days"}])))
    on = BORN + timedelta(days=75)
    assert asked(of, 71, on=on).status == "Not complete"
    assert asked(of, 72, on=on).status == "Aged out"


def test_the_latest_of_several_intervals_governs():
    gaps = [
        {"fromPrevious": True, "minInt": "28 days", "latestRecInt": "40 days"},
        {"fromTargetDose": 1, "minInt": "90 days", "latestRecInt": "120 days"},
    ]
    of = schedule(series(dose(), dose(), dose(interval=gaps)))
    assert days(asked(of, 0, 10)) == [90, 90, 119]


def test_a_dose_on_the_first_day_of_the_season_is_of_the_season():
    of = schedule(series(dose(season=["2021-09-01", ""], recurring=True)))
    first = (date(2021, 9, 1) - BORN).days
    assert [asked(of, age).number for age in (first - 1, first)] == [1, 2]


def test_a_forecast_leads_only_if_all_its_intervals_say_so():
    gap = {"fromPrevious": True, "minInt": "10 days"}
    late = dose(age=[{"minAge": "70 days"}])
    one, both = ([gap | {"override": True}, gap | other] for other in ({}, {"override": True}))
    for gaps, day in ((one, 70), (both, 30)):
        of = two([dose(), dose(interval=gaps)], [dose(), late], full=False)
        assert days(asked(of, 20))[0] == day


def later(day, **more):
    """A target dose not before that age in days: it shows which series was chosen."""
    return dose(age=[{"absMinAge": f"{day} days", "minAge": f"{day} days", **more}])


def chosen(*every, given=(0,)):
    """At which age in days the next dose is forecast."""
    return days(asked(schedule(*every), *given, on=BORN + timedelta(days=50)))[0]


def test_of_series_begun_one_of_a_single_product_is_chosen():
    plain = series(dose(), later(100))
    product = series(dose(), later(200), default=False, product=True)
    assert chosen(plain, product) == 200
    elsewhere = series(dose(preferable=[["98"]]), later(200), default=False, product=True)
    mixed = series(dose(preferable=[["98"], ["99"]]), later(100))
    assert chosen(mixed, elsewhere, given=("98@0", 10)) == 100  # a dose there did not count


def test_of_series_begun_one_that_can_be_finished_in_time_is_chosen():
    short = series(dose(), later(100), later(110, maxAge="100 days"))
    long = series(dose(), later(200), later(210))
    assert chosen(short, long) == 200


def test_of_series_begun_one_that_is_not_over_is_chosen():
    over = series(dose(), dose(), dose(age=[{"maxAge": "50 days"}]))
    going = series(later(10), later(200), later(300), default=False)
    assert chosen(over, going, given=(0, 20)) == 200


def test_of_series_begun_the_one_nearest_to_its_end_is_chosen():
    four = series(dose(), later(100), later(110), later(120))
    three = series(dose(), later(200), later(210), default=False)
    assert chosen(four, three) == 200


def test_of_series_begun_the_one_that_ends_first_is_chosen_and_then_the_preferred_one():
    def with_gap(length, day, **more):
        gap = {"fromPrevious": True, "minInt": f"{length} days"}
        return series(dose(), later(day), dose(interval=[gap]), **more)

    slow = with_gap(300, 100, preference=1)
    fast = with_gap(100, 200, preference=2, default=False)
    assert chosen(slow, fast) == 200
    same = with_gap(100, 200, preference=1)
    assert asked(schedule(fast, same), 0).earliest == BORN + timedelta(days=200)
    first, second = series(dose(), later(100), preference=1), series(dose(), later(100))
    assert chosen(first, second | {"preference": 2}) == 100
