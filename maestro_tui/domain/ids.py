"""Identifiers: `<prefix>_<milliseconds>_<nine base-36 characters>`."""

import os
import re

__all__ = ["ID_PATTERN", "is_id", "new_id", "numbered_id"]

ID_PATTERN = r"^[A-Za-z0-9_-]{1,128}$"
_SHAPE = re.compile(r"[A-Za-z0-9_-]{1,128}")
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"

PROJECT, TASK, SUBTASK, SESSION, EVENT, ORDER = "proj", "task", "sub", "sess", "evt", "ord"
MEMBER, TEAM = "tm", "team"


def new_id(prefix: str, now_ms: int) -> str:
    """A fresh id that sorts by time of creation within its prefix.

    prefix: one of PROJECT, TASK, SUBTASK, SESSION, EVENT, ORDER, MEMBER, TEAM. now_ms: Unix milliseconds.
    """
    return numbered_id(prefix, now_ms, int.from_bytes(os.urandom(8)))


def numbered_id(prefix: str, now_ms: int, number: int) -> str:
    """The id of that prefix and time whose last part stands for number, of which the low 46 bits count."""
    tail = "".join(_ALPHABET[number // 36**place % 36] for place in range(9))
    return f"{prefix}_{now_ms}_{tail}"


def is_id(text: object) -> bool:
    """Whether text may be used as an id in a path, a body or a file name."""
    return isinstance(text, str) and _SHAPE.fullmatch(text) is not None
