"""Many clients at once, cheaply: one loop over plain sockets, so that the server gets the processor.

A client is a generator: it yields the bytes of a request and gets an Answer back, or it yields
a number of seconds and is woken after them.
"""

import heapq
import selectors
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from itsdangerous import URLSafeTimedSerializer

from tests.serving import SECRET

AGENT = "bench"


@dataclass(frozen=True)
class Answer:
    status: int
    head: bytes
    seconds: float

    def header(self, name):
        """The value of that header, or None."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b": ")
            if key.decode().lower() == name:
                return value.decode()
        return None


class Browser:
    """Writes the requests of one signed-in user."""

    def __init__(self, app, session):
        session |= {"_permanent": True}  # as after signing in
        self.session = app.session_interface.get_signing_serializer(app).dumps(session)
        self.head = (
            "HTTP/1.1\r\nHost: localhost\r\n"
            f"User-Agent: {AGENT}\r\nCookie: session={self.session}\r\n"
        )
        self.token = URLSafeTimedSerializer(SECRET, salt="wtf-csrf-token").dumps(
            session["csrf_token"]
        )

    def get(self, path, *, etag=None):
        condition = f"If-None-Match: {etag}\r\n" if etag else ""
        return f"GET {path} {self.head}{condition}\r\n".encode()

    def post(self, path, **fields):
        body = urlencode(fields | {"csrf_token": self.token})
        return (
            f"POST {path} {self.head}Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


HELLO = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def again_and_again(request, times, status=200):
    """A client that sends the same request so many times."""
    for _ in range(times):
        answer = yield request
        if answer.status != status:
            raise RuntimeError(f"{answer.status} instead of {status} for {request[:200]!r}")


class _Line:
    """One client's keep-alive connection, open only once there is something to ask.

    The server may close it between two requests. A connection that says nothing would keep one
    of its threads busy.
    """

    def __init__(self, address, person, chooser):
        self.address, self.person, self.chooser = address, person, chooser
        self.socket: socket.socket | None = None
        self.request = self.read = b""
        self.sent_at = 0.0

    def send(self, request):
        self.request, self.read, self.sent_at = request, b"", time.perf_counter()
        if self.socket is None:
            self.socket = socket.create_connection(self.address)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.chooser.register(self.socket, selectors.EVENT_READ, self)
        with suppress(ConnectionError):  # then reading says so
            self.socket.sendall(request)

    def close(self):
        if self.socket is not None:
            self.chooser.unregister(self.socket)
            self.socket.close()
            self.socket = None

    def receive(self):
        """The answer, once it is whole."""
        assert self.socket is not None
        try:
            got = self.socket.recv(1 << 18)
        except ConnectionResetError:
            got = b""
        if not got:
            self.hung_up()
            return None
        self.read += got
        head, end, body = self.read.partition(b"\r\n\r\n")
        if not end:
            return None
        answer = Answer(int(head[9:12]), head, time.perf_counter() - self.sent_at)
        has_body = answer.status not in (204, 304)
        length = int(answer.header("content-length") or 0) if has_body else 0
        if len(body) < length:
            return None
        self.request = self.read = b""
        return answer

    def hung_up(self):
        """Closed before a word was said: ask once more on a new connection, as browsers do."""
        if self.read:
            raise RuntimeError("the server hung up in the middle of an answer")
        self.close()
        if self.request:
            began = self.sent_at
            self.send(self.request)
            self.sent_at = began


def together(site, people):
    """Let all of them do what they do at the same time. All answers, and the seconds it took."""
    parts = urlsplit(site)
    chooser = selectors.DefaultSelector()
    lines = [_Line((parts.hostname, parts.port), person, chooser) for person in people]
    waiting: list[tuple[float, int, _Line]] = []
    answers: list[Answer] = []

    def go_on(line, answer=None):
        """Send what the client wants next, or note when to wake it; False when it is done."""
        try:
            wish = line.person.send(answer)
        except StopIteration:
            return False
        if isinstance(wish, bytes):
            line.send(wish)
        else:
            heapq.heappush(waiting, (time.perf_counter() + wish, id(line), line))
        return True

    begun = time.perf_counter()
    left = 0
    for line in lines:
        left += go_on(line)
    while left:
        pause = max(0, waiting[0][0] - time.perf_counter()) if waiting else None
        for key, _ in chooser.select(pause):
            if (answer := key.data.receive()) is not None:
                answers.append(answer)
                left -= not go_on(key.data, answer)
        while waiting and waiting[0][0] <= time.perf_counter():
            left -= not go_on(heapq.heappop(waiting)[2])
    took = time.perf_counter() - begun
    for line in lines:
        line.close()
    return answers, took


def per_second(site, requests, times, *, status=200):
    """Answers a second: a client for each of these requests, each sending it so many times."""
    answers, took = together(
        site, [again_and_again(request, times, status) for request in requests]
    )
    return len(answers) / took
