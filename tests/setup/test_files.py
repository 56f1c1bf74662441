"""Set-up files: written and read again nothing changes; a wrong row is said and nothing is done."""

import csv
import io
from dataclasses import replace

import pytest

from clinic.accounts.models import Role
from clinic.audit import AuditEvent
from clinic.centres.models import Centre, OpeningHours, Practitioner, Room
from clinic.db import db
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.setup.files import exporting, importing
from clinic.setup.files.formats import NotATable, Table, as_csv, as_xlsx, defused, tables_in
from clinic.setup.files.importing import SomethingWrong
from clinic.setup.files.packing import NotPacked, packed, unpacked
from clinic.setup.files.planning import Action, plan
from tests.makes import NOON, make_centre, make_user

CENTRES = "centre,name_zh,name_en,district,address_zh,address_en,phone,latitude,longitude"
LINE = "{code},{code}中心,Centre {code},西湖区,文三路1号,1 Wensan Rd,0571-87000000,30.27,120.12"


def table(text, name="a.csv"):
    return tables_in(name, text.encode())[0]


def apply(tables):
    done = importing.apply(tables, plan(tables).version, by=None, now=NOON)
    db.session.commit()
    return done


def read(files):
    return [one for name, content in files.items() for one in tables_in(name, content)]


def city(number):
    """So many centres, each with hours, two rooms, two offers and two clinicians."""
    codes = [f"c{n}" for n in range(number)]
    days = [f"{code},{day},08:00-11:30; 13:30-17:00" for code in codes for day in range(1, 6)]
    rooms = [f"{code},诊室{n},Room {n},2" for code in codes for n in (1, 2)]
    people = [
        f"{code},医生{n},Doctor {n},医师,Doctor,zh; en,checkup; jab"
        for code in codes
        for n in "甲乙"
    ]
    services = [
        "service,kind,name_zh,name_en,minutes,hold_minutes,min_age_months,max_age_months,price_yuan",
        "checkup,checkups,体检,Check,20,10,0,72,",
        "jab,vaccination,接种,Jab,10,10,0,216,",
    ]
    return [
        table("\n".join([CENTRES, *(LINE.format(code=code) for code in codes)])),
        table("\n".join(services)),
        table("\n".join(["centre,name_zh,name_en,stations", *rooms])),
        table("\n".join(["centre,weekday,hours", *days])),
        table(
            "\n".join(
                [
                    "centre,service",
                    *(f"{code},{one}" for code in codes for one in ("checkup", "jab")),
                ]
            )
        ),
        table("\n".join(["centre,name_zh,name_en,title_zh,title_en,languages,services", *people])),
    ]


@pytest.mark.usefixtures("both")
def test_a_hundred_and_one_centres_in_and_out_and_nothing_changes():
    tables = city(101)
    done = apply(list(reversed(tables)))  # in whichever order they come
    assert not done.is_wrong
    counted = [db.session.query(one).count() for one in (Centre, Room, OpeningHours, Practitioner)]
    assert counted == [101, 202, 1010, 202]
    files, events = exporting.as_csv_files(), db.session.query(AuditEvent).count()
    again = apply(read(files))
    assert {row.action for row in again.rows} == {Action.KEEP}
    assert exporting.as_csv_files() == files
    assert db.session.query(AuditEvent).count() == events
    book = tables_in("setup.xlsx", exporting.as_workbook())
    assert {row.action for row in plan(book).rows} == {Action.KEEP}


@pytest.mark.usefixtures("both")
def test_what_is_changed_is_said_and_done_with_one_event():
    apply(city(1))
    tables = [table("中心代码,电话\nc0,0571-1"), table("centre,weekday,hours\nc0,1,09:00-12:00")]
    shown = plan(tables)
    assert [(row.action, [cell.before for cell in row.cells]) for row in shown.rows] == [
        (Action.CHANGE, ["0571-87000000"]),
        (Action.CHANGE, ["08:00-11:30; 13:30-17:00"]),
    ]
    before = db.session.query(AuditEvent).count()
    apply(tables)
    assert db.session.query(AuditEvent).count() == before + 2
    assert db.session.query(Centre).one().phone == "0571-1"
    assert db.session.query(OpeningHours).filter_by(weekday=0).count() == 1


WRONG = {
    "centre,name_zh,name_en,stations\nnowhere,甲,A,1": ("centre", "NoSuchCentre"),
    "centre,name_zh,name_en,stations\nc0,甲,A,many": ("stations", "NotBetween"),
    "centre,name_zh,name_en,stations\nc0,甲,,1": ("name_en", "IsMissing"),
    "centre,name_zh,is_fever_room\nc0,甲,no": ("name_en", "LacksColumns"),
    "centre,name_zh,name_en,stations\nc0,甲,A,1\nc0,甲,B,1": ("name_zh", "TwiceInFile"),
    "centre,weekday,hours\nc0,1,12:00-09:00": ("hours", "NotHours"),
    "centre,weekday,hours\nc0,8,": ("weekday", "NotBetween"),
    "centre,service\nc0,nothing": ("service", "NoSuchService"),
    "centre,service,price_yuan\nc0,jab,free": ("price_fen", "NotAPrice"),
    "centre,phone,district\nc0,1,火星区": ("district", "NoSuchDistrict"),
    "service,minutes,kind\njab,30,vaccination": ("minutes", "NotByFile"),
    "service,minutes,kind\njab,10,hairdresser": ("kind", "NoSuchKind"),
    "centre,name_zh,services\nc0,医生甲,checkup": ("services", "TakesAway"),
    "centre,name_zh,name_en,title_zh,title_en,services\nc0,丙,C,医,D,foot-bath": (
        "services",
        "NotOfferedThere",
    ),
}


@pytest.mark.parametrize("said", WRONG)
def test_a_wrong_row_is_said_with_its_line_and_column_and_nothing_is_done(app, said):
    apply(city(1))
    good = table(f"{CENTRES}\n{LINE.format(code='good')}")
    tables = [good, table(said)]
    shown = plan(tables)
    [wrong] = [row for row in shown.rows if row.action is Action.WRONG]
    column, why = WRONG[said]
    assert wrong.line == len(said.splitlines())
    assert (wrong.cells[0].column, type(wrong.cells[0].why).__name__) == (column, why)
    with pytest.raises(SomethingWrong):
        apply(tables)
    db.session.rollback()
    assert db.session.query(Centre).count() == 1


def test_a_table_that_may_be_several_files_is_one_by_its_name(app):
    apply(city(1))
    said = "centre,name_zh\nc0,诊室1"
    assert plan([table(said)]).refused
    shown = plan([table(said, "rooms.csv")])
    assert (shown.refused, [row.action for row in shown.rows]) == ([], [Action.KEEP])


def test_half_of_the_rows_wrong(app):
    lines = [
        LINE.format(code=code if n % 2 else "")
        for n, code in enumerate(map("c{}".format, range(40)))
    ]
    shown = plan([table("\n".join([CENTRES, *lines]))])
    assert [row.line for row in shown.rows if row.action is Action.WRONG] == list(range(2, 42, 2))


def test_a_file_that_changed_since_it_was_shown_is_shown_again(app):
    tables = city(1)
    version = plan(tables).version
    other = replace(tables[0], rows=(*tables[0].rows[:1], (*tables[0].rows[1][:-1], "120.2")))
    with pytest.raises(NotAsShown):
        importing.apply([other, *tables[1:]], version, by=None, now=NOON)
    apply(tables)
    with pytest.raises(NotAsShown):
        importing.apply(tables, version, by=None, now=NOON)


@pytest.mark.parametrize("cell", ["=1+1", "+86 571", "-2", "@a", "'", "'=x", "\tx", "plain", ""])
def test_no_cell_is_computed_and_each_comes_back(cell):
    [written] = list(csv.reader(io.StringIO(as_csv([["h", cell]]).decode("utf-8-sig"))))
    assert not written[1].startswith(("=", "+", "-", "@", "\t"))
    assert defused(cell) == written[1]
    for content in (as_csv([["h", cell]]), as_xlsx([("s", [["h", cell]])])):
        assert tables_in("x", content)[0].rows == (("h", cell),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_what_excel_writes_is_read(encoding, between):
    said = f"中心代码{between}电话\r\nc0{between}0571\r\n".encode(encoding)
    assert tables_in("x", said) == [Table("x", (("中心代码", "电话"), ("c0", "0571")))]


@pytest.mark.parametrize("content", [b"PK\x03\x04 no zip", b"a\0b,c", b"\xff\xfe\xff\xff"])
def test_what_is_no_table_is_refused(content):
    with pytest.raises(NotATable):
        tables_in("x", content)


def test_tables_come_back_from_the_page():
    tables = [Table("a.csv", (("一", "二"), ("1", "")))]
    assert unpacked(packed(tables)) == tables
    for odd in ("", "x", "eJw=", packed(tables)[:-8]):
        with pytest.raises(NotPacked):
            unpacked(odd)


def test_the_administrator_looks_and_does_it(client):
    client.sign_in(make_user(Role.ADMIN))
    said = f"{CENTRES}\n{LINE.format(code='fresh')}".encode()
    form = client.page("/setup/files").form(holding="files")
    shown = form.fill(files=(io.BytesIO(said), "centres.csv")).submit()
    assert "fresh" in shown.words
    shown.form(holding="packed").submit().follow()
    assert db.session.query(Centre).filter_by(code="fresh").one().name_en == "Centre fresh"


def test_a_manager_finds_no_files(client):
    client.sign_in(make_user(Role.MANAGER, centre=make_centre()))
    client.page("/setup/files", status=403)
