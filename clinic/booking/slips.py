"""What a family shows and brings at the desk."""

from collections.abc import Iterable

from clinic.centres.models import Service
from clinic.i18n import name_of


def bring_to(services: Iterable[Service]) -> list[str]:
    """What to bring to all of these, each thing once."""
    lines = [line for service in services for line in name_of(service, "bring").splitlines()]
    return list(dict.fromkeys(filter(None, lines)))
