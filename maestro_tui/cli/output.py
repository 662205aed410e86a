"""Where everything the command prints goes: the answer to stdout, the commentary to stderr.

Text from outside is cleaned before a person sees it, so that a title can never be an escape
sequence. JSON is left as it is: its own escapes make it safe.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, TextIO

    from maestro_tui.cli.diagnostics import Failure

__all__ = ["Output", "Result"]


class Result:
    """What a command has to say.

    data: for programs, JSON-ready. lines: for people, already cleaned. ids: for --quiet.
    exit_code: other than 0 where the answer itself is bad news, as of a doctor.
    is_whole: it is as long as it must be, as a brief is; otherwise much is cut. keep_end: at its beginning.
    """

    def __init__(
        self,
        data: Any,
        lines: Sequence[str] = (),
        ids: Sequence[str] = (),
        *,
        exit_code: int = 0,
        is_whole: bool = False,
        keep_end: bool = False,
    ) -> None:
        self.data = data
        self.lines = lines
        self.ids = ids
        self.exit_code = exit_code
        self.is_whole = is_whole
        self.keep_end = keep_end


class Output:
    """Prints in the form that was asked for: for people, as JSON, as JSON lines, or ids only."""

    def __init__(
        self,
        *,
        json: bool = False,
        jsonl: bool = False,
        quiet: bool = False,
        full: bool = False,
        environ: Mapping[str, str] = os.environ,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        self.json = json or jsonl
        self.jsonl = jsonl
        self.quiet = quiet
        self.full = full
        self.stdout = stdout or sys.stdout
        self.stderr = stderr or sys.stderr
        self._environ = environ

    @property
    def is_terminal(self) -> bool:
        return self.stdout.isatty()

    @property
    def colour(self) -> bool:
        """On a terminal only, and not when NO_COLOR is set to anything (no-color.org)."""
        return self.is_terminal and not self._environ.get("NO_COLOR") and self._environ.get("TERM") != "dumb"

    @property
    def width(self) -> int | None:
        """Cells of a line; None where the reader is no terminal and nothing needs to be cut."""
        if not self.is_terminal:
            return None
        if (columns := self._environ.get("COLUMNS", "")).isdigit() and int(columns) > 0:
            return int(columns)
        try:
            return os.get_terminal_size(self.stdout.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    def result(self, result: Result) -> None:
        """Print it, no more of it than somebody can be expected to read unless all was asked for."""
        is_whole = self.full or result.is_whole
        if self.json:
            self._data(result.data, is_whole=is_whole)
        elif self.quiet or is_whole:
            self.lines(result.ids if self.quiet else result.lines)
        else:
            from maestro_tui.cli.sizes import bounded_lines

            shown, missing = bounded_lines(result.lines, keep_end=result.keep_end)
            self.lines(shown)
            if missing:
                print(missing, file=self.stderr)

    def _data(self, data: Any, *, is_whole: bool) -> None:
        from maestro_tui.cli.sizes import bounded_data

        shown, missing = (data, None) if is_whole else bounded_data(data)
        self.document({"success": True, "data": shown} | ({"truncated": missing} if missing else {}))

    def failure(self, failure: Failure) -> None:
        if self.json:
            self.document(failure.to_json())
            return
        from maestro_tui.domain.text import clean_text

        print(clean_text(f"error: {failure.message}"), file=self.stderr)
        print(clean_text(f"  try: {failure.suggestion}"), file=self.stderr)

    def document(self, document: Any) -> None:
        """One JSON document on one line; what the stream's encoding cannot hold stays escaped."""
        import json

        unicode = (self.stdout.encoding or "utf-8").lower().replace("-", "") == "utf8"
        text = json.dumps(document, ensure_ascii=not unicode, separators=(",", ":"))
        self.stdout.write(text.encode("utf-8", "backslashreplace").decode() + "\n")  # lone surrogates

    def lines(self, lines: Sequence[str]) -> None:
        for line in lines:
            print(line, file=self.stdout)

    def raw(self, content: bytes) -> None:
        """Bytes as they are, for pipes and terminals that shall replay them."""
        self.stdout.flush()
        self.stdout.buffer.write(content)
        self.stdout.buffer.flush()

    def flush(self) -> None:
        self.stdout.flush()

    def note(self, text: str) -> None:
        """Commentary, on stderr; kept quiet where a program reads along."""
        if not (self.json or self.quiet):
            print(text, file=self.stderr)
