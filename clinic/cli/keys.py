"""`flask --app wsgi keys reseal`: what is sealed in the database, sealed anew with the first key."""

import click
from flask import Blueprint

from clinic.db import in_one_transaction
from clinic.families import numbers

keys = Blueprint("keys-cli", __name__, cli_group="keys")


@keys.cli.command("reseal")
def reseal() -> None:
    """Seal all identity and certificate numbers with the first key of FIELD_KEY.

    For a new key: put it before the others, run this, then take the others away.
    """
    done, unread = in_one_transaction(numbers.reseal)
    click.echo(f"Sealed anew: {done}")
    if unread:
        whose = ", ".join(str(child_id) for child_id in unread)
        raise click.ClickException(
            f"A number cannot be read with the keys that are set, and stays as it is. Children: {whose}"
        )
