"""One kept-alive HTTP/1.1 connection, no more of it than the command needs (RFC 9112).

The standard library's client reads headers as mail is read, which costs a quarter of a whole
command; plain HTTP to one known server takes a page. Over TLS it is used all the same.
"""

from __future__ import annotations

import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.client import HTTPSConnection
    from typing import BinaryIO

    Reply = tuple[int, dict[str, str], bytes]

__all__ = ["BadAnswer", "Connection", "SecureConnection"]

LARGEST_ANSWER = 256 * 1024 * 1024
LONGEST_LINE = 65_536
MOST_HEADERS = 200


class BadAnswer(OSError):
    """What came back is no answer of HTTP, or only a part of one."""


class Connection:
    """To one server; opened when it is first needed. host, port: where. timeout: seconds for each step."""

    def __init__(self, host: str, port: int, *, timeout: float) -> None:
        self._host = host
        self._port = port
        self._timeout = timeout
        self._socket: socket.socket | None = None
        self._file: BinaryIO | None = None

    def exchange(self, method: str, target: str, content: bytes | None, headers: Mapping[str, str]) -> Reply:
        """Status, headers by lower-case name, and body. Raises OSError; BadAnswer for what is no answer."""
        request = self._request(method, target, content, headers)
        if self._socket is None:
            # Bytes, because a text would be looked at as an international name first.
            place = self._host.encode("ascii"), self._port
            self._socket = socket.create_connection(place, self._timeout)  # type: ignore[arg-type]
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._file = self._socket.makefile("rb")
        assert self._file is not None
        self._socket.sendall(request)
        version, status = _status(self._file)
        found = _headers(self._file)
        while 100 <= status < 200:
            version, status = _status(self._file)
            found = _headers(self._file)
        body = _body(self._file, method, status, found)
        if version == b"HTTP/1.0" or "close" in found.get("connection", "").lower():
            self.close()
        return status, found, body

    def close(self) -> None:
        for one in (self._file, self._socket):
            if one is not None:
                one.close()
        self._file = self._socket = None

    def _request(self, method: str, target: str, content: bytes | None, headers: Mapping[str, str]) -> bytes:
        host = f"[{self._host}]" if ":" in self._host else self._host
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host}:{self._port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if content is not None:
            lines.append(f"Content-Length: {len(content)}")
        if " " in target or not all(line.isascii() and line.isprintable() for line in lines):
            raise BadAnswer(f"'{target}' cannot be asked for")
        return "\r\n".join((*lines, "", "")).encode() + (content or b"")


class SecureConnection:
    """The same over TLS."""

    def __init__(self, host: str, port: int, *, timeout: float) -> None:
        from http.client import HTTPSConnection

        self._connection: HTTPSConnection = HTTPSConnection(host, port, timeout=timeout)

    def exchange(self, method: str, target: str, content: bytes | None, headers: Mapping[str, str]) -> Reply:
        from http.client import HTTPException

        try:
            self._connection.request(method, target, body=content, headers=dict(headers))
            response = self._connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return response.status, found, response.read(LARGEST_ANSWER)
        except HTTPException as error:
            if isinstance(error, OSError):  # a connection that was closed, to be opened anew
                raise
            raise BadAnswer(str(error) or type(error).__name__) from None

    def close(self) -> None:
        self._connection.close()


def _line(file: BinaryIO) -> bytes:
    line = file.readline(LONGEST_LINE + 1)
    if not line.endswith(b"\n"):
        raise BadAnswer("the answer was cut short" if len(line) <= LONGEST_LINE else "a line is too long")
    return line.rstrip(b"\r\n")


def _status(file: BinaryIO) -> tuple[bytes, int]:
    first = file.readline(LONGEST_LINE + 1)
    if not first:
        raise ConnectionResetError("the connection was closed without an answer")
    version, _, rest = first.partition(b" ")
    code = rest[:3]
    if not (version.startswith(b"HTTP/1.") and code.isdigit() and len(code) == 3):
        raise BadAnswer("what answers there does not speak HTTP")
    return version, int(code)


def _headers(file: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(MOST_HEADERS):
        if not (line := _line(file)):
            return headers
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    raise BadAnswer("the answer has too many headers")


def _body(file: BinaryIO, method: str, status: int, headers: Mapping[str, str]) -> bytes:
    if method == "HEAD" or status in (204, 304):
        return b""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return _chunks(file)
    length = headers.get("content-length", "")
    if not length:
        return file.read(LARGEST_ANSWER)
    if not (length.isascii() and length.isdigit()):
        raise BadAnswer("the answer does not say how long it is")
    return _exactly(file, int(length))


def _chunks(file: BinaryIO) -> bytes:
    parts: list[bytes] = []
    total = 0
    while True:
        try:
            size = int(_line(file).partition(b";")[0], 16)
        except ValueError:
            raise BadAnswer("a part of the answer does not say how long it is") from None
        if size == 0:
            while _line(file):  # trailers
                pass
            return b"".join(parts)
        total += size
        parts.append(_exactly(file, size, so_far=total))
        _line(file)


def _exactly(file: BinaryIO, size: int, *, so_far: int = 0) -> bytes:
    if max(size, so_far) > LARGEST_ANSWER:
        raise BadAnswer("the answer is too long")
    content = file.read(size)
    if len(content) < size:
        raise BadAnswer("the answer was cut short")
    return content
