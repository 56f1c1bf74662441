"""What roles, professions and languages are called."""

from collections.abc import Mapping
from enum import StrEnum

from clinic.accounts.models import Profession, Role
from clinic.sentences import mark

ROLES: Mapping[Role, str] = {
    Role.CLINICIAN: mark("Clinician"),
    Role.RECEPTION: mark("Reception"),
    Role.MANAGER: mark("Centre manager"),
    Role.ADMIN: mark("City administrator"),
}
PROFESSIONS: Mapping[Profession, str] = {
    Profession.DOCTOR: mark("Doctor"),
    Profession.VACCINATOR: mark("Vaccinator"),
    Profession.NURSE: mark("Nurse"),
    Profession.PHYSICAL_THERAPIST: mark("Physical therapist (PT)"),
    Profession.OCCUPATIONAL_THERAPIST: mark("Occupational therapist (OT)"),
    Profession.SPEECH_THERAPIST: mark("Speech therapist (ST)"),
    Profession.SENSORY_THERAPIST: mark("Therapist of sensory integration"),
    Profession.TCM: mark("Doctor of Chinese medicine"),
}


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
