"""The site at another time of day: `STARTS` is when its clock begins, and it goes on from there.

Where `CLOCK` names a file, whatever moment stands in it is the time from the next request on.
"""

import os
from datetime import datetime
from pathlib import Path

import time_machine

traveller = time_machine.travel(datetime.fromisoformat(os.environ["STARTS"]), tick=True).start()

from clinic.app import create_app  # noqa: E402 # after the clock is set

app = create_app()
if "CLOCK" in os.environ:
    clock, answer, seen = Path(os.environ["CLOCK"]), app.wsgi_app, [""]

    def moved(environ, start_response):
        """Look at the clock, then answer."""
        moment = clock.read_text()
        if [moment] != seen:
            seen[:] = [moment]
            traveller.move_to(datetime.fromisoformat(moment))
        return answer(environ, start_response)

    app.wsgi_app = moved
