"""Roles and professions in words; marked, to be translated where they are shown."""

from collections.abc import Mapping

from clinic.accounts.models import Profession, Role
from clinic.sentences import mark

ROLES: Mapping[Role, str] = {
    Role.PARENT: mark("Parent"),
    Role.CLINICIAN: mark("Clinician"),
    Role.RECEPTION: mark("Reception"),
    Role.MANAGER: mark("Manager"),
    Role.ADMIN: mark("Administrator of the city"),
}
PROFESSIONS: Mapping[Profession, str] = {
    Profession.DOCTOR: mark("Doctor"),
    Profession.VACCINATOR: mark("Vaccinator"),
    Profession.NURSE: mark("Nurse"),
    Profession.PHYSICAL_THERAPIST: mark("Physiotherapist (PT)"),
    Profession.OCCUPATIONAL_THERAPIST: mark("Occupational therapist (OT)"),
    Profession.SPEECH_THERAPIST: mark("Speech therapist (ST)"),
    Profession.SENSORY_THERAPIST: mark("Sensory integration therapist"),
    Profession.TCM: mark("Doctor of Chinese medicine"),
}
