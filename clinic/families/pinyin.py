"""How a Chinese name is found at the desk: by full pinyin or by initials. Pure.

pypinyin reads some surnames as common words; those are read both ways.
"""

import re
from itertools import product

from pypinyin import Style, lazy_pinyin

# Readings as surnames.
SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "朴": "piao", "查": "zha",
    "盖": "ge", "任": "ren", "区": "ou", "华": "hua", "尉迟": "yuchi", "长孙": "zhangsun",
    "万俟": "moqi", "尹": "yin", "缪": "miao", "翟": "zhai", "折": "she", "黑": "he",
    "秘": "bi", "冼": "xian", "洗": "xian", "祭": "zhai", "逄": "pang", "乐": "yue",
    "员": "yun", "覃": "qin", "谌": "chen", "召": "shao", "种": "chong", "重": "chong",
    "繁": "po", "纪": "ji", "过": "guo", "能": "nai", "乜": "nie", "隗": "wei",
    "郗": "xi", "燕": "yan", "宁": "ning", "柏": "bai", "车": "che", "都": "du",
    "呙": "guo", "令狐": "linghu", "澹台": "tantai", "宓": "mi", "幺": "yao",
}  # fmt: skip


DOTS = "·•・‧∙⋅"  # between the parts of a name: 阿依古丽·买买提
HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
WORDS = re.compile(f"[{HAN}]+|[^{HAN}{DOTS}\\s]+")


def search_keys(name: str) -> str:
    """What a receptionist may type, space-separated: `wangyihe wyh`, every reading of the surname.

    Dots and spaces are left out; of words that are not Chinese the first letter is an initial.
    """
    bare = without_dots(name).lower()
    readings = [_read(name.lower())]
    surname = next((bare[:n] for n in (2, 1) if bare[:n] in SURNAMES), "")
    if surname:
        readings.append([SURNAMES[surname], *_read(bare[len(surname) :])])
    keys: list[str] = []
    for reading, part in product(readings, (len, lambda _: 1)):
        key = "".join(syllable[: part(syllable)] for syllable in reading)
        if key and key not in keys:
            keys.append(key)
    return " ".join(keys)[:300]


def initials(name: str) -> str:
    """`WYH` for 王一禾 (a surname by its reading as one), `AS` for Anna Smith; `*` for what has no reading."""
    letters = ["*" if re.match(f"[{HAN}]", part) else part[0] for part in _read(name) if part]
    bare = without_dots(name)
    surname = SURNAMES.get(bare[:2]) or SURNAMES.get(bare[:1])
    if surname:
        letters[0] = surname[0]
    return "".join(letters).upper()


def masked_name(name: str) -> str:
    """`李*禾`, `李*`, `A*** S***`: two of one family differ, and a stranger learns no name."""
    words = name.split()
    if len(words) == 1 and re.match(f"[{HAN}]", name):
        return name[0] + "*" * max(1, len(name) - 2) + name[2:][-1:]
    return " ".join(word[0] + "***" for word in words)


def without_dots(text: str) -> str:
    """Without spaces and the dots between the parts of a name, however they were typed."""
    return "".join(sign for sign in text if sign not in DOTS and not sign.isspace())


def _read(name: str) -> list[str]:
    """The syllables of what is Chinese, the words of what is not."""
    return [
        part
        for word in WORDS.findall(name)
        for part in (
            lazy_pinyin(word, style=Style.NORMAL) if re.match(f"[{HAN}]", word) else [word]
        )
    ]
