"""What goes into a backup, read while a server may be writing.

Documents replace each other by rename, so each is read whole. The documents that others point
to are read after those, and what is still missing is fetched in the end: whatever was there when
a document that needs it was read is in the backup too, unless it was deleted in between.
"""

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISDIR, S_ISLNK, S_ISREG
from typing import NamedTuple

from maestro_tui.domain.ids import is_id
from maestro_tui.paths import Home
from maestro_tui.store.backups.manifest import LeftOut
from maestro_tui.store.backups.members import OUTPUT, SESSION_FILES, is_derived
from maestro_tui.store.json_files.layout import DocumentKey, Kind, Layout
from maestro_tui.store.json_files.looking import SidecarView, connect_reading
from maestro_tui.store.json_files.reading import FileState, read_settled
from maestro_tui.store.json_files.references import referents
from maestro_tui.store.json_files.scanning import is_leftover, scan

__all__ = ["Content", "Contents"]

_ORDER = (Kind.SESSION, Kind.TASK, Kind.PROJECT)


class Content(NamedTuple):
    """A member to be: its name, its bytes or the file that holds them, and whether it is a program."""

    name: str
    source: bytes | Path
    executable: bool = False


class Contents:
    """Iterate it once; then `counts` and `left_out` are complete. scratch: an empty directory to work in."""

    def __init__(self, home: Home, scratch: Path, *, with_output: bool, with_keys: bool) -> None:
        self.counts: Counter[str] = Counter({kind.value: 0 for kind in Kind})
        self.left_out: list[LeftOut] = []
        self._home = home
        self._layout = Layout(home.data)
        self._scratch = scratch
        self._with_output = with_output
        self._with_keys = with_keys
        self._names: set[str] = set()
        self._wanted: set[DocumentKey] = set()
        self._vanished: set[tuple[Kind, str]] = set()

    def __iter__(self) -> Iterator[Content]:
        """Raises OSError when a directory cannot be read."""
        for content in self._everything():
            if content.name not in self._names:
                self._names.add(content.name)
                yield content

    def _everything(self) -> Iterator[Content]:
        # Answers come before the documents they speak of, so that none tells of a document that is not there.
        yield from self._history()
        yield from self._documents()
        yield from self._other_data()
        yield from self._session_files()
        yield from self._tree("skills", self._home.skills)
        yield from self._tree("themes", self._home.themes)
        yield from self._single("config.toml", self._home.config)
        if self._with_keys:
            yield from self._single("token.key", self._home.signing_key)
            yield from self._single("config", self._home.cli_config)

    def _history(self) -> Iterator[Content]:
        """Events and answers, as one moment of the database."""
        copy = self._scratch / "history.db"
        try:
            connection = connect_reading(self._layout.history)
        except (FileNotFoundError, NotADirectoryError):
            return
        except sqlite3.Error as error:
            self.leave_out(self._layout.history, str(error))
            return
        try:
            connection.execute("VACUUM INTO ?", (str(copy),))
        except sqlite3.Error as error:
            self.leave_out(self._layout.history, str(error))
            return
        finally:
            connection.close()
        yield Content(f"data/{self._layout.history.name}", copy)

    def _documents(self) -> Iterator[Content]:
        held: set[DocumentKey] = set()
        with SidecarView(self._layout.sidecar) as sidecar:
            for kind in _ORDER:
                for key in sorted(key for key in scan(self._layout).documents if key.kind is kind):
                    held.add(key)
                    yield from self._document(key, sidecar)
            while missing := self._missing() - held:
                held |= missing
                for key in sorted(missing):
                    yield from self._document(key, sidecar)

    def _missing(self) -> set[DocumentKey]:
        """What documents point to, and where those may be that were listed and then not found."""
        missing = {key for key in self._wanted if is_id(key.id)}
        if self._vanished:
            missing.update(key for key in scan(self._layout).documents if (key.kind, key.id) in self._vanished)
        return missing

    def _document(self, key: DocumentKey, sidecar: SidecarView) -> Iterator[Content]:
        path = self._layout.path(key)
        state = read_settled(key, path)
        if state is None:
            self._vanished.add((key.kind, key.id))
            return
        self.counts[key.kind.value] += 1
        if state.decoded is None:
            yield from self._damaged(key, path, state, sidecar.last_good(key))
        else:
            self._wanted.update(referents(state.decoded.entity))
            yield Content(self._name(path), state.content)

    def _damaged(
        self, key: DocumentKey, path: Path, state: FileState, last_good: bytes | None
    ) -> Iterator[Content]:
        """The last good version is the one in force; the broken bytes go beside it, as a server keeps them."""
        if last_good is not None:
            yield Content(self._name(path), last_good)
            if state.content:
                yield Content(f"{self._name(path)}.broken", state.content)
        elif state.content:
            yield Content(self._name(path), state.content)
        if not state.content:
            self.leave_out(path, state.problem or f"this {key.kind} cannot be read")

    def _other_data(self) -> Iterator[Content]:
        """Everything else in the data directory: files set aside, the trash, files of unknown purpose."""
        history = self._layout.history.name
        others = {history, f"{history}-wal", f"{history}-shm"}
        for path in self._files(self._home.data):
            first = path.relative_to(self._home.data).parts[0]
            if not (first in others or is_derived(first) or is_leftover(path.name) or self._layout.key(path)):
                yield Content(self._name(path), path)

    def _session_files(self) -> Iterator[Content]:
        for path in self._files(self._home.sessions):
            inside = path.relative_to(self._home.sessions)
            kept = len(inside.parts) == 2 and inside.name in SESSION_FILES
            recorded = self._with_output and len(inside.parts) > 2 and inside.parts[1] == OUTPUT
            if kept or recorded:
                yield Content(f"sessions/{inside.as_posix()}", path)

    def _tree(self, name: str, root: Path) -> Iterator[Content]:
        for path in self._files(root):
            executable = bool(path.lstat().st_mode & 0o100)
            yield Content(f"{name}/{path.relative_to(root).as_posix()}", path, executable)

    def _single(self, name: str, path: Path) -> Iterator[Content]:
        if path.is_file():
            yield Content(name, path)

    def _files(self, root: Path) -> Iterator[Path]:
        """Every regular file below root, in order, but those of this backup; none when there is no root."""
        try:
            names = sorted(os.listdir(root))
        except (FileNotFoundError, NotADirectoryError):
            return
        for path in (root / name for name in names):
            try:
                mode = path.lstat().st_mode
            except FileNotFoundError:
                continue
            if S_ISDIR(mode):
                yield from () if path == self._scratch else self._files(path)
            elif S_ISREG(mode):
                yield path
            elif self._layout.key(path) is None:
                what = "a link, which is not followed" if S_ISLNK(mode) else "no regular file"
                self.leave_out(path, f"is {what}", wanted=False)

    def leave_out(self, path: Path, reason: str, *, wanted: bool = True) -> None:
        """Note that a file cannot be in the backup."""
        self.left_out.append(LeftOut(path=str(path), reason=reason, wanted=wanted))

    def _name(self, path: Path) -> str:
        return f"data/{path.relative_to(self._home.data).as_posix()}"
