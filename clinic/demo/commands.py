"""`flask --app wsgi demo load | accounts | prepare`."""

import os
from datetime import datetime

import click
from flask import Blueprint, current_app
from flask_migrate import upgrade

from clinic import clock
from clinic.accounts.demo_sign_ins import demo_sign_ins
from clinic.db import db
from clinic.demo.days import renew
from clinic.demo.load import is_loaded, load
from clinic.revisions import set_aside

demo = Blueprint("demo", __name__)


@demo.cli.command("load")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day the city begins on.")
@click.option("--once", is_flag=True, help="Do nothing if there is a city already.")
def load_city(today: datetime | None, *, once: bool) -> None:
    """Make the fictitious city, in a database that may be new."""
    _refuse_outside_demo()
    _bring_up_to_date()
    if is_loaded():
        if once:
            click.echo("The city is loaded already.")
            return
        message = "This database has centres already; the city needs an empty one."
        raise click.ClickException(message)
    if today:
        load(today.date())
    else:
        _load_now()
    click.echo("The city is loaded.")


@demo.cli.command("accounts")
def accounts() -> None:
    """Print one sign-in a profession."""
    _refuse_outside_demo()
    _print_accounts()


@demo.cli.command("prepare")
def prepare() -> None:
    """Bring the database up to date, load the city once, say where everything is."""
    _refuse_outside_demo()
    _set_aside_if_too_old()
    _bring_up_to_date()
    if not is_loaded():
        click.echo("Loading the demonstration city …")
        _load_now()
    elif renew(clock.now()):
        click.echo("The city has been brought to this day.")
    address = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
    click.echo(f"\n  {address}/            the site")
    click.echo(f"  {address}/demo/inbox  the messages it would have sent\n")
    _print_accounts()


def _load_now() -> None:
    now = clock.now()
    load(clock.clinic_day(now), now)


def _set_aside_if_too_old() -> None:
    db.session.remove()
    if aside := set_aside(db.engine):
        click.echo(f"The database was from an older version; it is now {aside}. A new one is made.")


def _bring_up_to_date() -> None:
    db.session.remove()
    upgrade()
    db.session.remove()


def _print_accounts() -> None:
    for sign_in in demo_sign_ins():
        click.echo(f"  {sign_in.label:<28} {sign_in.email:<26} {sign_in.password}")


def _refuse_outside_demo() -> None:
    if not current_app.config["DEMO"]:
        message = "Set DEMO=1 first: the fictitious city does not belong into a real database."
        raise click.ClickException(message)
