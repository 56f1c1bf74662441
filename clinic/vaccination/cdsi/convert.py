"""`python -m clinic.vaccination.cdsi.convert FOLDER`: the CDC's XML as the one file read here.

FOLDER holds the supporting data as published. Kept is what decides for a healthy person: the
series that are not for a risk, without names, volumes and texts.
"""

import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

TO = Path(__file__).with_name("supporting_data.json")
VERSION = "4.64"
SOURCE = (
    "CDC, Clinical Decision Support for Immunization (CDSi), supporting data, version 4.64. "
    "A work of the United States government, in the public domain."
)
GROUPS = {  # as test cases name them: as the supporting data do
    "DTAP": "DTaP/Tdap/Td",
    "POL": "Polio",
    "HepB": "HepB",
    "HIB": "Hib",
    "MMR": "MMR",
    "VAR": "Varicella",
    "HepA": "HepA",
    "ROTA": "Rotavirus",
    "PCV": "Pneumococcal",
    "HPV": "HPV",
    "MCV": "Meningococcal",
    "MENB": "Meningococcal B",
    "FLU": "Influenza",
    "COVID-19": "COVID-19",
    "RSV": "RSV",
    "ZOSTER": "Zoster",
}
AGE = ["absMinAge", "minAge", "earliestRecAge", "latestRecAge", "maxAge"]
INTERVAL = ["absMinInt", "minInt", "earliestRecInt", "latestRecInt"]


def parsed(path: Path) -> Element:
    """The root of a file that was fetched from the CDC and is on this disk."""
    return ElementTree.parse(path).getroot()  # noqa: S314


def text(row: Element, path: str) -> str:
    """The text there, stripped; empty if there is none."""
    return (row.findtext(path) or "").strip()


def day(row: Element, path: str) -> str:
    """`20250827` and `01/01/1957` as ISO dates."""
    found = text(row, path)
    if "/" in found:
        month, of_month, year = found.split("/")
        return f"{year}-{month}-{of_month}"
    return f"{found[:4]}-{found[4:6]}-{found[6:]}" if found else ""


def codes(found: str) -> list[str]:
    """`01;11; 20` as a list."""
    return [one.strip() for one in found.split(";") if one.strip()]


def said(row: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty or no."""
    return {key: value for key, value in row.items() if value}


def of(row: Element, *names: str) -> dict[str, Any]:
    """These texts of a row, and its dates of validity."""
    found = {name: text(row, name) for name in names}
    valid = {name: day(row, name) for name in ("effectiveDate", "cessationDate")}
    return said(found | valid)


def interval(row: Element) -> dict[str, Any]:
    """An interval, and what it counts from."""
    return said(
        {
            "fromPrevious": text(row, "fromPrevious") == "Y",
            "fromTargetDose": int(text(row, "fromTargetDose") or 0),
            "fromMostRecent": codes(text(row, "fromMostRecent")),
            "override": text(row, "intervalPriority") == "override",
            **of(row, *INTERVAL),
        }
    )


def condition(row: Element) -> dict[str, Any]:
    """One condition of a conditional skip."""
    return said(
        {
            "type": text(row, "conditionType").lower(),
            "startDate": day(row, "startDate"),
            "endDate": day(row, "endDate"),
            "doseType": text(row, "doseType").lower(),
            "doseCountLogic": text(row, "doseCountLogic").lower(),
            "doseCount": int(text(row, "doseCount") or 0),
            "vaccineTypes": codes(text(row, "vaccineTypes")),
            **of(row, "beginAge", "endAge", "interval"),
        }
    )


def skip(row: Element) -> dict[str, Any]:
    """When a target dose need not be given."""
    sets = [
        said(
            {
                "logic": text(one, "conditionLogic"),
                "conditions": [condition(each) for each in one.findall("condition")],
                **of(one),
            }
        )
        for one in row.findall("set")
    ]
    return {"context": text(row, "context"), "logic": text(row, "setLogic"), "sets": sets}


def series_dose(row: Element) -> dict[str, Any]:
    """One target dose of a series."""

    def rows(name: str) -> list[Element]:
        return [one for one in row.findall(name) if len(one)]

    seasons = [
        [day(row, "startDate"), day(row, "endDate")] for row in rows("seasonalRecommendation")
    ]
    return said(
        {
            "age": [of(row, *AGE) for row in rows("age")],
            "interval": [interval(row) for row in rows("interval")],
            "allowableInterval": [interval(row) for row in rows("allowableInterval")],
            "preferable": [vaccine(row) for row in rows("preferableVaccine")],
            "allowable": [vaccine(row) for row in rows("allowableVaccine")],
            "inadvertent": [text(row, "cvx") for row in rows("inadvertentVaccine")],
            "skip": [skip(row) for row in rows("conditionalSkip")],
            "season": next((season for season in seasons if any(season)), None),
            "recurring": text(row, "recurringDose") == "Yes",
        }
    )


def vaccine(row: Element) -> list[str]:
    """[cvx, begin age, end age, maker], the empty ones at the end left out."""
    found = [text(row, name) for name in ("cvx", "beginAge", "endAge", "mvx")]
    while not found[-1]:
        found.pop()
    return found


def one_series(row: Element) -> dict[str, Any]:
    """A series with its target doses."""
    choice = row.find("selectSeries")
    assert choice is not None
    return said(
        {
            "name": text(row, "seriesName"),
            "type": text(row, "seriesType"),
            "genders": [one.text for one in row.findall("requiredGender") if one.text],
            "group": text(choice, "seriesGroup"),
            "default": text(choice, "defaultSeries") == "Yes",
            "product": text(choice, "productPath") == "Yes",
            "preference": int(text(choice, "seriesPreference") or 0),
            **of(choice, "maxAgeToStart"),
            "doses": [series_dose(one) for one in row.findall("seriesDose")],
        }
    )


def antigens(folder: Path, wanted: set[str]) -> dict[str, Any]:
    """Those antigens: from which birth date on one is not immune, and the series."""
    found = {}
    for path in sorted(folder.glob("Antigen*.xml")):
        root = parsed(path)
        every = root.findall("series")
        name = text(every[0], "targetDisease")
        if name not in wanted:
            continue
        born = root.find("immunity/dateOfBirth[birthCountry='']")  # a case has no country
        found[name] = {
            "immuneIfBornBefore": "" if born is None else day(born, "immunityBirthDate"),
            "series": [one_series(one) for one in every if text(one, "seriesType") != "Risk"],
        }
    return found


def schedule(root: Element) -> dict[str, Any]:
    """Vaccine groups, the antigens of every vaccine, and which live vaccines disturb which."""
    named = {text(one, "name"): one for one in root.findall("vaccineGroupToAntigenMap/*")}
    full = {text(one, "name"): one for one in root.findall("vaccineGroups/*")}
    groups = {
        code: {
            "antigens": [one.text for one in named[name].findall("antigen")],
            "full": text(full[name], "administerFullVaccineGroup") == "Yes",
        }
        for code, name in GROUPS.items()
    }
    parts = ("antigen", "associationBeginAge", "associationEndAge")
    vaccines = {
        text(row, "cvx"): [
            [text(one, part) for part in parts] for one in row.findall("association")
        ]
        for row in root.findall("cvxToAntigenMap/*")
    }
    ends = (
        "previous/cvx",
        "current/cvx",
        "conflictBeginInterval",
        "minConflictEndInterval",
        "conflictEndInterval",
    )
    conflicts = [[text(row, end) for end in ends] for row in root.findall("liveVirusConflicts/*")]
    return {"groups": groups, "vaccines": vaccines, "conflicts": conflicts}


def convert(folder: Path) -> str:
    """The JSON of that folder, a line for each dose and row."""
    data = schedule(parsed(folder / "ScheduleSupportingData.xml"))
    wanted = {one for group in data["groups"].values() for one in group["antigens"]}
    data = {"source": SOURCE, "version": VERSION, **data, "antigens": antigens(folder, wanted)}
    return (
        json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace(
            '},{"age"', '},\n{"age"'
        )
        + "\n"
    )


if __name__ == "__main__":
    TO.write_text(convert(Path(sys.argv[1])), encoding="utf-8")
