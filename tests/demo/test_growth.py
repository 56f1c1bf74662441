"""The demo's children have grown plausibly."""

from sqlalchemy import select

from clinic.checkups.growth.charts import BMI, WEIGHT, series_of
from clinic.checkups.growth.lines import Standard
from clinic.checkups.growth.queries import entered_of, heights_of, patient_of
from clinic.db import db
from clinic.families.models import Child
from tests.demo.conftest import DAY


def grown(name):
    child = db.session.scalars(select(Child).where(Child.name == name)).one()
    patient = patient_of(child)
    return patient, series_of(patient, entered_of(child.id), Standard.NATIONAL, DAY)


def test_the_demo_family_sees_growth_that_is_plausible(city):
    patient, series = grown("李一麦")
    weight = next(one for one in series if one.metric == WEIGHT)
    assert len(weight.samples) >= 5
    assert {sample.at_home for sample in weight.samples} == {True, False}
    values = [sample.value for sample in weight.samples]
    assert values == sorted(values)  # nobody shrinks
    assert all(patient.birth_date < sample.on <= DAY for sample in weight.samples)
    assert next(one for one in series if one.metric == BMI).latest.word == "超重"
    early, series = grown("孙安安")
    assert early.gestation_weeks == 34
    assert all(sample.months < sample.real for sample in series[0].samples)
    first = db.session.scalars(select(Child).where(Child.name == "李一禾")).one()
    assert heights_of(first.id) is not None
