"""What a record can name, the programme can judge."""

from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.programme.national import national


def test_every_vaccine_of_a_record_is_known_to_the_programme():
    assert vaccines().keys() <= national().vaccines.keys()


def test_both_give_every_vaccine_of_the_programme_to_every_child():
    free = {code for code, one in national().vaccines.items() if one.programme}
    assert {code for code, one in vaccines().items() if one.is_programme} == free
