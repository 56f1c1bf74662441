"""A CSV file of given doses: what it becomes, what is wrong with it, and that it is all or nothing."""

import io
import zipfile
from datetime import date, datetime, timedelta

import pytest
import time_machine
from openpyxl import Workbook

from clinic.accounts.models import Profession, Role
from clinic.db import db
from clinic.errors import DomainError
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.record.files import (
    MOST,
    FileRow,
    rows_of,
    text_of,
)
from clinic.vaccination.record.importing import (
    day_of,
    dose_of,
    judge,
    lot_of,
)
from clinic.vaccination.record.models import Immunization, ImportDraft, Source
from clinic.vaccination.record.rules import Entry
from tests.makes import NOON, make_appointment, make_centre, make_child, make_user

HEADER = "姓名,出生日期,疫苗,接种日期,剂次,批号,厂家"
GOOD = "王一禾,2025-02-01,麻腮风疫苗,2025-10-09,1,L1,北京生物"
PAGE = "/vaccination/import"
TODAY = date(2026, 3, 2)


def cells(**change):
    good = {
        "name": "王一禾",
        "birth_date": "2025-02-01",
        "vaccine": "MMR",
        "given_on": "2025-10-09",
        "dose": "1",
        "lot": "L1",
        "manufacturer": "北京生物",
    }
    return FileRow(2, good | change)


def one_child(name, born):
    """As if there were one child of that name and birthday."""
    return {("王一禾", date(2025, 2, 1)): [7], ("双双", date(2025, 2, 1)): [8, 9]}.get(
        (name, born), []
    )


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"vaccine": "tea"}, "UnknownVaccine"),
        ({"given_on": "2025-01-31"}, "DoseBeforeBirth"),
        ({"given_on": "2026-03-03"}, "NotYetGiven"),
        ({"given_on": "last week"}, "BadDay"),
        ({"given_on": "2025-02-30"}, "BadDay"),
        ({"birth_date": ""}, "BadDay"),
        ({"dose": "0"}, "BadDose"),
        ({"dose": "first"}, "BadDose"),
        ({"lot": "x" * 41}, "TooLong"),
        ({"manufacturer": "x" * 81}, "TooLong"),
        ({"name": "王二"}, "NobodyHere"),
        ({"birth_date": "2025-02-02"}, "NobodyHere"),
        ({"name": "双双"}, "SeveralHere"),
    ],
)
def test_a_row_that_is_wrong(change, fault):
    (found,) = judge([cells(**change)], one_child, set(), TODAY)
    assert type(found.fault).__name__ == fault
    assert found.entry is None


@pytest.mark.parametrize(
    ("change", "entry"),
    [
        ({}, Entry("MMR", date(2025, 10, 9), 1)),
        ({"dose": ""}, Entry("MMR", date(2025, 10, 9), None)),
        ({"vaccine": "mmr", "given_on": "2025/10/9"}, Entry("MMR", date(2025, 10, 9), 1)),
        ({"vaccine": "卡介苗", "given_on": "2025.2.1"}, Entry("BCG", date(2025, 2, 1), 1)),
        ({"vaccine": "五联"}, Entry("DTaP-IPV/Hib", date(2025, 10, 9), 1)),
        ({"vaccine": "流感疫苗（灭活）"}, Entry("IIV", date(2025, 10, 9), 1)),
    ],
)
def test_a_row_that_is_right(change, entry):
    (found,) = judge([cells(**change)], one_child, set(), TODAY)
    assert (found.child_id, found.entry, found.fault) == (7, entry, None)


def test_twice_on_a_day_is_a_fault_and_what_is_on_record_is_left_out():
    known = {(7, "MMR", date(2025, 10, 9))}
    first, second = judge([cells(), cells(dose="2")], one_child, known, TODAY)
    assert (first.is_known, first.fault) == (True, None)
    assert type(second.fault).__name__ == "GivenTwice"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_encodings_that_are_read(encoding):
    (row,) = rows_of(text_of(f"{HEADER}\r\n{GOOD}\r\n".encode(encoding)))
    assert (row.line, row.cells["name"], row.cells["manufacturer"]) == (2, "王一禾", "北京生物")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "NoFile"),
        (b"\x80\x00\x01", "WrongEncoding"),
        (b"PK\x03\x04\x00\x00", "BadSpreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "OldSpreadsheet"),
        (b"hello\n1,2\n", "NoColumns"),
        (b"name,vaccine\nA,MMR\n", "WrongColumns"),
        (HEADER.encode(), "NoRows"),
        (f"{HEADER}\n , ,,\n".encode(), "NoRows"),
        (f'{HEADER}\n"王一禾,2025\n'.encode(), "NotReadable"),
        (f"{HEADER}\n{f'{GOOD}{chr(10)}' * (MOST + 1)}".encode(), "TooManyRows"),
    ],
)
def test_files_that_are_not_read(content, fault):
    with pytest.raises(DomainError) as caught:
        rows_of(text_of(content))
    assert type(caught.value).__name__ == fault


@pytest.mark.parametrize("separator", [",", ";", "\t", "，", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_separators_that_are_read(separator, encoding):
    text = f"接种记录导出\r\n{HEADER}\r\n{GOOD}\r\n".replace(",", separator)
    (row,) = rows_of(text_of(text.encode(encoding)))
    assert (row.line, row.cells["name"], row.cells["manufacturer"]) == (3, "王一禾", "北京生物")


def test_a_spreadsheet_says_its_separator():
    (row,) = rows_of(f"sep=;\n{HEADER}\n{GOOD}\n".replace(",", ";"))
    assert row.cells["given_on"] == "2025-10-09"


def spreadsheet(*sheets):
    """A workbook; each sheet a list of rows."""
    book = Workbook()
    book.remove(book.active)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


COLUMNS = HEADER.split(",")
FACTS = [
    "王一禾",
    date(2025, 2, 1),
    "麻腮风疫苗",
    datetime.fromisoformat("2025-10-09"),
    1.0,
    20250101,
    "北京生物",
]


def test_a_spreadsheet_is_read():
    content = spreadsheet(
        [["说明"]], [["2025年导出"], COLUMNS, FACTS, [], [*FACTS[:3], 45939, "第1剂"]]
    )
    first, second = judge(rows_of(text_of(content)), one_child, set(), TODAY)
    assert first.entry == Entry("MMR", date(2025, 10, 9), 1)
    assert (first.row.line, first.row.cells["lot"]) == (3, "20250101")
    assert second.row.line == 5
    assert type(second.fault).__name__ == "GivenTwice"  # the number of the same day


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (spreadsheet([COLUMNS, FACTS], [COLUMNS, FACTS]), "SeveralSheets"),
        (spreadsheet([["说明"]]), "NoColumns"),
        (spreadsheet([COLUMNS[:3]]), "WrongColumns"),
        (spreadsheet([COLUMNS]), "NoRows"),
        (spreadsheet([COLUMNS, *[FACTS] * (MOST + 1)]), "TooManyRows"),
        (spreadsheet([COLUMNS, FACTS])[:2000], "BadSpreadsheet"),
    ],
)
def test_spreadsheets_that_are_not_read(content, fault):
    with pytest.raises(DomainError) as caught:
        rows_of(text_of(content))
    assert type(caught.value).__name__ == fault


def test_a_spreadsheet_that_unpacks_to_too_much_is_not_unpacked():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/worksheets/sheet1.xml", b"\0" * 21_000_000)
    with pytest.raises(DomainError) as caught:
        text_of(packed.getvalue())
    assert type(caught.value).__name__ == "TooLargeUnpacked"


@pytest.mark.parametrize(
    "text",
    [
        "20261106",
        "2026年11月6日",
        "2026-11-06 0:00",
        "2026/11/6",
        "46332",
        "46332.0",
        "２０２６－１１－０６",
    ],
)
def test_days_without_doubt(text):
    assert day_of(text) == date(2026, 11, 6)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("06/11/2026", "TwoDays"),
        ("26-11-06", "BadDay"),
        ("2026-11", "BadDay"),
        ("99999", "BadDay"),
        ("", "BadDay"),
    ],
)
def test_days_in_doubt(text, fault):
    with pytest.raises(DomainError) as caught:
        day_of(text)
    assert type(caught.value).__name__ == fault


def test_a_day_that_can_be_only_one():
    assert day_of("25/12/2026") == day_of("12/25/2026") == date(2026, 12, 25)
    assert day_of("11/11/2026") == date(2026, 11, 11)


def test_doses_as_they_are_written():
    said = ["1", "1.0", "１", "第1剂", "第一剂", "第 1 剂次", "1st", "Dose 1", "1剂", "第1针"]
    assert {dose_of(text) for text in said} == {1}
    assert dose_of(" ") is None
    for odd in ("0", "10", "1/3", "加强", "1.5", "-1"):
        with pytest.raises(DomainError):
            dose_of(odd)


def test_a_lot_that_the_spreadsheet_has_rounded_is_named():
    assert lot_of("ｂ2024－01") == "B2024-01"
    with pytest.raises(DomainError) as caught:
        lot_of("2.02401E+11")
    assert type(caught.value).__name__ == "RoundedLot"


def test_a_line_with_more_cells_than_columns_is_not_guessed_at():
    (row,) = rows_of(f"{HEADER}\n{GOOD},有限公司\n")
    (found,) = judge([row], one_child, set(), TODAY)
    assert type(found.fault).__name__ == "MoreCells"


def test_ten_thousand_rows_are_read():
    assert len(rows_of(f"{HEADER}\n{f'{GOOD}{chr(10)}' * MOST}")) == MOST


@pytest.fixture
def nurse(app, client):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    visit = make_appointment(make_child(birth_date=date(2025, 2, 1)))
    return make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=visit.centre)


def look(client, *lines, encoding="gbk"):
    content = "\n".join([HEADER, *lines]).encode(encoding)
    return client.post(PAGE, data={"file": (io.BytesIO(content), "doses.csv")})


def count():
    db.session.expire_all()
    return db.session.query(Immunization).count()


@pytest.mark.usefixtures("noon")
def test_a_file_is_looked_at_and_then_imported_once(client, nurse):
    shown = look(client.sign_in(nurse), GOOD)
    assert "1 of 1 rows are new" in shown.text
    assert count() == 0
    draft = db.session.query(ImportDraft).one().id
    assert client.post(f"{PAGE}/rows", data={"draft": draft}).location == PAGE
    (row,) = db.session.query(Immunization).all()
    assert (row.vaccine, row.lot_number, row.manufacturer) == ("MMR", "L1", "北京生物")
    assert (row.source, row.entered_by_id, row.verified_at) == (Source.IMPORT, nurse.id, None)
    assert db.session.query(ImportDraft).count() == 0
    again = client.post(f"{PAGE}/rows", data={"draft": draft})
    assert (again.status_code, "imported already" in again.text) == (422, True)
    assert count() == 1
    assert "0 of 1 rows are new" in look(client, GOOD).text


@pytest.mark.heavy("10,000 rows")
@pytest.mark.usefixtures("noon")
def test_ten_thousand_rows_become_as_many_doses(client, nurse):
    days = [date(2025, 2, 1) + timedelta(days=n) for n in range(385)]
    names = sorted(vaccines())
    lines = [f"王一禾,2025-02-01,{name},{day},,L1,厂" for name in names for day in days][:MOST]
    shown = look(client.sign_in(nurse), *lines)
    assert "10000 of 10000 rows are new" in shown.text
    draft = db.session.query(ImportDraft).one().id
    assert client.post(f"{PAGE}/rows", data={"draft": draft}).location == PAGE
    assert count() == MOST == 10_000


@pytest.mark.usefixtures("noon")
def test_one_wrong_row_stops_all(client, nurse):
    shown = look(client.sign_in(nurse), GOOD, GOOD.replace("2025-10-09", "2024-10-09"))
    assert shown.status_code == 422
    assert "One row is wrong. Nothing was imported." in shown.text
    assert "<b>Line 3</b>" in shown.text
    assert "This day is before the child was born." in shown.text
    assert (count(), db.session.query(ImportDraft).count()) == (0, 0)


@pytest.mark.usefixtures("noon")
def test_what_became_wrong_meanwhile_is_not_imported_by_half(client, nurse):
    look(client.sign_in(nurse), GOOD, GOOD.replace("麻腮风疫苗", "卡介苗"))
    draft = db.session.query(ImportDraft).one()
    draft.text = draft.text.replace("卡介苗", "茶")  # as if the catalogue had lost it
    answer = client.post(f"{PAGE}/rows", data={"draft": draft.id})
    assert (answer.status_code, "We do not know this vaccine." in answer.text) == (422, True)
    assert count() == 0


@pytest.mark.usefixtures("noon")
def test_children_without_a_visit_here_and_drafts_of_others_are_not_touched(client, nurse):
    other = make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=make_centre())
    shown = look(client.sign_in(other), GOOD)
    assert "No child of this name and birthday has a visit at your centre." in shown.text
    look(client.sign_in(nurse), GOOD)
    draft = db.session.query(ImportDraft).one().id
    assert client.sign_in(other).post(f"{PAGE}/rows", data={"draft": draft}).status_code == 422
    assert count() == 0


@pytest.mark.usefixtures("noon")
def test_a_file_that_is_none_is_refused_beside_its_field(client, nurse):
    client.sign_in(nurse)
    for data in ({}, {"file": (io.BytesIO(b"\xff\xfe\x00\x01"), "x.csv")}):
        answer = client.post(PAGE, data=data)
        assert answer.status_code == 422
        assert 'id="file-error"' in answer.text


def test_what_was_not_imported_within_a_day_is_forgotten_at_the_next_upload_of_anybody(
    client, nurse
):
    with time_machine.travel(NOON, tick=False) as clock:
        look(client.sign_in(nurse), GOOD)
        draft = db.session.query(ImportDraft).one().id
        clock.shift(timedelta(days=1, seconds=1))
        assert client.post(f"{PAGE}/rows", data={"draft": draft}).status_code == 422
        look(
            client.sign_in(
                make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=make_centre())
            ),
            GOOD,
        )
        assert db.session.query(ImportDraft).count() == 0  # not kept itself: it has a fault
    assert count() == 0


def test_no_file_is_said(client):
    client.sign_in(
        make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=make_centre())
    )
    answer = client.page(PAGE).form().submit()
    assert answer.errors == {"file": "请先选择文件。"}
