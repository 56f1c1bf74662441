"""`./dev bench [subject …] [--full] [--engine sqlite|postgresql]`: what is measured, as JSON lines.

Each line is a ratio with its baseline from the same run, told with its goal and whether it is
met. A baseline runs right before what it is compared with, so that a slow machine slows both;
what is told is the median of the pairs. docs/performance.md says what the goals mean.
"""

import argparse
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from benchmarks import (
    availability,
    booking,
    booking_cpu,
    cpu,
    first_visit,
    forecast,
    interference,
    live,
    rota,
    rush,
    worker,
)
from tests.engines import SAFE, database, throwaway_server

SUBJECTS = {
    "availability": availability,
    "booking": booking,
    "cpu": cpu,
    "booking-cpu": booking_cpu,
    "rush": rush,
    "interference": interference,
    "live": live,
    "rota": rota,
    "worker": worker,
    "forecast": forecast,
    "first-visit": first_visit,
}


@contextmanager
def fresh_databases(engine):
    """A function that makes a new database of that engine and gives its address."""
    if engine == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield lambda name: f"sqlite:///{Path(folder) / name}.sqlite3"
        return
    with throwaway_server(SAFE) as server:
        yield lambda name: database(server.url, name.replace("-", "_"))


def main():
    ask = argparse.ArgumentParser(prog="./dev bench")
    ask.add_argument("subjects", nargs="*", metavar="subject", help=", ".join(SUBJECTS))
    ask.add_argument("--full", action="store_true", help="10^7 slots instead of 10^6")
    ask.add_argument("--engine", choices=["sqlite", "postgresql"])
    asked = ask.parse_args()
    if unknown := set(asked.subjects) - set(SUBJECTS):
        ask.error(f"no such subject: {', '.join(sorted(unknown))}")
    for engine in [asked.engine] if asked.engine else ["sqlite", "postgresql"]:
        with fresh_databases(engine) as fresh:
            for name in asked.subjects or SUBJECTS:
                SUBJECTS[name].measure(fresh(name), engine, full=asked.full)


if __name__ == "__main__":
    sys.exit(main())
