"""Refusals that a person can read."""

from collections.abc import Mapping


class DomainError(Exception):
    """Something the house refuses.

    `message` is an English msgid, fit for the screen; `clinic.i18n.say` puts it
    into the reader's language with `params`. Subclasses stand next to the verb
    that raises them.
    """

    message: str = "That is not possible."

    def __init__(self, **params: object) -> None:
        super().__init__(self.message)
        self.params: Mapping[str, object] = params
