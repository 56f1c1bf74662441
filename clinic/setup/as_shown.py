"""What was shown when a page of set-up was opened is what it changes: two tabs do not undo each other."""

import hashlib

from clinic.errors import DomainError
from clinic.sentences import mark


class ChangedMeanwhile(DomainError):
    message = mark(
        "This was saved in another window while you had it open. What holds now is said below; save "
        "again to put your own entries in its place."
    )


def version_of(facts: object) -> str:
    """A short hash of what a page shows; `facts` are values that print the same for the same rows."""
    return hashlib.blake2b(repr(facts).encode(), digest_size=8).hexdigest()


def must_be(version: str, facts: object) -> None:
    """Raises ChangedMeanwhile unless these, read under their lock, are what was shown."""
    if version != version_of(facts):
        raise ChangedMeanwhile
