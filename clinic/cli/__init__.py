"""Commands, as thin as views."""

from flask import Blueprint

from clinic.cli import hours, support
from clinic.cli.checkups import checkups
from clinic.cli.growth import growth
from clinic.cli.keys import keys
from clinic.cli.schedule import schedule
from clinic.cli.vaccination import vaccination

# Importing them adds their commands to `schedule`.
SCHEDULE = (hours, support)
commands: list[Blueprint] = [schedule, checkups, growth, vaccination, keys]
