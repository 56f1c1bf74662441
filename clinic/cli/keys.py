"""`flask --app wsgi keys reseal`: what is sealed in the database, sealed anew with the first key."""

import click
from flask import Blueprint

from clinic.accounts import second_factor
from clinic.db import in_one_transaction
from clinic.families import numbers

keys = Blueprint("keys-cli", __name__, cli_group="keys")


@keys.cli.command("reseal")
def reseal() -> None:
    """Seal identity and certificate numbers, and secrets of second factors, with the first key of FIELD_KEY.

    For a new key: put it before the others, run this, then take the others away.
    """
    of_children = in_one_transaction(numbers.reseal)
    of_staff = in_one_transaction(second_factor.reseal)
    click.echo(f"Sealed anew: {of_children[0] + of_staff[0]}")
    for what, (_, unread) in (("Children", of_children), ("Second factors of users", of_staff)):
        if unread:
            whose = ", ".join(map(str, unread))
            raise click.ClickException(
                f"What cannot be read with the keys that are set stays as it is. {what}: {whose}"
            )
