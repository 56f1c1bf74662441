"""How a name is found by its sounds: full pinyin, initials, or some of each. Pure.

Many characters have several readings, as surnames above all; each of them finds the name.
"""

import re
from functools import lru_cache

from pypinyin import Style, lazy_pinyin, pinyin

from clinic.plain import DASHES, DOTS, HAN, name_keys

# Readings as surnames, for initials.
SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "朴": "piao", "查": "zha",
    "盖": "ge", "任": "ren", "区": "ou", "华": "hua", "尉迟": "yuchi", "长孙": "zhangsun",
    "万俟": "moqi", "尹": "yin", "缪": "miao", "翟": "zhai", "折": "she", "卜": "bu",
    "秘": "bi", "冼": "xian", "洗": "xian", "祭": "zhai", "逄": "pang", "乐": "yue",
    "员": "yun", "覃": "qin", "谌": "chen", "召": "shao", "种": "chong", "重": "chong",
    "繁": "po", "纪": "ji", "过": "guo", "能": "nai", "乜": "nie", "隗": "wei",
    "郗": "xi", "燕": "yan", "宁": "ning", "柏": "bai", "车": "che", "都": "du",
    "呙": "guo", "令狐": "linghu", "澹台": "tantai", "宓": "mi", "幺": "yao", "阚": "kan",
    "薄": "bo", "牟": "mu", "藏": "zang", "黑": "he",
}  # fmt: skip
WORDS = re.compile(f"[{HAN}]+|[^{HAN}{DASHES}{DOTS}\\s]+")
LONGEST = 300  # of the column
TWO_LETTERS = ("zh", "ch", "sh")  # typed for an initial


def search_keys(name: str) -> str:
    """The parts of a name with all their readings: `shan/dan/chan xiong xin`, `anna smith`."""
    keys = ["/".join(_readings(part)) for part in _parts(name)]
    while len(text := " ".join(keys)) > LONGEST:
        keys.pop()
    return text


def sounds_like(typed: str, keys: str) -> bool:
    """Whether a name with these search keys begins with what was typed, a `name_key`.

    Each part may be typed in full or by its initial, the last one by any of its beginnings:
    `zengzimo`, `zzm`, `zengzm`, `zengzi`.
    """
    return _begins(typed, [key.split("/") for key in keys.split()])


def _begins(typed: str, parts: list[list[str]]) -> bool:
    if not typed or not parts:
        return not typed
    for reading in parts[0]:
        initials = (reading[:1], *(pair for pair in TWO_LETTERS if reading.startswith(pair)))
        if reading.startswith(typed) or any(
            typed.startswith(beginning) and _begins(typed[len(beginning) :], parts[1:])
            for beginning in (reading, *initials)
        ):
            return True
    return False


def initials(name: str) -> str:
    """`WYH` for 王一禾 (a surname by its reading as one), `AS` for Anna Smith; `*` for what has no reading."""
    letters = ["*" if re.match(f"[{HAN}]", part) else part[0] for part in _spoken(name) if part]
    first = next(iter(WORDS.findall(name)), "")
    if letters and (surname := SURNAMES.get(first[:2]) or SURNAMES.get(first[:1])):
        letters[0] = surname[0]
    return "".join(letters).upper()


def masked_name(name: str) -> str:
    """`李*禾`, `李*`, `A*** S***`: two of one family differ, and a stranger learns no name."""
    words = name.split()
    if len(words) == 1 and re.match(f"[{HAN}]", name):
        return name[0] + "*" * max(1, len(name) - 2) + name[2:][-1:]
    return " ".join(word[0] + "***" for word in words)


def _parts(name: str) -> list[str]:
    """The characters of what is Chinese, the words of what is not."""
    return [
        part
        for word in WORDS.findall(name)
        for part in (word if re.match(f"[{HAN}]", word) else [word])
    ]


def _spoken(name: str) -> list[str]:
    """The syllables of what is Chinese, by the words that it forms; the words of what is not."""
    return [
        part
        for word in WORDS.findall(name)
        for part in (
            lazy_pinyin(word, style=Style.NORMAL) if re.match(f"[{HAN}]", word) else [word]
        )
    ]


@lru_cache(maxsize=10_000)
def _readings(part: str) -> tuple[str, ...]:
    """Every reading of a character, the usual one first; of another word its spellings."""
    if not re.match(f"[{HAN}]", part):
        return name_keys(part)
    found = pinyin(part, style=Style.NORMAL, heteronym=True)[0]
    return tuple(dict.fromkeys([*found, SURNAMES.get(part, found[0])]))
