"""The file of who changed what: a line of JSON each, written by a thread of its own."""

import logging
import queue
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path

from maestro_tui.telemetry.logs import JsonFormatter
from maestro_tui.telemetry.rotation import PrivateRotatingFile

__all__ = ["AuditLog"]

NAME = "audit"


class AuditLog:
    """The open log; `close` writes what is still queued."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self._file = PrivateRotatingFile(path)
        self._file.setFormatter(JsonFormatter())
        self._queue: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
        self._handler = QueueHandler(self._queue)
        self._listener = QueueListener(self._queue, self._file)
        self._listener.start()

    def write(self, what: str, **facts: object) -> None:
        """One line. Returns at once."""
        record = logging.LogRecord(NAME, logging.INFO, "", 0, what, None, None)
        vars(record).update(facts)
        self._handler.handle(record)

    def close(self) -> None:
        self._listener.stop()
        self._file.close()
