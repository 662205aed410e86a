"""What the cockpit remembers from one start to the next: the open project, folds, panes, agents' calls."""

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maestro_tui.files import ensure_private_directory, write_whole
from maestro_tui.tui.heard import Heard
from maestro_tui.tui.layout import Layout

__all__ = ["Memory"]

LOG = logging.getLogger(__name__)

MOST_FOLDS = 2000


class Memory:
    """One small JSON file; without a path nothing outlives the cockpit.

    It is a convenience: one that cannot be read is ignored, one that cannot be written is logged.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.project_id: str | None = None
        self.left_at: int | None = None
        """When a cockpit was last here, before this one (Unix ms, to 10 s or so); None when none ever was."""
        self._saved = b""
        self.folds: dict[str, bool] = {}
        """Tasks the person unfolded (True) or folded, by id."""
        self.layout = Layout()
        """Which terminals are shown together."""
        self.heard = Heard()
        """Which calls of agents the person knows of."""
        if path is not None:
            self._read(path)

    def save(self) -> None:
        """Write down what is remembered now, if it is something new."""
        newest = dict(list(self.folds.items())[-MOST_FOLDS:])
        known = {
            "projectId": self.project_id,
            "folds": newest,
            "layout": self.layout.to_plain(),
            "heard": self.heard.to_plain(),
        }
        self.heard.is_news = False
        content = json.dumps(known, indent=2).encode()
        if self._path is None:
            return
        try:
            if content == self._saved:
                os.utime(self._path)  # the file's time says when a cockpit was last here
                return
            self._saved = content
            ensure_private_directory(self._path.parent)
            write_whole(self._path, content, mode=0o600, durable=False)
        except OSError as error:
            LOG.warning("The layout is not remembered: %s", error)

    def save_calls(self) -> None:
        """Write down at once that an agent called, or that somebody looked; else do nothing."""
        if self.heard.is_news:
            self.save()

    def _read(self, path: Path) -> None:
        try:
            self.left_at = path.stat().st_mtime_ns // 1_000_000
            known = json.loads(path.read_bytes())
        except FileNotFoundError:
            return
        except (OSError, ValueError, RecursionError) as error:
            LOG.warning("What %s remembers is ignored: %s", path, error)
            return
        if isinstance(known, Mapping):
            self.project_id = _text(known.get("projectId"))
            self.folds = _folds(known.get("folds"))
            self.layout = Layout.from_plain(known.get("layout"))
            self.heard = Heard.from_plain(known.get("heard"))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _folds(value: Any) -> dict[str, bool]:
    known = value if isinstance(value, Mapping) else {}
    return {task_id: unfolded for task_id, unfolded in known.items() if isinstance(unfolded, bool)}
