"""Small schedules in which one rule of the CDC's logic decides, and short words for asking them."""

from datetime import date, timedelta

from clinic.vaccination.cdsi.course import AdministeredDose
from clinic.vaccination.cdsi.engine import assess
from clinic.vaccination.cdsi.schedule import schedule_of

BORN = date(2020, 1, 1)
ON = date(2022, 1, 1)


def dose(**more):
    """A target dose that vaccine 99 satisfies at any age."""
    return {"preferable": [["99"]], **more}


def series(*doses, **more):
    """A standard series of these target doses, the default one of its group."""
    row = {"name": "a series", "type": "Standard", "group": "1", "default": True}
    return row | {"doses": list(doses)} | more


def schedule(*every, immune_before="", conflicts=(), antigens=None, full=False):
    """A schedule of one antigen with these series, or of these antigens."""
    antigens = antigens or {"A": every}
    return schedule_of(
        {
            "groups": {"G": {"antigens": list(antigens), "full": full}},
            "vaccines": {
                "99": [[name, "", ""] for name in antigens],
                "98": [["A", "", ""]],
                "97": [["A", "", ""]],
                "90": [["elsewhere", "", ""]],
            },
            "antigens": {
                name: {"immuneIfBornBefore": immune_before, "series": rows}
                for name, rows in antigens.items()
            },
            "conflicts": list(conflicts),
        }
    )


def asked(of, *given, sex="F", on=ON, born=BORN):
    """The answer to doses written as ages in days, or as `98@40` for another vaccine."""
    doses = []
    for one in given:
        cvx, _, age = str(one).rpartition("@")
        doses.append(AdministeredDose(born + timedelta(days=int(age)), cvx or "99"))
    return assess(born, sex, doses, "G", on, of)


def evaluated(of, *given, **more):
    """What is said of each dose, the reason if it does not count."""
    return [dose.reason or dose.status for dose in asked(of, *given, **more).evaluation]
