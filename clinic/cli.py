"""Commands, as thin as views: `flask --app wsgi schedule verify`."""

import sys

import click
from flask import Blueprint

from clinic.scheduling.verify import broken_promises

schedule = Blueprint("schedule", __name__)
commands: list[Blueprint] = [schedule]


@schedule.cli.command("verify")
def verify() -> None:
    """Read the whole database and report every broken promise; exit 1 if there is any."""
    found = broken_promises()
    for line in found:
        click.echo(line)
    if found:
        sys.exit(1)
    click.echo("Every promise is kept.")
