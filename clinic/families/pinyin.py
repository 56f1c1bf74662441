"""How a Chinese name is found at the desk: by full pinyin or by initials. Pure.

pypinyin reads some surnames as common words; those are read both ways.
"""

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


def search_keys(name: str) -> str:
    """What a receptionist may type, space-separated: `wangyihe wyh`, every reading of the surname."""
    bare = "".join(name.split()).lower()
    if not bare:
        return ""
    surname = next((bare[:n] for n in (2, 1) if bare[:n] in SURNAMES), "")
    plain = lazy_pinyin(bare, style=Style.NORMAL)
    readings = [plain]
    if surname:
        rest = lazy_pinyin(bare[len(surname) :], style=Style.NORMAL)
        readings.append([SURNAMES[surname], *rest])
    keys: list[str] = []
    for reading, part in product(readings, (len, lambda _: 1)):
        key = "".join(syllable[: part(syllable)] for syllable in reading)
        if key not in keys:
            keys.append(key)
    return " ".join(keys)[:300]
