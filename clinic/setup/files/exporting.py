"""Set-up written to files: what `importing` reads again, and the staff, who are only listed."""

from collections.abc import Iterable, Iterator

from sqlalchemy import select

from clinic.accounts.models import Membership, Role, User
from clinic.centres.models import Centre
from clinic.db import db
from clinic.setup.files.formats import as_csv, as_xlsx
from clinic.setup.files.sheets import SHEETS, Sheet

Rows = Iterable[list[str]]
STAFF = ["中心代码 centre", "姓名 name", "角色 role", "专业 profession"]


def written() -> dict[str, list[list[str]]]:
    """Every file by its name: a header, then a row for each that is on record. Nothing is secret."""
    return {sheet.name: list(_rows(sheet)) for sheet in SHEETS} | {"staff": list(_staff())}


def as_csv_files() -> dict[str, bytes]:
    """The same as CSV, by the file's name."""
    return {f"{name}.csv": as_csv(rows) for name, rows in written().items()}


def as_workbook() -> bytes:
    """The same as one xlsx file, a sheet for each."""
    return as_xlsx(written().items())


def _rows(sheet: Sheet) -> Iterator[list[str]]:
    yield [column.header for column in sheet.columns]
    for values, _ in sheet.load().values():
        yield [column.show(values[column.key]) for column in sheet.columns]


def _staff() -> Iterator[list[str]]:
    """Who has which role where; they come by invitation, so no file brings them in."""
    yield STAFF
    query = (
        select(Centre.code, User.name, Membership.role, Membership.profession)
        .join(User, User.id == Membership.user_id)
        .outerjoin(Centre, Centre.id == Membership.centre_id)
        .where(Membership.role != Role.PARENT)
        .order_by(Centre.code.is_not(None), Centre.code, Membership.role, User.name, User.id)
    )
    for code, name, role, profession in db.session.execute(query):
        yield [code or "", name, role.value, profession.value if profession else ""]
