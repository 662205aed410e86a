"""A recording as asciicast v2, which asciinema plays (https://docs.asciinema.org/manual/asciicast/v2/).

What was typed is not in it: recordings hold only that something was. Standard library only.
"""

import codecs
import json
from collections.abc import Iterable, Iterator

from maestro_tui.replay import Missing, Resized, Step

__all__ = ["asciicast"]

TERM = "xterm-256color"
COLUMNS, ROWS = 80, 24


def asciicast(steps: Iterable[Step], title: str) -> Iterator[str]:
    """The lines of the file, without line feeds: the header, then output, resizes, and a marker for each gap."""
    cast = _Cast(title)
    for step in steps:
        yield from cast.take(step)
    yield from cast.end()


class _Cast:
    def __init__(self, title: str) -> None:
        self._title = title
        self._begun_at: int | None = None
        self._seconds = 0.0
        self._missing: list[str] = []
        # A character may be cut by the end of what was read at once.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def take(self, step: Step) -> Iterator[str]:
        if isinstance(step, Missing):
            label = f"{step.end - step.offset} bytes are missing here"
            if self._begun_at is None:
                self._missing.append(label)  # nothing is timed before the header
            else:
                yield self._event("m", label)
            return
        if self._begun_at is None:
            size = (step.columns, step.rows) if isinstance(step, Resized) else (COLUMNS, ROWS)
            yield from self._begin(step.at, *size)
            if isinstance(step, Resized):
                return
        self._seconds = max((step.at - (self._begun_at or 0)) / 1000, self._seconds)  # a clock may be set back
        if isinstance(step, Resized):
            yield self._event("r", f"{step.columns}x{step.rows}")
        elif text := self._decoder.decode(step.data):
            yield self._event("o", text)

    def end(self) -> Iterator[str]:
        if self._begun_at is None:
            yield from self._begin(0, COLUMNS, ROWS)
        if rest := self._decoder.decode(b"", final=True):
            yield self._event("o", rest)

    def _begin(self, at: int, columns: int, rows: int) -> Iterator[str]:
        self._begun_at = at
        header = {"version": 2, "width": columns, "height": rows, "timestamp": at // 1000, "title": self._title}
        yield json.dumps({**header, "env": {"TERM": TERM}})
        for label in self._missing:
            yield self._event("m", label)

    def _event(self, code: str, data: str) -> str:
        return json.dumps([round(self._seconds, 3), code, data])
