"""The real server in a process of its own, on a socket that the test opened."""

import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
SECRET = "secret of the tests"


@contextmanager
def serving(database_url, *, app="wsgi:app", workers=2, threads=8, **environment):
    """The address of gunicorn serving that database.

    The socket listens before the server starts, so that nobody has to wait for it: the first
    request does.
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
    command += ["-k", "gthread", "--workers", str(workers), "--threads", str(threads)]
    command += ["--log-level", "critical", "--no-control-socket"]
    server = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | settings, pass_fds=[listener.fileno()]
    )
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.terminate()
        server.wait(20)
        listener.close()
