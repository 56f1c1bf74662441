"""The site at another time of day: `STARTS` is when its clock begins, and it goes on from there."""

import os
from datetime import datetime

import time_machine

time_machine.travel(datetime.fromisoformat(os.environ["STARTS"]), tick=True).start()

from clinic.app import create_app  # noqa: E402 # after the clock is set

app = create_app()
