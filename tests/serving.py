"""The real server in a process of its own, on a socket that the test opened."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent
SECRET = "secret of the tests"


class Site(str):
    """The address of a server, which can lose its workers."""

    process: subprocess.Popen

    def workers(self):
        """The ids of the processes that answer."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], check=False, capture_output=True
        )
        return [int(line) for line in found.stdout.split()]

    def kill_workers(self):
        """End them as a crash does: in the middle of whatever they do."""
        _kill(self.workers())

    def kill(self):
        """End all of it; whoever was answered has the answer."""
        everybody = [self.process.pid, *self.workers()]
        _kill(everybody)
        self.process.wait(20)


def _kill(processes):
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


@contextmanager
def serving(database_url, *, app="wsgi:app", workers=2, threads=8, **environment):
    """The address of gunicorn serving that database.

    The socket listens before the server starts, so that nobody has to wait for it: the first
    request does. The site is loaded once, and made ready as for real (`clinic.server`).
    """
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    # As gunicorn does with a socket of its own: an answer's last packet does not wait for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    os.set_inheritable(listener.fileno(), True)
    settings = {
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET,
        "FLASK_DEBUG": "1",
        "DEMO": "1",
        **environment,
    }
    command = [sys.executable, "-m", "gunicorn", app, "--bind", f"fd://{listener.fileno()}"]
    command += ["--workers", str(workers), "--threads", str(threads)]
    command += ["--log-level", "critical", "--no-control-socket", "--preload"]
    if app == "wsgi:app":
        command += ["--config", "python:clinic.server"]
    else:
        command += ["-k", "gthread"]
    server = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | settings, pass_fds=[listener.fileno()]
    )
    site = Site(f"http://127.0.0.1:{listener.getsockname()[1]}")
    site.process = server
    try:
        yield site
    finally:
        site.kill()
        listener.close()
