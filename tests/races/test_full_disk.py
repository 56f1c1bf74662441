"""The disk of a SQLite site fills up in the middle of a storm, and has room again later."""

import resource
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from clinic.db import db
from clinic.scheduling.models import Hold
from clinic.scheduling.verify import broken_promises
from tests.races.families import appointments, statuses
from tests.races.storm import Storm
from tests.serving import serving

LITTLE = 6 * 1024  # bytes: enough to begin to write a booking, too little to finish it

pytestmark = pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="no way to limit what another process writes"
)


def leave(site, size):
    """From now on no process of the server can make a file longer than that."""
    for worker in site.workers():
        _, most = resource.prlimit(worker, resource.RLIMIT_FSIZE)
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (size, most))


def log_of(url):
    return Path(f"{make_url(url).database}-wal")


@contextmanager
def growing_log(url):
    """While a reader stays, SQLite does not begin its write-ahead log anew: every write makes it longer.

    It is empty when the reader comes, so that its length is where the next write begins.
    """
    db.session.rollback()
    with closing(sqlite3.connect(make_url(url).database, isolation_level=None)) as reader:
        assert reader.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM slots").fetchone()
        yield


def test_a_full_disk_is_said_as_such_and_books_nothing_by_half(sqlite_race):
    url = sqlite_race.config["DATABASE_URL"]
    before, storm = Storm(sqlite_race, 3, slots=1, capacity=3), Storm(sqlite_race, 30)
    with growing_log(url), serving(url) as site:
        before.rage(site, 1)
        held = [family.hold(site, storm.service_id, slot) for family, slot in storm.crowd[:2]]
        leave(site, log_of(url).stat().st_size + LITTLE)

        family, slot_id = storm.crowd[2]
        refused = [one[0].confirm(site, kept) for one, kept in zip(storm.crowd, held, strict=False)]
        refused += [family.hold(site, storm.service_id, slot_id) for _ in range(5)]
        shown, _ = before.crowd[0][0].parent.ask("GET", site, "/appointments/")
        db.session.rollback()
        meanwhile = appointments(), db.session.query(Hold).count(), broken_promises()

        leave(site, resource.RLIM_INFINITY)
        db.session.rollback()
        answers = storm.rage(site, 16)

    assert [answer.status for answer in held] == [303, 303]
    # SQLite finds room for one of them now and then: it was written whole, then, or not at all.
    written = [answer.status == 303 for answer in refused]
    assert sum(written) <= 1
    assert statuses(refused)[503] == 7 - sum(written)
    assert all("预约系统暂时无法连接" in answer.page for answer in refused if answer.status == 503)
    assert shown.status == 200  # what is booked can be read all the same
    assert meanwhile == (3 + sum(written[:2]), 5 + sum(written[2:]), [])
    assert statuses(answers)[303] >= 20 - sum(written[:2])
    storm.acknowledged += before.acknowledged
    storm.places += before.places
    storm.check(answers)


def test_a_disk_that_fills_up_and_empties_in_a_storm(sqlite_race):
    url = sqlite_race.config["DATABASE_URL"]
    storm = Storm(sqlite_race, 30)
    with growing_log(url), serving(url) as site:

        def fill():
            storm.calm.clear()
            leave(site, log_of(url).stat().st_size + LITTLE)

        def make_room():
            leave(site, resource.RLIM_INFINITY)
            storm.calm.set()

        answers = storm.rage(site, 16, at_booking={5: fill}, at_trouble={8: make_room})

    assert {trouble.status for trouble in storm.troubles} == {503}
    storm.check(answers)
