"""Where log records go, and what must never be in them.

Under the cockpit a readable file, because the screen is taken; headless, JSON lines to
standard error or a file. Tokens are taken out by value and by shape, control characters are
written as escapes, so that a log can be shown in a terminal and a record is always one line.
"""

import json
import logging
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TextIO

from maestro_tui.redaction import SHORTEST, redact
from maestro_tui.telemetry.metrics import ERRORS
from maestro_tui.telemetry.rotation import PrivateRotatingFile

__all__ = [
    "JsonFormatter",
    "ReadableFormatter",
    "conceal",
    "during",
    "log_as_json",
    "log_to_file",
    "new_request_id",
    "request_id",
]

LONGEST_RECORD = 16_384

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_secrets: set[str] = set()
_during: ContextVar[dict[str, str]] = ContextVar("during", default={})  # noqa: B039 - never changed in place


OUR_PACKAGE = "maestro_tui"
CHATTY = ("asyncio", "watchfiles")
"""Libraries whose everyday news would drown ours."""


def conceal(secret: str) -> None:
    """From now on no log record of this process shows this value."""
    if len(secret) >= SHORTEST:
        _secrets.add(secret)


class ReadableFormatter(logging.Formatter):
    """`2026-01-31 12:00:00 WARNING maestro_tui.server: message`, a traceback with `⏎` between its lines."""

    def format(self, record: logging.LogRecord) -> str:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        line = f"{when} {record.levelname} {record.name}: {record.getMessage()}"
        if facts := _facts(record):
            line += " " + " ".join(f"{name}={value}" for name, value in facts.items())
        return _clean("\n".join(part for part in (line, _traceback(self, record)) if part).replace("\n", " ⏎ "))


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time (Unix ms), level, logger, message, extra facts, traceback."""

    def format(self, record: logging.LogRecord) -> str:
        document: dict[str, Any] = {
            "time": round(record.created * 1000),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _clean(record.getMessage()),
        }
        document |= {name: _clean(str(value)) for name, value in _facts(record).items()}
        if trace := _traceback(self, record):
            document["traceback"] = [_clean(line) for line in trace.splitlines()]
        return json.dumps(document, ensure_ascii=False)


def log_to_file(path: Path, *, level: int = logging.INFO, as_json: bool = False) -> logging.Handler:
    """Send all records to a file only its owner can read, set aside when it has grown. Raises OSError."""
    return _install(PrivateRotatingFile(path), JsonFormatter() if as_json else ReadableFormatter(), level)


def log_as_json(stream: TextIO | None = None, *, level: int = logging.INFO) -> logging.Handler:
    """Send all records as JSON lines to a stream, standard error by default."""
    return _install(logging.StreamHandler(stream or sys.stderr), JsonFormatter(), level)


def _count_errors(record: logging.LogRecord) -> bool:
    """Lets every record through. The room is the second part of our loggers' names."""
    if record.levelno >= logging.ERROR:
        package, _, rest = record.name.partition(".")
        ERRORS.labels(rest.partition(".")[0] if package == OUR_PACKAGE and rest else "library").inc()
    return True


def _install(handler: logging.Handler, formatter: logging.Formatter, level: int) -> logging.Handler:
    handler.setFormatter(formatter)
    handler.addFilter(_count_errors)
    root = logging.getLogger()
    for previous in [one for one in root.handlers if getattr(one, "is_ours", False)]:
        root.removeHandler(previous)
        previous.close()
    handler.is_ours = True  # type: ignore[attr-defined]  # tells our handler from a test runner's
    root.addHandler(handler)
    root.setLevel(level)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    return handler


def _facts(record: logging.LogRecord) -> Mapping[str, Any]:
    given = {name: value for name, value in vars(record).items() if name not in _OWN_FIELDS}
    return _during.get() | given


@contextmanager
def during(**facts: str) -> Iterator[None]:
    """Every record that is made within, in this task and those it starts, carries the facts too."""
    token = _during.set(_during.get() | facts)
    try:
        yield
    finally:
        _during.reset(token)


def new_request_id() -> str:
    """Names a piece of work in every log it reaches."""
    return os.urandom(8).hex()


def request_id() -> str | None:
    """The id of the work at hand, if it has one."""
    return _during.get().get("requestId")


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    return formatter.formatException(record.exc_info) if record.exc_info else ""


def _clean(text: str) -> str:
    text = _CONTROL.sub(_escape, redact(text, _secrets))
    return text if len(text) <= LONGEST_RECORD else text[:LONGEST_RECORD] + "…"


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
