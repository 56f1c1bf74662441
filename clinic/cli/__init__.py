"""Commands, as thin as views."""

from flask import Blueprint

from clinic.cli.schedule import schedule

commands: list[Blueprint] = [schedule]
