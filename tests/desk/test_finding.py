"""Whom a receptionist means."""

import pytest

from clinic.desk.finding import means, reads_like
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


@pytest.mark.parametrize(
    ("name", "typed", "not_typed"),
    [
        (
            "阿依古丽·买买提",
            ["阿依古丽买买提", "古丽•买买提", "ayigulimaimaiti", "ayglmmt"],
            ["mmt"],
        ),
        ("𬱖㛃", ["𬱖", "㛃", "dijie", "dj"], ["吉", "xie"]),
        ("𠮷田", ["𠮷田", "田"], ["吉田"]),
        ("吕小满", ["lvxiaoman", "lü", "lxm"], ["lu"]),
        ("Anna Smith", ["anna s", "AS", "smith"], ["ams"]),
        ("Zoë Müller", ["zoë", "Müller", "zm"], ["mv"]),
        ("Zoë Müller", ["mueller", "muller", "MUELLER", "z mueller", "zoe müller"], ["mulle r x"]),
        ("Mueller", ["Müller", "mueller", "mül"], ["mül ller"]),
        ("Jörg Groß", ["joerg", "jorg", "JÖRG", "gross", "GROẞ", "joerg g"], ["groß e"]),
        ("Søren Åberg", ["soeren", "soren", "aaberg", "aberg", "søren å"], ["sören x"]),
        ("卢小满", ["lu"], ["lü"]),
        ("单雄信", ["shanxiong", "danxiong", "sxx", "shanxx", "shanx"], ["shuang", "xiong"]),
        ("卜小禾", ["bu", "bo", "buxiaohe", "bxh"], ["ba"]),
        ("阚一禾", ["kan", "kanyihe", "han", "kyh"], ["kai"]),
        ("薄小满", ["bo", "bao", "boxm"], ["be"]),
        ("牟一禾", ["mu", "mou", "muyh"], ["mi"]),
        ("藏小满", ["zang", "cang", "zxm"], ["ze"]),
        ("仇解区", ["qiuxieou", "chou", "qxo"], []),
        ("曾乐晟", ["zengle", "zengyue", "zlcheng", "zengyuesheng", "zenglesheng", "zls"], []),
        ("尉迟恭", ["yuchi", "weichi", "ycg", "yuchigong"], ["yc x"]),
        ("黑小禾", ["he", "hei", "hexiaohe"], []),
        ("张三丰", ["zhangsf", "zhsf", "zsf", "zhang san"], ["zhn"]),
        ("Zoë", ["zoe", "ZOE", "zoë", "Zoe\u0308", "ｚｏｅ"], ["zoa"]),
        ("Nguyễn Văn Đức", ["nguyen", "nguyenvanduc", "nvd", "van duc", "NGUYỄN"], ["nvx"]),
        ("Anne-Marie O'Neill", ["anne marie", "am", "amo", "o’neill", "oneill"], []),
    ],
)
def test_rare_names_are_found_however_they_are_typed(name, typed, not_typed):
    who = {"name": name, "pinyin": search_keys(name), "phones": [], "reference": "A"}
    assert [one for one in typed if not means(one, **who)] == []
    assert [one for one in not_typed if means(one, **who)] == []


def test_by_reference_in_any_spelling():
    from clinic.scheduling.references import new_reference, spoken

    reference = new_reference()
    who = {"name": "曾子墨", "pinyin": "", "phones": []}
    for typed in (reference, spoken(reference), spoken(reference).lower(), f" {reference} "):
        assert means(typed, **who, reference=reference)
    assert not means(new_reference(), **who, reference=reference)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("K7MR4QX3", "almost"),
        ("k7mr-4qx3", "almost"),
        ("Ｋ７ＭＲ－４ＱＸ３", "almost"),
        ("https://example.cn/pay?id=99", "code"),
        ("6901234567892", "code"),
        ("13800138000", "name"),
        ("80001234", "name"),
        ("zhangwei", "name"),
        ("王一禾", "name"),
        ("龘靐齉", "name"),
    ],
)
def test_what_was_meant_when_nobody_fits(typed, meant):
    assert reads_like(typed) == meant


def test_a_reference_is_read_from_a_scanner_behind_an_input_method():
    from clinic.scheduling.references import new_reference

    reference = new_reference()
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in reference)
    assert reads_like(wide) == "reference"
    assert means(wide, name="曾子墨", pinyin="", phones=[], reference=reference)
