"""What languages are called, and what somebody is in one word."""

from collections.abc import Mapping
from enum import StrEnum

from clinic.accounts.models import Profession, Role
from clinic.accounts.words import PROFESSIONS, ROLES
from clinic.sentences import mark


class Language(StrEnum):
    """A language in which a clinician sees families (BCP 47)."""

    MANDARIN = "cmn"
    WU = "wuu"
    ENGLISH = "en"
    JAPANESE = "ja"
    KOREAN = "ko"
    SIGN = "csl"


LANGUAGES: Mapping[Language, str] = {
    Language.MANDARIN: mark("Mandarin"),
    Language.WU: mark("Hangzhou dialect"),
    Language.ENGLISH: mark("English"),
    Language.JAPANESE: mark("Japanese"),
    Language.KOREAN: mark("Korean"),
    Language.SIGN: mark("Chinese Sign Language"),
}


def duty(role: Role, profession: Profession | None) -> str:
    """What somebody is, in one word: a clinician's profession, else the role; an English msgid."""
    return PROFESSIONS[profession] if profession else ROLES[role]
