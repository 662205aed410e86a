"""What the engine calls back while it parses: replies, notices, held frames.

cffi needs every callback to stay referenced, and cannot pass exceptions through C. Whatever
a callback raises is kept and raised by the feed that led to it.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from maestro_tui.terminal import notices, replies
from maestro_tui.terminal.library import Library
from maestro_tui.terminal.notices import Notice

__all__ = ["Callbacks"]

KEPT_NOTICES = 64
PROGRESS_STATES = ("remove", "set", "error", "indeterminate", "pause")


class Callbacks:
    """The callbacks of one terminal.

    on_reply: called with bytes the program has to get.
    held: whether a synchronized update (DEC mode 2026) is open.
    notices: the newest ones not yet taken.
    """

    def __init__(self, library: Library, version: str) -> None:
        self._library = library
        self._ffi, self._lib = library.ffi, library.lib
        self.on_reply: Callable[[bytes], None] | None = None
        self._error: BaseException | None = None
        self._version = self._library.new("char[]", version.encode())
        self._version_length = len(version)
        self.held = False
        self.is_dark = True
        self.cell_size = (8, 16)
        self.notices: deque[Notice] = deque(maxlen=KEPT_NOTICES)
        self._functions = {
            lib_option: library.callback(kind, function, self._failed)
            for lib_option, kind, function in self._table()
        }

    def install(self, terminal: Any) -> None:
        """Connect them to a terminal of the library."""
        for option, function in self._functions.items():
            self._library.check(self._lib.ghostty_terminal_set(terminal, option, function), "set a callback")

    def raise_error(self) -> None:
        """Raise what a callback raised since the last time."""
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def take_notices(self) -> tuple[Notice, ...]:
        """The notices since the last time, oldest first; beyond 64 the oldest are forgotten."""
        taken = tuple(self.notices)
        self.notices.clear()
        return taken

    def reply(self, reply: bytes) -> None:
        """Answer the program, if it may have that answer."""
        allowed = replies.vetted(reply)
        if allowed is not None and self.on_reply is not None:
            self.on_reply(allowed)

    def title(self, terminal: Any) -> str:
        """The title of a terminal of the library, one clean line."""
        return self._string(terminal, self._lib.GHOSTTY_TERMINAL_DATA_TITLE)

    def _table(self) -> list[tuple[int, str, Callable[..., Any]]]:
        lib = self._lib
        return [
            (lib.GHOSTTY_TERMINAL_OPT_WRITE_PTY, "GhosttyTerminalWritePtyFn", self._reply),
            (lib.GHOSTTY_TERMINAL_OPT_RENDER_HOLD, "GhosttyTerminalRenderHoldFn", self._hold),
            (lib.GHOSTTY_TERMINAL_OPT_BELL, "GhosttyTerminalBellFn", self._bell),
            (lib.GHOSTTY_TERMINAL_OPT_TITLE_CHANGED, "GhosttyTerminalTitleChangedFn", self._title),
            (lib.GHOSTTY_TERMINAL_OPT_PWD_CHANGED, "GhosttyTerminalPwdChangedFn", self._directory),
            (
                lib.GHOSTTY_TERMINAL_OPT_DESKTOP_NOTIFICATION,
                "GhosttyTerminalDesktopNotificationFn",
                self._notification,
            ),
            (lib.GHOSTTY_TERMINAL_OPT_PROGRESS_REPORT, "GhosttyTerminalProgressReportFn", self._progress),
            (lib.GHOSTTY_TERMINAL_OPT_CLIPBOARD_WRITE, "GhosttyTerminalClipboardWriteFn", self._clipboard),
            (lib.GHOSTTY_TERMINAL_OPT_XTVERSION, "GhosttyTerminalXtversionFn", self._xtversion),
            (lib.GHOSTTY_TERMINAL_OPT_SIZE, "GhosttyTerminalSizeFn", self._size),
            (lib.GHOSTTY_TERMINAL_OPT_COLOR_SCHEME, "GhosttyTerminalColorSchemeFn", self._color_scheme),
        ]

    def _failed(self, _kind: Any, error: BaseException, _trace: Any) -> None:
        self._error = self._error or error

    def _reply(self, _terminal: Any, _data: Any, pointer: Any, length: int) -> None:
        self.reply(bytes(self._ffi.buffer(pointer, length)))

    def _hold(self, _terminal: Any, _data: Any, held: bool) -> None:
        self.held = bool(held)

    def _bell(self, _terminal: Any, _data: Any) -> None:
        if not self.notices or self.notices[-1] != notices.Bell():
            self.notices.append(notices.Bell())

    def _title(self, terminal: Any, _data: Any) -> None:
        self.notices.append(notices.TitleChanged(self.title(terminal)))

    def _directory(self, terminal: Any, _data: Any) -> None:
        location = self._string(terminal, self._lib.GHOSTTY_TERMINAL_DATA_PWD)
        self.notices.append(notices.DirectoryChanged(location))

    def _string(self, terminal: Any, key: int) -> str:
        out = self._library.new("GhosttyString*")
        if self._lib.ghostty_terminal_get(terminal, key, out):
            return ""
        return notices.line(self._library.text_of(out))

    def _notification(self, _terminal: Any, _data: Any, told: Any) -> None:
        title, body = (notices.line(self._library.text_of(part)) for part in (told.title, told.body))
        self.notices.append(notices.Notification(title, body))

    def _progress(self, _terminal: Any, _data: Any, told: Any) -> None:
        state = PROGRESS_STATES[told.state] if told.state < len(PROGRESS_STATES) else "indeterminate"
        self.notices.append(notices.Progress(state, told.progress if 0 <= told.progress <= 100 else None))

    def _clipboard(self, _terminal: Any, _data: Any, request: Any) -> None:
        """Refused at once: a program need not learn what the person decides later."""
        for content in request.contents[0 : request.contents_len]:
            if content.data.len <= notices.LONGEST_CLIPBOARD:
                self.notices.append(notices.ClipboardWrite(self._library.text_of(content.data)))
                break
        answer = self._library.sized("GhosttyClipboardWriteReply")
        answer.result = self._lib.GHOSTTY_CLIPBOARD_WRITE_RESULT_DENIED
        if request.reply != self._ffi.NULL:
            request.reply(request, answer)

    def _xtversion(self, _terminal: Any, _data: Any) -> Any:
        return self._library.new("GhosttyString*", {"ptr": self._version, "len": self._version_length})[0]

    def _size(self, terminal: Any, _data: Any, out: Any) -> bool:
        cells = self._library.new("uint16_t[2]")
        self._lib.ghostty_terminal_get(terminal, self._lib.GHOSTTY_TERMINAL_DATA_COLS, cells)
        self._lib.ghostty_terminal_get(terminal, self._lib.GHOSTTY_TERMINAL_DATA_ROWS, cells + 1)
        out.columns, out.rows = cells[0], cells[1]
        out.cell_width, out.cell_height = self.cell_size
        return True

    def _color_scheme(self, _terminal: Any, _data: Any, out: Any) -> bool:
        out[0] = self._lib.GHOSTTY_COLOR_SCHEME_DARK if self.is_dark else self._lib.GHOSTTY_COLOR_SCHEME_LIGHT
        return True
