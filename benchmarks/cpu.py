"""What an answer costs in CPU: requests handed to the application in this process, without sockets."""

import gc
import io
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from werkzeug.test import EnvironBuilder

from benchmarks.hello import app as hello_app
from benchmarks.sites import application, new_families, service_of
from benchmarks.telling import tell
from clinic.app import create_app
from clinic.server import make_ready
from tests.serving import SECRET

Headers = dict[str, str]

ROUNDS, REQUESTS = 60, 10
HELLO_MS = 0.042  # where the goals were set, in milliseconds
GOALS = {
    "healthz": 0.125,
    "sign-in": 0.75,
    "home": 1.5,
    "vaccination": 2.0,
    "vaccination, unchanged": 0.6,
    "paediatrics": 2.0,
    "paediatrics, unchanged": 0.6,
}
BROWSER = {"Accept-Language": "zh-CN,zh;q=0.9", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"}


def measure(url: str, engine: str, *, full: bool) -> None:
    """The site as it is for real, and as the demonstration."""
    with application(url) as app:
        (family,) = new_families(app, 1)
        signed_in = {**BROWSER, "Cookie": f"session={family.browser.session}"}
        times = {
            "vaccination": f"/vaccination/?service={service_of('vaccination')}",
            "paediatrics": f"/pediatrics/?service={service_of('paediatric-visit')}",
        }
    hello = _asking(hello_app.wsgi_app, "/", BROWSER)
    gc.collect()
    gc.freeze()  # as in the server
    for demo in (False, True):
        site = create_app({"DATABASE_URL": url, "SECRET_KEY": SECRET, "DEMO": demo})
        make_ready(site)
        for name, ask in _requests(site.wsgi_app, times, signed_in):
            _tell_cost(name, ask, hello, engine=engine, demo=demo)


def _requests(
    site: Any, times: dict[str, str], signed_in: Headers
) -> Iterator[tuple[str, Callable[[], None]]]:
    """What is asked, by name: of strangers, then of a parent who looks for a time."""
    for name, path in (("healthz", "/healthz"), ("sign-in", "/sign-in"), ("home", "/")):
        yield name, _asking(site, path, BROWSER)
    for name, path in times.items():
        yield name, _asking(site, path, signed_in)
        _, headers = _read(site, _environ(path, signed_in))
        known = {**signed_in, "If-None-Match": headers["ETag"]}
        yield f"{name}, unchanged", _asking(site, path, known, status="304")


def _asking(site: Any, path: str, headers: Headers, status: str = "200") -> Callable[[], None]:
    """A function that sends this request and reads the answer."""
    environ = _environ(path, headers)

    def ask() -> None:
        got = _read(site, environ)[0]
        if not got.startswith(status):
            raise RuntimeError(f"{got} instead of {status} for {path}")

    return ask


def _environ(path: str, headers: Headers) -> dict[str, Any]:
    return EnvironBuilder(path=path, headers=list(headers.items())).get_environ()


def _read(site: Any, environ: dict[str, Any]) -> tuple[str, Headers]:
    """Status and headers of the answer, whose body is read and closed as a server does."""
    answer: list[Any] = []
    body = site({**environ, "wsgi.input": io.BytesIO()}, lambda *start: answer.extend(start[:2]))
    for _ in body:
        pass
    if close := getattr(body, "close", None):
        close()
    return answer[0], dict(answer[1])


def _tell_cost(
    name: str, ask: Callable[[], None], hello: Callable[[], None], *, engine: str, demo: bool
) -> None:
    """The quickest rounds of each, in turns: what disturbs them only makes them slower."""
    for _ in range(REQUESTS):
        hello()
        ask()
    pairs = [(_cpu(hello), _cpu(ask)) for _ in range(ROUNDS)]
    base, mine = (statistics.quantiles(side, n=10)[0] for side in zip(*pairs, strict=True))
    tell(
        what=f"CPU of {name}{' (demo)' if demo else ''} / hello",
        engine=engine,
        ratio=mine / base,
        goal=f"<= {GOALS[name] / HELLO_MS:.1f}" if engine == "sqlite" else None,
        milliseconds=mine,
        baseline_milliseconds=base,
    )


def _cpu(ask: Callable[[], None]) -> float:
    """Milliseconds of this process's CPU for one request, of some in a row."""
    gc.collect(0)
    begun = time.process_time()
    for _ in range(REQUESTS):
        ask()
    return (time.process_time() - begun) * 1000 / REQUESTS
