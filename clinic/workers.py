"""gunicorn's worker, with our own words for what is not a request, and none of it in the log."""

import socket
from typing import Any

from gunicorn.http import errors  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

REASONS = {
    400: "Bad Request",
    414: "URI Too Long",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
}
PAGE = """\
<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>请求无法处理</title>
<p>请求无法处理，请返回上一页重试。</p>
<p lang="en">This request could not be read. Please go back and try again.</p></html>
"""
HEADERS = (
    "Connection: close",
    "Content-Type: text/html; charset=utf-8",
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options: nosniff",
    "Referrer-Policy: same-origin",
    "Cache-Control: no-store",
)


def status_of(error: Exception) -> int:
    """The status of an answer to what the server could not read or serve."""
    if isinstance(error, (errors.InvalidResponseHeader, errors.InvalidResponseHeaderName)):
        return 500  # the site's own
    if isinstance(error, errors.LimitRequestLine):
        return 414
    if isinstance(error, errors.LimitRequestHeaders):
        return 431
    return 400 if isinstance(error, errors.ParseException) else 500


class Worker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """Threads, as gunicorn has them."""

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answer what never reached the site. An address or a header may be personal: neither is told."""
        status = status_of(exc)
        if status == 500:
            self.log.error("a request failed in the server: %s", type(exc).__name__)
        else:
            self.log.info("no request: %s", type(exc).__name__)
        body = PAGE.encode()
        head = (f"HTTP/1.1 {status} {REASONS[status]}", *HEADERS, f"Content-Length: {len(body)}")
        try:
            client.sendall("\r\n".join([*head, "", ""]).encode() + body)
        except OSError:
            self.log.debug("nobody heard it")
