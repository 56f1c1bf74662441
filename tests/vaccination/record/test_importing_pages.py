"""A file of doses is looked at on its page, and imported whole or not at all."""

import io
from datetime import date, timedelta

import pytest
import time_machine

from clinic.accounts.models import Profession, Role
from clinic.db import db
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.record.files import (
    MOST,
)
from clinic.vaccination.record.models import Immunization, ImportDraft, Source
from tests.makes import NOON, make_appointment, make_centre, make_child, make_user

HEADER = "姓名,出生日期,疫苗,接种日期,剂次,批号,厂家"
GOOD = "王一禾,2025-02-01,麻腮风疫苗,2025-10-09,1,L1,北京生物"
PAGE = "/vaccination/import"


@pytest.fixture
def nurse(app, client):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    visit = make_appointment(make_child(birth_date=date(2025, 2, 1)))
    return make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=visit.centre)


def look(client, *lines, encoding="gbk"):
    content = "\n".join([HEADER, *lines]).encode(encoding)
    return client.post(PAGE, data={"file": (io.BytesIO(content), "doses.csv")})


def count():
    db.session.expire_all()
    return db.session.query(Immunization).count()


@pytest.mark.usefixtures("noon")
def test_a_file_is_looked_at_and_then_imported_once(client, nurse):
    shown = look(client.sign_in(nurse), GOOD)
    assert "1 of 1 rows are new" in shown.text
    assert count() == 0
    draft = db.session.query(ImportDraft).one().id
    assert client.post(f"{PAGE}/rows", data={"draft": draft}).location == PAGE
    (row,) = db.session.query(Immunization).all()
    assert (row.vaccine, row.lot_number, row.manufacturer) == ("MMR", "L1", "北京生物")
    assert (row.source, row.entered_by_id, row.verified_at) == (Source.IMPORT, nurse.id, None)
    assert db.session.query(ImportDraft).count() == 0
    again = client.post(f"{PAGE}/rows", data={"draft": draft})
    assert (again.status_code, "imported already" in again.text) == (422, True)
    assert count() == 1
    assert "0 of 1 rows are new" in look(client, GOOD).text


@pytest.mark.heavy("10,000 rows")
@pytest.mark.usefixtures("noon")
def test_ten_thousand_rows_become_as_many_doses(client, nurse):
    days = [date(2025, 2, 1) + timedelta(days=n) for n in range(385)]
    names = sorted(vaccines())
    lines = [f"王一禾,2025-02-01,{name},{day},,L1,厂" for name in names for day in days][:MOST]
    shown = look(client.sign_in(nurse), *lines)
    assert "10000 of 10000 rows are new" in shown.text
    draft = db.session.query(ImportDraft).one().id
    assert client.post(f"{PAGE}/rows", data={"draft": draft}).location == PAGE
    assert count() == MOST == 10_000


@pytest.mark.usefixtures("noon")
def test_one_wrong_row_stops_all(client, nurse):
    shown = look(client.sign_in(nurse), GOOD, GOOD.replace("2025-10-09", "2024-10-09"))
    assert shown.status_code == 422
    assert "One row is wrong. Nothing was imported." in shown.text
    assert "<b>Line 3</b>" in shown.text
    assert "This day is before the child was born." in shown.text
    assert (count(), db.session.query(ImportDraft).count()) == (0, 0)


@pytest.mark.usefixtures("noon")
def test_what_became_wrong_meanwhile_is_not_imported_by_half(client, nurse):
    look(client.sign_in(nurse), GOOD, GOOD.replace("麻腮风疫苗", "卡介苗"))
    draft = db.session.query(ImportDraft).one()
    draft.text = draft.text.replace("卡介苗", "茶")  # as if the catalogue had lost it
    answer = client.post(f"{PAGE}/rows", data={"draft": draft.id})
    assert (answer.status_code, "We do not know this vaccine." in answer.text) == (422, True)
    assert count() == 0


@pytest.mark.usefixtures("noon")
def test_children_without_a_visit_here_and_drafts_of_others_are_not_touched(client, nurse):
    other = make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=make_centre())
    shown = look(client.sign_in(other), GOOD)
    assert "No child of this name and birthday has a visit at your centre." in shown.text
    look(client.sign_in(nurse), GOOD)
    draft = db.session.query(ImportDraft).one().id
    assert client.sign_in(other).post(f"{PAGE}/rows", data={"draft": draft}).status_code == 422
    assert count() == 0


@pytest.mark.usefixtures("noon")
def test_a_file_that_is_none_is_refused_beside_its_field(client, nurse):
    client.sign_in(nurse)
    for data in ({}, {"file": (io.BytesIO(b"\xff\xfe\x00\x01"), "x.csv")}):
        answer = client.post(PAGE, data=data)
        assert answer.status_code == 422
        assert 'id="file-error"' in answer.text


def test_what_was_not_imported_within_a_day_is_forgotten_at_the_next_upload_of_anybody(
    client, nurse
):
    with time_machine.travel(NOON, tick=False) as clock:
        look(client.sign_in(nurse), GOOD)
        draft = db.session.query(ImportDraft).one().id
        clock.shift(timedelta(days=1, seconds=1))
        assert client.post(f"{PAGE}/rows", data={"draft": draft}).status_code == 422
        look(
            client.sign_in(
                make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=make_centre())
            ),
            GOOD,
        )
        assert db.session.query(ImportDraft).count() == 0  # not kept itself: it has a fault
    assert count() == 0


def test_no_file_is_said(client):
    client.sign_in(
        make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=make_centre())
    )
    answer = client.page(PAGE).form().submit()
    assert answer.errors == {"file": "请先选择文件。"}
