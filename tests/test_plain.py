"""Text as people type it, and what of it is kept."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clinic import plain

HIDDEN = [
    "王\x00一禾",
    "王\x1b一禾",
    "王\n一禾",
    "王\u2028一禾",
    "王\x85一禾",
    "王\u200b一禾",  # zero width
    "王\u200d一禾",
    "王\u2060一禾",
    "王\ufeff一禾",
    "王\u00ad一禾",  # soft hyphen
    "\u202e王一禾",  # from right to left
    "王一禾\u200f",
    "\u2066王一禾\u2069",
    "王\U000e0041一禾",  # a tag
    "\u3164",  # a letter that is drawn as nothing
    "\u2800",
    "王\ufffd",  # what could not be read
]


@pytest.mark.parametrize("typed", HIDDEN)
@pytest.mark.parametrize("read", [plain.line, plain.name, plain.code, plain.number_of_a_lot])
def test_signs_that_cannot_be_seen_are_refused(read, typed):
    with pytest.raises(plain.HiddenSigns):
        read(typed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  王 一禾\u3000", "王一禾"),
        ("王\u3000一禾", "王一禾"),
        ("阿依古丽·买买提", "阿依古丽·买买提"),
        ("阿依古丽.买买提", "阿依古丽·买买提"),
        ("阿依古丽-买买提", "阿依古丽·买买提"),
        ("阿依古丽˙买买提", "阿依古丽·买买提"),
        ("阿依古丽 ・ 买买提", "阿依古丽·买买提"),
        ("阿依古丽．买买提", "阿依古丽·买买提"),
        ("阿依古丽。买买提", "阿依古丽·买买提"),
        ("Jose\u0301", "José"),
        ("Ｚｏë", "Zoë"),
        ("O’Neill", "O'Neill"),
        ("Anna \xa0 Smith", "Anna Smith"),
        ("Anne‑Marie", "Anne-Marie"),
        ("J. R. Smith", "J. R. Smith"),
        ("葛\U000e0100", "葛"),
        ("\u3000 \t", ""),
    ],
)
def test_a_name_is_kept_in_one_way(typed, kept):
    assert plain.name(typed) == kept
    assert plain.name(kept) == kept


@pytest.mark.parametrize("typed", ["123", "···", "-", "。", "😀", "１３９"])
def test_a_name_has_a_letter(typed):
    with pytest.raises(plain.NoName):
        plain.name(typed)


@pytest.mark.parametrize(
    "spellings",
    [
        (
            "阿依古丽·买买提",
            "阿依古丽.买买提",
            "阿依古丽-买买提",
            "阿依古丽˙买买提",
            "阿依古丽 买买提",
        ),
        ("José", "Jose\u0301", "JOSE", "jose"),
        ("O’Neill", "O'Neill", "Oʼneill", "O`NEILL", "ONeill"),
        ("李一禾", "李 一禾", "李\u3000一禾"),
        ("Nguyễn Văn Đức", "nguyen van duc"),
        ("Zoë", "Zoe", "ＺＯＥ"),
        ("Anne-Marie", "Anne Marie", "anne‐marie"),
        ("Łukasz Weiß", "lukasz weiss"),
    ],
)
def test_spellings_of_one_name_are_the_same(spellings):
    assert len({plain.name_key(spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(
    ("name", "same", "other"),
    [
        ("Müller", ["Mueller", "MULLER", "Mu\u0308ller"], ["Miller", "Moeller"]),
        ("Mueller", ["Müller", "MUELLER"], ["Muller"]),
        ("Jörg Groß", ["Joerg Gross", "JÖRG GROSS", "jorg gross"], ["Jorge Gross"]),
        ("Søren Åberg", ["Soeren Aaberg", "soren aberg"], ["Suren Aberg"]),
        ("王一禾", ["王 一禾"], ["王一和"]),
    ],
)
def test_a_name_is_the_same_with_and_without_umlauts(name, same, other):
    keys = set(plain.name_keys(name))
    assert [spelling for spelling in same if not keys.intersection(plain.name_keys(spelling))] == []
    assert [another for another in other if keys.intersection(plain.name_keys(another))] == []


def test_different_names_are_not_the_same():
    names = ["王一禾", "王一和", "王二禾", "Zoë", "Zora", "が", "か", "김민수", "김민주"]
    assert len({plain.name_key(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("１３９００００１００４", "13900001004"),
        ("139 0000 1004", "13900001004"),
        ("139-0000—1004", "13900001004"),
        ("139·0000·1011", "13900001011"),
        ("139．0000。1011", "13900001011"),
        ("(+86) 139 0000 1011", "+8613900001011"),
        ("644 464", "644464"),
        ("٦٤٤٤٦٤", "644464"),
        ("11010519491231002ｘ", "11010519491231002x"),
    ],
)
def test_a_code_is_its_signs(typed, kept):
    assert plain.code(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("ｂ2024－01", "B2024-01"), (" b 2024 01 ", "B202401"), ("A–1", "A-1")],
)
def test_a_lot_keeps_its_dashes(typed, kept):
    assert plain.number_of_a_lot(typed) == kept


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("15。5", "15.5"),
        ("１５．５", "15.5"),
        ("15，5", "15.5"),
        ("15、5", "15.5"),
        (" 15 .5 ", "15.5"),
        ("1,200.5", "1200.5"),
        ("－3", "-3"),
        (".5", "0.5"),
        ("15.", "15"),
    ],
)
def test_numbers_as_they_are_typed(typed, meant):
    assert plain.number(typed) == Decimal(meant)


@pytest.mark.parametrize("typed", ["", "abc", "1e5", "NaN", "Infinity", "1_000", "9" * 30, "1.2.3"])
def test_what_is_no_number(typed):
    with pytest.raises(plain.NoNumber):
        plain.number(typed)


@pytest.mark.parametrize(
    ("typed", "meant"), [("3,200", 3200), ("３，２００", 3200), ("3200.0", 3200)]
)
def test_whole_numbers(typed, meant):
    assert plain.whole(typed) == meant


@pytest.mark.parametrize("typed", ["3.2", "3,2", "", "x"])
def test_what_is_no_whole_number(typed):
    with pytest.raises(plain.NoNumber):
        plain.whole(typed)


def test_a_note_keeps_its_lines_and_its_emoji():
    assert plain.note("一\r\n二\u2028三 👨‍👩‍👧 ") == "一\n二\n三 👨‍👩‍👧"
    for hidden in ("\x00", "\x1b[2J", "\u202e", "\u200b"):
        with pytest.raises(plain.HiddenSigns):
            plain.note(f"一{hidden}二")


JOINING = (  # letters and accents, and what is taken out from between them
    "aIıİß王ᄀ가ト㌀ﬁ１²½ \t\u0301\u0306\u0338\u0345\u3099´˘¨゛`-–·.(_\u200b\u200d\u3164\ufe0f"
)


@given(st.text() | st.text(JOINING, max_size=4))
@example("ı˘")
@example("a\u200b\u0301")
@example("I-\u0306")
@example("㌀゛")
def test_reading_twice_changes_nothing(text):
    for read in (
        plain.line,
        plain.note,
        plain.name,
        plain.name_key,
        plain.signs,
        plain.code,
        plain.number_of_a_lot,
        plain.sought,
    ):
        try:
            once = read(text)
        except (plain.HiddenSigns, plain.NoName):
            continue
        assert read(once) == once, read.__name__
