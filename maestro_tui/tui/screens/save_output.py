"""The dialog that saves what a terminal showed."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from textual.app import ComposeResult
from textual.widgets import Input

from maestro_tui.domain.errors import Invalid
from maestro_tui.files import write_whole
from maestro_tui.terminal.engine import Terminal
from maestro_tui.tui.screens.dialog import Dialog, Field, required

__all__ = ["SaveOutput"]

ROWS_PER_STEP = 1024


class SaveOutput(Dialog[str]):
    """Answers with the path of the file. An existing file is never written over."""

    VERB = "save"

    def __init__(self, terminal: Terminal, name: str, directory: Path, now: int) -> None:
        """name: of the session. directory: proposed for the file. now: Unix ms, for the file's name."""
        super().__init__()
        self._terminal = terminal
        stem = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "terminal"
        stamp = datetime.fromtimestamp(now / 1000).strftime("%Y%m%d-%H%M%S")
        self._proposed = str(directory / f"{stem}-{stamp}.txt")

    @property
    def heading(self) -> str:
        return "Save the terminal's text"

    def fields(self) -> ComposeResult:
        yield Field("File", Input(self._proposed, id="path"))

    async def send(self) -> str:
        text = required("path", self.query_one("#path", Input).value, "a file name")
        path = Path(text).expanduser().absolute()
        if path.exists():
            raise self._refused(f"'{path}' exists already", "give another name")
        if not path.parent.is_dir():
            raise self._refused(f"there is no directory '{path.parent}'", "create it first, or give another place")
        content = "".join([part async for part in self._parts()])
        try:
            await asyncio.to_thread(write_whole, path, content.encode("utf-8", "replace"), mode=0o600)
        except OSError as error:
            raise self._refused(f"'{path}' cannot be written: {error.strerror}", "give another place") from error
        return str(path)

    async def _parts(self) -> AsyncIterator[str]:
        """The text in pieces, soft-wrapped lines joined, so that panes go on meanwhile."""
        lines, row = self._terminal.lines, 0
        while texts := lines.texts(row, ROWS_PER_STEP):
            joined = [
                text.ljust(lines.columns) if lines.wraps(row + place) else f"{text}\n"
                for place, text in enumerate(texts)
            ]
            row += len(texts)
            yield "".join(joined)
            await asyncio.sleep(0)

    def _refused(self, problem: str, suggestion: str) -> Invalid:
        return Invalid(problem, suggestion=suggestion, details=[{"path": "path", "message": problem}])
