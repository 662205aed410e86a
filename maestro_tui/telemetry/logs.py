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
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from maestro_tui.telemetry.metrics import ERRORS

__all__ = ["JsonFormatter", "ReadableFormatter", "conceal", "log_as_json", "log_to_file"]

HIDDEN = "[hidden]"
LONGEST_RECORD = 16_384

_SHAPES = re.compile(r"mst_[A-Za-z0-9_-]+\.[0-9a-f]{16,}|(?<=/~)[^/\s\"'?#]+|(?<=[?&]token=)[^&\s\"'#]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_secrets: set[str] = set()


OUR_PACKAGE = "maestro_tui"
CHATTY = ("asyncio", "watchfiles")
"""Libraries whose everyday news would drown ours."""


def conceal(secret: str) -> None:
    """From now on no log record of this process shows this value."""
    if len(secret) >= 8:  # shorter ones would blot out ordinary words
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
    """Send all records to a file only its owner can read. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    os.fchmod(descriptor, 0o600)
    stream = os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")
    return _install(_FileHandler(stream), JsonFormatter() if as_json else ReadableFormatter(), level)


def log_as_json(stream: TextIO | None = None, *, level: int = logging.INFO) -> logging.Handler:
    """Send all records as JSON lines to a stream, standard error by default."""
    return _install(logging.StreamHandler(stream or sys.stderr), JsonFormatter(), level)


class _FileHandler(logging.StreamHandler[TextIO]):
    """Owns its stream."""

    def close(self) -> None:
        super().close()
        self.stream.close()


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
    return {name: value for name, value in vars(record).items() if name not in _OWN_FIELDS}


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    return formatter.formatException(record.exc_info) if record.exc_info else ""


def _clean(text: str) -> str:
    for secret in _secrets:
        text = text.replace(secret, HIDDEN)
    text = _CONTROL.sub(_escape, _SHAPES.sub(HIDDEN, text))
    return text if len(text) <= LONGEST_RECORD else text[:LONGEST_RECORD] + "…"


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
