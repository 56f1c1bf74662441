"""A CSV file of given doses: what it becomes, what is wrong with it, and that it is all or nothing."""

import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from clinic.errors import DomainError
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
from clinic.vaccination.record.rules import Entry

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
