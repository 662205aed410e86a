"""Identifiers: `<prefix>_<milliseconds>_<nine base-36 characters>`."""

import os
import re
from threading import Lock

__all__ = ["ID_PATTERN", "is_id", "new_id", "numbered_id"]

ID_PATTERN = r"^[A-Za-z0-9_-]{1,128}$"
_SHAPE = re.compile(r"[A-Za-z0-9_-]{1,128}")
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_HALF = 36**9 // 2
"""A millisecond's first number is below, so that those after it have room."""

PROJECT, TASK, SUBTASK, SESSION, EVENT, ORDER = "proj", "task", "sub", "sess", "evt", "ord"
MEMBER, TEAM = "tm", "team"


class _Numbers:
    """Random numbers for the ids of this process, which ascend within a millisecond."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._moment, self._latest = -1, 0

    def next(self, now_ms: int) -> int:
        with self._lock:
            if now_ms == self._moment:
                self._latest += 1 + int.from_bytes(os.urandom(3))
            else:
                self._moment, self._latest = now_ms, int.from_bytes(os.urandom(8)) % _HALF
            return self._latest


_numbers = _Numbers()


def new_id(prefix: str, now_ms: int) -> str:
    """A fresh id that sorts by time of creation within its prefix: those of one millisecond as they were made.

    prefix: one of PROJECT, TASK, SUBTASK, SESSION, EVENT, ORDER, MEMBER, TEAM. now_ms: Unix milliseconds.
    """
    return f"{prefix}_{now_ms}_{_digits(_numbers.next(now_ms))[::-1]}"


def numbered_id(prefix: str, now_ms: int, number: int) -> str:
    """The id of that prefix and time whose last part stands for number, of which the low 46 bits count."""
    return f"{prefix}_{now_ms}_{_digits(number)}"


def _digits(number: int) -> str:
    """Nine digits to the base of 36, the lowest first."""
    return "".join(_ALPHABET[number // 36**place % 36] for place in range(9))


def is_id(text: object) -> bool:
    """Whether text may be used as an id in a path, a body or a file name."""
    return isinstance(text, str) and _SHAPE.fullmatch(text) is not None
