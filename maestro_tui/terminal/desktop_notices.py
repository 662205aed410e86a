"""Notifications of the kitty protocol (OSC 99), which the engine swallows without telling.

A notification may come in several sequences with one id: `d=0` says that more follows,
`p` which part it is, `e=1` that it is base64.
https://sw.kovidgoyal.net/kitty/desktop-notifications/
"""

import binascii
import re
from collections.abc import Iterator

from maestro_tui.terminal.notices import Notification, line

__all__ = ["DesktopNotices"]

START = b"\x1b]99;"
LONGEST = 2304
"""A longer sequence, in bytes, is not taken for a notification; the protocol allows 2048 of payload."""
KEPT_UNFINISHED = 8
_SEQUENCE = re.compile(rb"\x1b\]99;([^;\x00-\x1f]{0,200});([^\x00-\x1f]{0,2048})(?:\x07|\x1b\\)")
_PARTS = ("title", "body")


class DesktopNotices:
    """Finds them in a stream, however it is cut."""

    def __init__(self) -> None:
        self._held = b""
        self._unfinished: dict[str, dict[str, str]] = {}

    def feed(self, data: bytes) -> tuple[Notification, ...]:
        """The notifications that these bytes complete."""
        if self._held:
            data = self._held + data
        found: list[Notification] = []
        if b"]" in data and (b"\x07" in data or b"\\" in data):  # looking for one byte costs next to nothing
            for match in _SEQUENCE.finditer(data):
                found += self._take(match[1], match[2])
        self._held = _unfinished(data[-LONGEST:])
        return tuple(found)

    def _take(self, metadata: bytes, payload: bytes) -> Iterator[Notification]:
        fields = dict(pair.split("=", 1) for pair in metadata.decode("latin-1").split(":") if "=" in pair)
        part, name = fields.get("p", "title"), fields.get("i", "")
        if part in _PARTS:
            told = self._unfinished.setdefault(name, dict.fromkeys(_PARTS, ""))
            told[part] = (told[part] + _text(payload, encoded=fields.get("e") == "1"))[:LONGEST]
        if fields.get("d") != "0" and (told := self._unfinished.pop(name, {})):
            title, body = line(told["title"]), line(told["body"])
            if title or body:
                yield Notification(title if body else "", body or title)
        while len(self._unfinished) > KEPT_UNFINISHED:
            del self._unfinished[next(iter(self._unfinished))]


def _unfinished(tail: bytes) -> bytes:
    """What may be the start of a sequence that goes on in the bytes to come."""
    if b"]" in tail and (start := tail.rfind(START)) >= 0:
        rest = tail[start:]
        if _SEQUENCE.match(rest) is None:
            return rest
    for length in range(len(START) - 1, 0, -1):
        if tail.endswith(START[:length]):
            return tail[-length:]
    return b""


def _text(payload: bytes, *, encoded: bool) -> str:
    if encoded:
        try:
            payload = binascii.a2b_base64(payload)
        except binascii.Error:
            return ""
    return payload.decode("utf-8", "replace")
