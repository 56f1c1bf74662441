"""Commands, as thin as views."""

from flask import Blueprint

from clinic.cli import support as _support  # noqa: F401 - it adds its commands to `schedule`
from clinic.cli.checkups import checkups
from clinic.cli.growth import growth
from clinic.cli.keys import keys
from clinic.cli.schedule import schedule
from clinic.cli.vaccination import vaccination

commands: list[Blueprint] = [schedule, checkups, growth, vaccination, keys]
