"""The kinds of services. Pure."""

from enum import StrEnum


class ServiceKind(StrEnum):
    """The four booking rooms."""

    PEDIATRICS = "pediatrics"
    VACCINATION = "vaccination"
    CHECKUPS = "checkups"
    REHAB = "rehab"
