"""Text from outside made plain, once: names, lines, notes, codes, numbers. Pure.

People type with an input method (full-width digits, `。` for the point), paste from other programs
(blanks of many kinds, signs that cannot be seen) and write one name in several ways. Every form,
search, import and comparison reads text by the functions of this module, so that one thing is
stored in one way. Each takes what was typed and gives plain text, empty where nothing was typed.

HiddenSigns: a control character, a zero-width sign or one that turns the direction of writing.
"""

import re
import unicodedata
from decimal import Decimal

from clinic.errors import DomainError
from clinic.sentences import mark

HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
DOTS = "·•‧∙⋅․・･˙．。｡."  # between the parts of a name; the first is the one that is stored
APOSTROPHES = "'’‘ʼʻʹ`´′＇"
DASHES = "-‐‑‒–—―−﹘﹣－"
BETWEEN_HAN = re.compile(f"(?<=[{HAN}])[{DASHES}{DOTS}\\s]+(?=[{HAN}])")
# Letters and signs by their category that are drawn as nothing, or stand for what could not be read.
UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\ufffd"
JOINERS = "\u200c\u200d"  # parts of emoji, and of some scripts
NEW_LINE = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
DRAWN_AS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # which drawing of the sign before
ACCENTS = re.compile("[\u0300-\u036f]")
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
STROKES = str.maketrans(  # letters that Unicode does not take apart
    {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
TWO_FOR_ONE = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
NUMBER = re.compile(r"[+-]?(\d{1,12}(\.\d{0,6})?|\.\d{1,6})")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")


class HiddenSigns(DomainError):
    message = mark(
        "This text contains an invisible character. Please delete the text and type it again."
    )


class NoName(DomainError):
    message = mark("Enter a name with letters or characters.")


class NoNumber(DomainError):
    message = mark("Enter a number.")


def line(typed: str) -> str:
    """Text of one line: blanks of every kind become one, none at the ends. HiddenSigns."""
    text = unicodedata.normalize("NFC", typed).strip()
    _refuse_hidden(text, "\t")
    return re.sub(r"\s+", " ", text)


def note(typed: str) -> str:
    """Text of several lines. HiddenSigns."""
    text = NEW_LINE.sub("\n", unicodedata.normalize("NFC", typed)).strip()
    _refuse_hidden(text, "\t\n" + JOINERS)
    return text


def name(typed: str) -> str:
    """A person's name, empty if nothing was typed. HiddenSigns; NoName without any letter.

    Between Chinese characters blanks are left out and every dot or dash is `·`: 阿依古丽·买买提.
    """
    text = line(DRAWN_AS.sub("", typed).translate(FULL_WIDTH))
    text = _one_of(DASHES, _one_of(APOSTROPHES, text))
    text = BETWEEN_HAN.sub(lambda found: "·" if found[0].strip() else "", text)
    if text and not any(sign.isalpha() or sign == "〇" for sign in text):
        raise NoName
    return text


def name_key(text: str) -> str:
    """By what two spellings of a name are compared: without accents, case, blanks, dots, dashes.

    `José`, `JOSE` and 阿依古丽·买买提, 阿依古丽 买买提 are the same. Never raises.
    """
    apart = ACCENTS.sub("", unicodedata.normalize("NFKD", DRAWN_AS.sub("", text)))
    plain = unicodedata.normalize("NFC", apart).casefold().translate(STROKES)
    left_out = DOTS + DASHES + APOSTROPHES
    return _joined("".join(s for s in plain if s not in left_out and not s.isspace()))


def name_keys(text: str) -> tuple[str, ...]:
    """The `name_key` of a name, and that of its spelling without umlauts if it has any.

    Müller is `muller` and `mueller`; Mueller is `mueller`. Two names are the same if they have a
    key in common. Never raises.
    """
    two_for_one = unicodedata.normalize("NFC", text).casefold().translate(TWO_FOR_ONE)
    return tuple(dict.fromkeys([name_key(text), name_key(two_for_one)]))


def signs(typed: str) -> str:
    """An e-mail address, or another word of signs: full-width ones made narrow, digits of every
    script made 0 to 9, no blanks. HiddenSigns."""
    text = line(unicodedata.normalize("NFKC", DRAWN_AS.sub("", typed))).replace(" ", "")
    return _joined("".join(str(unicodedata.decimal(sign, sign)) for sign in text))


def code(typed: str) -> str:
    """A phone number, a sign-in code, a reference, an identity number: signs only, nothing between.

    `139 0000·1011` and `１３９-００００-１０１１` are 13900001011. HiddenSigns.
    """
    return _joined(re.sub(f"[{DASHES}{DOTS}()_]", "", signs(typed)))


def number_of_a_lot(typed: str) -> str:
    """The number of a lot or a certificate: capitals, no blanks, its dashes kept. HiddenSigns."""
    return _joined(_one_of(DASHES, signs(typed)).upper())


def number(typed: str) -> Decimal:
    """A number as people type it: `１５．５`, `15。5`, `15,5`, `1,200.5`. HiddenSigns, NoNumber."""
    text = _one_of(DASHES, signs(typed))
    text = re.sub("[，、]", ",", re.sub("[。｡]", ".", text))
    if "." in text and THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    text = text.replace(",", ".")
    if not NUMBER.fullmatch(text):
        raise NoNumber
    return Decimal(text)


def whole(typed: str) -> int:
    """A whole number; `3,200` is 3200, and so is `3200.0`. HiddenSigns, NoNumber."""
    text = signs(typed).replace("，", ",")
    found = number(text.replace(",", "") if THOUSANDS.fullmatch(text) else text)
    if found != found.to_integral_value():
        raise NoNumber
    return int(found)


def sought(typed: str) -> str:
    """What somebody looks for: as `line` with full-width signs made narrow. Never raises."""
    text = unicodedata.normalize("NFKC", typed)
    seen = (" " if sign.isspace() else "" if _is_hidden(sign) else sign for sign in text)
    return " ".join(_joined("".join(seen)).split())


def _joined(text: str) -> str:
    """An accent that now stands beside a letter, because what was between them went, is on it."""
    return unicodedata.normalize("NFKC", text)


def _one_of(signs: str, text: str) -> str:
    """Each of these signs written as the first of them."""
    return re.sub(f"[{re.escape(signs)}]", signs[0], text)


def _refuse_hidden(text: str, allowed: str) -> None:
    if any(_is_hidden(sign) and sign not in allowed for sign in text):
        raise HiddenSigns


def _is_hidden(sign: str) -> bool:
    return sign in UNSEEN or unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp")
