"""Whom a receptionist means."""

import pytest

from clinic.desk.finding import means
from clinic.families.pinyin import search_keys

REFERENCE = "K7MR4QXE"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", True),
        ("曾子墨", True),
        ("子墨", True),
        ("zengzimo", True),
        ("Zeng Zimo", True),
        ("zzm", True),
        ("zz", True),
        ("wang", False),
        ("8000", True),
        ("13800138000", True),
        ("00", False),
        ("1380013", False),
    ],
)
def test_by_name_pinyin_and_phone(typed, found):
    who = {"name": "曾子墨", "pinyin": search_keys("曾子墨"), "phones": ["+8613800138000"]}
    assert means(typed, **who, reference="A") is found


def test_by_reference_in_any_spelling():
    from clinic.scheduling.references import new_reference, spoken

    reference = new_reference()
    who = {"name": "曾子墨", "pinyin": "", "phones": []}
    for typed in (reference, spoken(reference), spoken(reference).lower(), f" {reference} "):
        assert means(typed, **who, reference=reference)
    assert not means(new_reference(), **who, reference=reference)
