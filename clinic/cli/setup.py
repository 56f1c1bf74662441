"""`flask --app wsgi setup`: the first administrator, and the first centre, of an empty database.

No password is asked for: the administrator chooses one behind a link that works once. Run again,
it does what is still missing.
"""

import os
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import click
from flask import Blueprint, current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from clinic import clock, plain
from clinic.accounts import staff_invitations
from clinic.accounts.contacts import normalised
from clinic.accounts.models import Membership, Role, User
from clinic.centres import founding, typed_facts
from clinic.centres.districts import all_districts
from clinic.centres.models import Centre
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.hosts import public_url
from clinic.revisions import is_current

setup = Blueprint("setup-cli", __name__, cli_group=None)
T = TypeVar("T")


class NoDistrict(DomainError):
    message = "Enter one of these districts."


@setup.cli.group("setup", invoke_without_command=True)
@click.option("--another", is_flag=True, help="One more administrator.")
@click.option("--name", help="The administrator's name; asked for if it is missing.")
@click.option("--contact", help="Their phone or e-mail; asked for if it is missing.")
@click.option("--no-centre", is_flag=True, help="Leave the first centre to the pages.")
@click.pass_context
@with_appcontext
def set_up(
    context: click.Context, *, another: bool, name: str | None, contact: str | None, no_centre: bool
) -> None:
    """Invite the first administrator, and set up the first centre."""
    if context.invoked_subcommand:
        return
    if not is_current(db.engine):
        raise click.ClickException("The database has no tables yet. Run `db upgrade` first.")
    administrator = db.session.scalar(
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.role == Role.ADMIN)
    )
    if administrator and not another:
        click.echo(f"There is an administrator: {administrator.name}. For one more: --another")
    else:
        _invite(name, contact, replace=not another)
    if no_centre or db.session.scalar(select(Centre.id).limit(1)):
        return
    if click.confirm("Set up the first centre now? It can be done on the pages too", default=True):
        _found()


def _invite(name: str | None, contact: str | None, *, replace: bool) -> None:
    """Print a link for an administrator; an earlier one that nobody has used works no longer."""
    who = _read(plain.name, name) if name else _ask("Administrator's name", plain.name)
    where = _read(normalised, contact) if contact else _ask("Phone or e-mail", normalised)
    now = clock.now()

    def work() -> str:
        for earlier in staff_invitations.open_invitations(None, now=now):
            if replace or earlier.contact == where:
                staff_invitations.withdraw(earlier, by=None, now=now)
        _row, token = staff_invitations.invite(
            name=who, contact=where, role=Role.ADMIN, by=None, now=now
        )
        return token

    token = in_one_transaction(work)
    click.echo("This link works once, for 72 hours. Open it to choose a password:")
    click.echo(_address(token))


def _found() -> None:
    """Ask what a centre is, and found it."""
    names = ", ".join(district.name_zh for district in all_districts())
    facts: dict[str, object] = {
        "name_zh": _ask("Name in Chinese", partial(_text, most=80)),
        "name_en": _ask("Name in English", partial(_text, most=120)),
        "code": _ask("Short address, as zhaohui", typed_facts.centre_code),
        "district": _ask(f"District ({names})", _district),
        "address_zh": _ask("Street address in Chinese", partial(_text, most=120)),
        "address_en": _ask("Street address in English", partial(_text, most=160)),
        "phone": _ask("Telephone", typed_facts.phone),
    }
    middle = typed_facts.middle_of(str(facts["district"]))
    place = _ask(
        "Latitude, longitude (from a map)", typed_facts.place, default=f"{middle[0]}, {middle[1]}"
    )
    facts |= {"latitude": place[0], "longitude": place[1]}
    try:
        centre = in_one_transaction(lambda: founding.found(facts, by=None, now=clock.now()))
    except DomainError as refused:
        raise click.ClickException(_sentence(refused)) from refused
    click.echo(f"{centre.name_en} is set up. What it still needs: /setup/centres/{centre.code}")


def _ask(question: str, reader: Callable[[str], T], *, default: str | None = None) -> T:
    """The answer as it is kept; asked again until it can be read."""
    while True:
        typed = click.prompt(question, default=default, type=str)
        try:
            found = reader(typed)
        except DomainError as refused:
            click.echo(_sentence(refused))
            continue
        if found:
            return found
        click.echo("Please enter something.")


def _read(reader: Callable[[str], T], typed: str) -> T:
    """What an option says. Raises ClickException."""
    try:
        return reader(typed)
    except DomainError as refused:
        raise click.ClickException(_sentence(refused)) from refused


def _sentence(refused: DomainError) -> str:
    return refused.message % refused.params


def _text(typed: str, *, most: int) -> str:
    return plain.line(typed)[:most]


def _district(typed: str) -> str:
    """The Chinese name of a district, typed in either language. Raises NoDistrict."""
    text = plain.line(typed)
    for district in all_districts():
        if text.casefold() in (district.name_zh, district.name_en.casefold()):
            return district.name_zh
    raise NoDistrict


def _address(token: str) -> str:
    """The whole address of the link; of this machine, if no PUBLIC_URL is set."""
    local = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/"
    with current_app.test_request_context(base_url=local):
        return public_url("accounts.staff_invitation", token=token)
