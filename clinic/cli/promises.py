"""`flask --app wsgi promises check | copy | describe`."""

import click
from flask import Blueprint

from clinic.db import db
from clinic.promises import copy_for, differences
from clinic.promises.describing import describe

promises = Blueprint("promises", __name__)


@promises.cli.command("check")
def check() -> None:
    """Compare the database with the SQL files of its promises; exit 1 if they differ.

    On PostgreSQL tables are locked for a moment: where people book, ask a copy.
    """
    with db.engine.connect().execution_options(writes=True) as connection:
        found = differences(connection)
    for line in found:
        click.echo(line)
    if found:
        raise SystemExit(1)
    click.echo("The database promises what the files say.")


@promises.cli.command("copy")
@click.argument("revision")
def copy(revision: str) -> None:
    """Copy the files that changed beside the migration of that REVISION, which installs them."""
    for path in copy_for(revision):
        click.echo(path)


@promises.cli.command("describe")
def write_description() -> None:
    """Print docs/database.md."""
    click.echo(describe(), nl=False)
