"""JSON over HTTP to one server: one method, every failure in one vocabulary, retries included."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import uuid4

import aiohttp
import orjson

from maestro_tui.client.address import Address
from maestro_tui.client.errors import ApiError, Unreachable
from maestro_tui.client.retries import RetryPolicy, is_worth_retrying
from maestro_tui.telemetry.logs import request_id
from maestro_tui.telemetry.tracing import current

__all__ = ["Transport"]

REQUEST_SECONDS = 30.0
AT_ONCE = 8
"""Requests under way. Each has a connection that is kept for the next, which takes the one that has waited
longest: twenty agents taken over at once would be twenty connections from then on."""


class Transport:
    """Requests to the server at url with a token.

    url: base of every route, `http://127.0.0.1:4567`. Opens its connections at the first
    request; `aclose` closes them.
    """

    def __init__(
        self, url: str, token: str, *, retries: RetryPolicy | None = None, seconds: float = REQUEST_SECONDS
    ) -> None:
        self.address = Address(url, token)
        """Where requests go; a new address counts from the next attempt on."""
        self.position: int | None = None
        """The newest place in the journal an answer named: the mirror there has seen our writes."""
        self._retries = retries or RetryPolicy()
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._session: aiohttp.ClientSession | None = None
        self._sockets: aiohttp.ClientSession | None = None

    def http(self) -> aiohttp.ClientSession:
        """The connections for requests; they are kept for the next."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    def sockets(self) -> aiohttp.ClientSession:
        """Connections for the socket: each a new one, for one that was kept may have died without a word."""
        if self._sockets is None or self._sockets.closed:
            connector = aiohttp.TCPConnector(force_close=True)
            self._sockets = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        return self._sockets

    async def begin_anew(self) -> None:
        """Use none of the kept connections any more: a network that was lost has told none of them.

        A request under way on one of them fails as on a connection that broke, and is tried again.
        """
        lost, self._session = self._session, None
        if lost is not None:
            await lost.close()

    async def aclose(self) -> None:
        """Close all connections. May be called twice."""
        for session in (self._session, self._sockets):
            if session is not None:
                await session.close()

    async def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        revision: int | None = None,
        params: Mapping[str, str | int] | None = None,
    ) -> Any:
        """The answer's JSON, None when it has no body.

        path: from the base, `/api/tasks`. idempotency_key: a POST without one gets its own,
        so that a lost answer never makes two. revision: the change is refused with CONFLICT
        when the document has another by now. Raises ApiError or Unreachable.
        """
        headers = _headers(method, idempotency_key, revision)
        delays = self._retries.delays()
        repeatable = revision is None
        while True:
            try:
                async with self._turns:
                    return await self._attempt(method, path, body, headers, params)
            except (ApiError, Unreachable) as failure:
                delay = next(delays, None)
                if delay is None or not is_worth_retrying(failure, repeatable=repeatable):
                    raise
                wish = failure.retry_after if isinstance(failure, ApiError) else None
            await asyncio.sleep(max(delay, wish or 0.0))

    async def _attempt(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str],
        params: Mapping[str, str | int] | None,
    ) -> Any:
        address = self.address
        data = None if body is None else orjson.dumps(body)
        try:
            async with self.http().request(
                method,
                address.url + path,
                data=data,
                headers={**headers, **address.headers},
                params=params,
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                content = await response.read()
                self._note_position(response)
                return _answer(response, content)
        except aiohttp.ClientConnectorError as error:
            raise Unreachable(f"Nobody answers at {address.url}: {error.strerror or error}", sent=False) from error
        except (aiohttp.ClientError, ConnectionError) as error:
            raise Unreachable(f"The connection to {address.url} broke: {error}", sent=True) from error
        except TimeoutError as error:
            raise Unreachable(
                f"No answer from {address.url} within {self._timeout.total:g} s", sent=True
            ) from error

    def _note_position(self, response: aiohttp.ClientResponse) -> None:
        _, _, number = response.headers.get("Maestro-Seq", "").rpartition(":")
        if number.isdecimal():
            self.position = max(self.position or 0, int(number))


def _headers(method: str, idempotency_key: str | None, revision: int | None) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if method == "POST":
        headers["Idempotency-Key"] = idempotency_key or uuid4().hex
    if revision is not None:
        headers["If-Match"] = f'"{revision}"'
    if (trace := current()) is not None:
        headers["traceparent"] = trace
    if (work := request_id()) is not None:
        headers["X-Request-Id"] = work
    return headers


def _answer(response: aiohttp.ClientResponse, content: bytes) -> Any:
    parsed = None
    with suppress(orjson.JSONDecodeError):
        parsed = orjson.loads(content) if content else None
    if response.status >= 300:
        raise _refusal(response, parsed)
    if content and parsed is None and content.strip() != b"null":
        raise ApiError("INTERNAL_ERROR", "The server's answer is not JSON", http_status=502)
    return parsed


def _refusal(response: aiohttp.ClientResponse, parsed: Any) -> ApiError:
    said = parsed if isinstance(parsed, dict) else {}
    return ApiError(
        str(said.get("code") or f"HTTP_{response.status}"),
        str(said.get("message") or f"The server answered {response.status} {response.reason or ''}".rstrip()),
        http_status=response.status,
        suggestion=said.get("suggestion"),
        details=said.get("details"),
        retry_after=_seconds(response.headers.get("Retry-After")),
    )


def _seconds(value: str | None) -> float | None:
    return float(value) if value is not None and value.isdecimal() else None
