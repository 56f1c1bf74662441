"""The CDC's XML as our JSON, and data that is refused when it is read."""

from xml.etree import ElementTree

import pytest

from clinic.vaccination.cdsi.convert import one_series
from clinic.vaccination.cdsi.schedule import cdc, schedule_of

XML = """
<series>
  <seriesName>A series</seriesName><seriesType>Standard</seriesType><requiredGender/>
  <selectSeries>
    <defaultSeries>Yes</defaultSeries><productPath>No</productPath>
    <seriesGroup>1</seriesGroup><seriesPreference>2</seriesPreference>
    <maxAgeToStart>7 months - 4 days</maxAgeToStart>
  </selectSeries>
  <seriesDose>
    <doseNumber>Dose 1</doseNumber>
    <age>
      <absMinAge>6 weeks - 4 days</absMinAge><minAge>6 weeks</minAge><maxAge/>
      <effectiveDate>20090807</effectiveDate><cessationDate/>
    </age>
    <interval/>
    <interval>
      <fromPrevious>N</fromPrevious><fromTargetDose>1</fromTargetDose>
      <fromMostRecent>09; 28</fromMostRecent><minInt>8 weeks</minInt>
      <intervalPriority>override</intervalPriority>
    </interval>
    <preferableVaccine><cvx>48</cvx><beginAge>6 weeks</beginAge><endAge/><mvx/></preferableVaccine>
    <allowableVaccine><cvx>17</cvx><beginAge/><endAge>5 years</endAge></allowableVaccine>
    <inadvertentVaccine><cvx>115</cvx></inadvertentVaccine>
    <conditionalSkip>
      <context>Both</context><setLogic>n/a</setLogic>
      <set>
        <effectiveDate/><cessationDate/><conditionLogic/>
        <condition>
          <conditionType>Vaccine Count by Age</conditionType><beginAge>12 months</beginAge>
          <doseCount>1</doseCount><doseType>Valid</doseType>
          <doseCountLogic>Greater Than</doseCountLogic><vaccineTypes>48;49</vaccineTypes>
        </condition>
      </set>
    </conditionalSkip>
    <recurringDose>Yes</recurringDose>
    <seasonalRecommendation><startDate>20250701</startDate><endDate/></seasonalRecommendation>
  </seriesDose>
</series>
"""


def test_a_series():
    assert one_series(ElementTree.fromstring(XML)) == {
        "name": "A series",
        "type": "Standard",
        "group": "1",
        "default": True,
        "preference": 2,
        "maxAgeToStart": "7 months - 4 days",
        "doses": [
            {
                "age": [
                    {
                        "absMinAge": "6 weeks - 4 days",
                        "minAge": "6 weeks",
                        "effectiveDate": "2009-08-07",
                    }
                ],
                "interval": [
                    {
                        "fromTargetDose": 1,
                        "fromMostRecent": ["09", "28"],
                        "override": True,
                        "minInt": "8 weeks",
                    }
                ],
                "preferable": [["48", "6 weeks"]],
                "allowable": [["17", "", "5 years"]],
                "inadvertent": ["115"],
                "skip": [
                    {
                        "context": "Both",
                        "logic": "n/a",
                        "sets": [
                            {
                                "conditions": [
                                    {
                                        "type": "vaccine count by age",
                                        "doseType": "valid",
                                        "doseCountLogic": "greater than",
                                        "doseCount": 1,
                                        "vaccineTypes": ["48", "49"],
                                        "beginAge": "12 months",
                                    }
                                ]
                            }
                        ],
                    }
                ],
                "season": ["2025-07-01", ""],
                "recurring": True,
            }
        ],
    }


def with_dose(**dose):
    """Data with one series of that one target dose."""
    row = {"name": "a", "type": "Standard", "group": "1", "doses": [dose]}
    return {
        "groups": {},
        "vaccines": {},
        "conflicts": [],
        "antigens": {"A": {"immuneIfBornBefore": "", "series": [row]}},
    }


def skip(logic="n/a", **condition):
    """A conditional skip with one condition."""
    return [{"context": "Both", "logic": logic, "sets": [{"conditions": [condition]}]}]


@pytest.mark.parametrize(
    ("dose", "why"),
    [
        ({"skip": skip(type="completed series")}, "unknown condition"),
        ({"skip": skip(type="vaccine count by age", doseCountLogic="less than")}, "unknown cond"),
        ({"skip": skip(logic="AND", type="age")}, "unknown logic"),
        ({"interval": [{"minInt": "4 weeks"}]}, "an interval from nothing"),
        ({"age": [{"minAge": "soon"}]}, "not a period"),
    ],
)
def test_data_that_asks_for_more_than_is_here_is_refused(dose, why):
    with pytest.raises(ValueError, match=why):
        schedule_of(with_dose(**dose))


def test_every_antigen_of_a_group_is_there_with_a_series():
    groups = cdc().groups.values()
    assert all(cdc().antigens[name].series for group in groups for name in group)
