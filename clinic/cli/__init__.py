"""Commands, as thin as views. Those of a kind of service are in its own room."""

from flask import Blueprint

from clinic.cli import hours, setup_files, support
from clinic.cli.keys import keys
from clinic.cli.promises import promises
from clinic.cli.schedule import schedule
from clinic.cli.setup import setup

# Importing them adds their commands to `schedule`.
SCHEDULE = (hours, support)
SETUP = (setup_files,)  # to `setup`
commands: list[Blueprint] = [setup, schedule, keys, promises]
