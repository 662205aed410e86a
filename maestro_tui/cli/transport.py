"""Requests to the server: one kept-alive connection, retries, and an idempotency key per write.

Retried are network failures and 5xx answers. Every write carries a key, and a retry carries
the same one, so whatever happened to the first attempt, the effect happens once.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping

from maestro_tui import environment
from maestro_tui.cli.context import Server
from maestro_tui.cli.diagnostics import Failure, from_answer
from maestro_tui.cli.wire import Connection, SecureConnection
from maestro_tui.proof import proof_of, session_of
from maestro_tui.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Answer", "Retries", "Transport"]

TIMEOUT_SECONDS = 30.0
LONGEST_DELAY_SECONDS = 30.0
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~:,")
"""What stands in a query as it is (RFC 3986, 3.4)."""
WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})


class Retries:
    """How often and how patiently a request is tried again. count: 0 means once and no more."""

    __slots__ = ("count", "delay_seconds")

    def __init__(self, count: int = 3, delay_seconds: float = 1.0) -> None:
        self.count = count
        self.delay_seconds = delay_seconds

    @classmethod
    def from_settings(cls, value: Callable[[str], str | None]) -> Retries:
        """MAESTRO_RETRIES and MAESTRO_RETRY_DELAY (ms). Raises Failure for what is no number."""
        count = _whole_number(environment.RETRIES, value(environment.RETRIES), 3)
        return cls(count, _whole_number(environment.RETRY_DELAY, value(environment.RETRY_DELAY), 1000) / 1000)

    def delays(self) -> Iterator[float]:
        """The seconds before each retry, as many as there are retries."""
        if self.delay_seconds <= 0:
            return iter([0.0] * self.count)
        from maestro_tui.backoff import full_jitter  # loads random; most commands are answered at once

        delays = full_jitter(self.delay_seconds, max(LONGEST_DELAY_SECONDS, self.delay_seconds))
        return (next(delays) for _ in range(self.count))


class Answer:
    """What the server said. headers: lower-case names."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def is_json(self) -> bool:
        return self.headers.get("content-type", "").partition(";")[0].strip() == "application/json"

    def json(self) -> Any:
        """The body as JSON; None when it is empty or not JSON."""
        try:
            return json.loads(self.body) if self.body else None
        except ValueError:
            return None


class Transport:
    """Speaks to one server for the length of one command.

    key: the idempotency key of this command; each of its writes gets one derived from it.
    traceparent: the trace its requests are part of.
    moved: looks for where the server is, once nobody listens where it was.
    say: takes a line that explains an attempt, where somebody debugs.
    """

    def __init__(
        self,
        server: Server,
        *,
        retries: Retries,
        key: str | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        traceparent: str | None = None,
        moved: Callable[[Server], Server | None] | None = None,
        say: Callable[[str], None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.server = server
        self.retries = retries
        self._key = key or os.urandom(16).hex()
        self._writes = 0
        self._timeout = timeout_seconds
        self._traceparent = traceparent
        self._moved = moved
        self._say = say
        self._sleep = sleep
        self._connection: Connection | SecureConnection | None = None

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of a GET. params without a value are left out."""
        return self.request("GET", path, params=params).json()

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self.request("POST", path, body).json()

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        return self.request("PATCH", path, body).json()

    def delete(self, path: str) -> Any:
        return self.request("DELETE", path).json()

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        accept: str = "application/json",
        also_good: frozenset[int] = frozenset(),
    ) -> Answer:
        """Ask, again where that helps. Raises Failure for every answer of 400 and above not in also_good."""
        if not self.server.proven and self.server.token:
            self._require_proof(self.server.token)
        headers = self._headers(method, accept, with_body=body is not None)
        content = None if body is None else json.dumps(body).encode()
        target = path + _query(params or {})
        for attempt, delay in enumerate((*self.retries.delays(), None), start=1):
            answer = self._attempt(method, target, content, headers, final=delay is None)
            if answer is not None and (_is_good(answer, method, attempt) or answer.status in also_good):
                return answer
            if delay is None or (answer is not None and not _worth_a_retry(answer, attempt)):
                break
            self._pause(delay, answer, attempt)
        assert answer is not None  # a final attempt raises where nobody answers
        raise from_answer(answer.status, answer.json(), spawn=path.endswith("/spawn"))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _require_proof(self, token: str) -> None:
        """Send no token to whoever happens to listen. Raises Failure unless the server shows that it knows it."""
        nonce = os.urandom(16).hex()
        params = {"nonce": nonce, "session": session_of(token)}
        target = "/health" + _query(params)
        answer = self._attempt("GET", target, None, {"Accept": "application/json"}, final=True)
        said = answer.json() if answer else None
        if not isinstance(said, dict) or said.get("proof") != proof_of(token, nonce):
            raise Failure(
                "connection_refused",
                f"Another program, or a server with other tokens, listens at {self.server.url}; no token was sent",
                suggestion="start yours with: maestro-tui serve   (or name it with --server URL)",
                details={"url": self.server.url, "source": self.server.source},
            )
        self.server.proven = True

    def _attempt(
        self, method: str, target: str, content: bytes | None, headers: dict[str, str], *, final: bool
    ) -> Answer | None:
        """One exchange. Where nobody answers: None, or a Failure when it is the final attempt."""
        started = time.monotonic()
        try:
            answer = self._exchange(method, target, content, headers)
        except OSError as error:
            self.close()
            self._explain(f"{method} {self.server.path}{target}: {_reason(error)}")
            if final or _is_distrust(error):
                raise _unreachable(self.server, error) from None
            return None
        took = (time.monotonic() - started) * 1000
        self._explain(f"{method} {self.server.path}{target}: {answer.status} in {took:.0f} ms")
        return answer

    def _exchange(self, method: str, target: str, content: bytes | None, headers: dict[str, str]) -> Answer:
        is_new = self._connection is None
        if self._connection is None:
            self._connection = _connect(self.server, self._timeout)
        try:
            return Answer(*self._connection.exchange(method, self.server.path + target, content, headers))
        except ConnectionRefusedError:
            self.close()
            if self._moved is None or (server := self._moved(self.server)) is None:
                raise
            self.server = server
        except (BrokenPipeError, ConnectionResetError):
            self.close()
            if is_new:
                raise
            # An idle connection may be closed under us at any time; that is no failure.
        return self._exchange(method, target, content, headers)

    def _headers(self, method: str, accept: str, *, with_body: bool) -> dict[str, str]:
        headers = {"Accept": accept, "User-Agent": f"maestro-cli/{__version__}"}
        if self.server.token:
            headers["Authorization"] = f"Bearer {self.server.token}"
        if self._traceparent is not None:
            headers["traceparent"] = self._traceparent
        if with_body:
            headers["Content-Type"] = "application/json"
        if method in WRITES:
            self._writes += 1
            headers["Idempotency-Key"] = self._key if self._writes == 1 else f"{self._key}-{self._writes}"
        return headers

    def _pause(self, delay: float, answer: Answer | None, attempt: int) -> None:
        if answer is not None:
            delay = max(delay, _seconds(answer.headers.get("retry-after", "")))
        self._explain(f"attempt {attempt + 1} of {self.retries.count + 1} in {delay:.2f} s")
        self._sleep(delay)

    def _explain(self, line: str) -> None:
        if self._say is not None:
            self._say(line)


def _connect(server: Server, timeout: float) -> Connection | SecureConnection:
    kind = SecureConnection if server.secure else Connection
    return kind(server.host, server.port, timeout=timeout)


def _is_good(answer: Answer, method: str, attempt: int) -> bool:
    # A deletion that is tried again finds nothing when the first attempt did its work.
    gone_already = method == "DELETE" and answer.status == 404 and attempt > 1
    return answer.status < 400 or gone_already


def _worth_a_retry(answer: Answer, attempt: int) -> bool:
    # After a lost answer the first attempt may still be at work: then 409 says when to ask again.
    at_work = answer.status == 409 and attempt > 1 and "retry-after" in answer.headers
    return answer.status >= 500 or at_work


def _unreachable(server: Server, error: Exception) -> Failure:
    refused = isinstance(error, ConnectionRefusedError)
    if _is_distrust(error):
        return Failure(
            "network_error",
            f"{server.url} ({server.source}) has a certificate that is not trusted: {error.verify_message}",  # type: ignore[attr-defined]
            suggestion="where it is your own: SSL_CERT_FILE=cert.pem maestro …",
            details={"url": server.url, "source": server.source},
        )
    return Failure(
        "connection_refused" if refused else "network_error",
        f"No answer from {server.url} ({server.source}): {_reason(error)}",
        suggestion="start it with: maestro-tui serve   (or maestro-tui, which brings its own)"
        if refused
        else "maestro doctor",
        details={"url": server.url, "source": server.source},
    )


def _is_distrust(error: Exception) -> bool:
    """Whether it is `ssl`'s word on a certificate; that module is not imported for a server on loopback."""
    return hasattr(error, "verify_message")


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT_SECONDS:g} s"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _query(params: Mapping[str, Any]) -> str:
    given = {name: str(value) for name, value in params.items() if value not in (None, "")}
    if not given:
        return ""
    if all(PLAIN.issuperset(value) for value in given.values()):
        return "?" + "&".join(f"{name}={value}" for name, value in given.items())
    from urllib.parse import urlencode  # costly, and ids and words have nothing in them to be written otherwise

    return "?" + urlencode(given, safe=":,")


def _seconds(retry_after: str) -> float:
    return min(float(retry_after), 10.0) if retry_after.isascii() and retry_after.isdigit() else 0.0


def _whole_number(name: str, value: str | None, default: int) -> int:
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) < 8):
        raise Failure(
            "invalid_request", f"{name} must be a whole number from 0, not '{value}'", suggestion=f"unset {name}"
        )
    return int(value)
