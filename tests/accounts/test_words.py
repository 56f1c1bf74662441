"""Roles and professions have words."""

from clinic.accounts import words
from clinic.accounts.models import Profession, Role


def test_every_role_and_profession_has_a_word_of_its_own():
    assert words.ROLES.keys() == set(Role)
    assert words.PROFESSIONS.keys() == set(Profession)
    said = [*words.ROLES.values(), *words.PROFESSIONS.values()]
    assert len(set(said)) == len(said)
