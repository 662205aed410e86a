"""A terminal's state as the sequences that bring another terminal into it: history, screen, modes, cursor."""

from typing import Any

from maestro_tui.terminal.library import Library
from maestro_tui.terminal.text import reference

__all__ = ["printed", "redraw"]

_STATE = ("scrolling_region", "tabstops", "keyboard")
_SCREEN = ("cursor", "style", "hyperlink", "protection", "kitty_keyboard", "charsets")


def printed(library: Library, terminal: Any, columns: int, total_rows: int) -> bytes:
    """All rows, one below the other and in their colours: for a terminal as wide, in whatever state it is."""
    return _formatted(library, terminal, (0, total_rows - 1), columns, (), ())


def redraw(library: Library, terminal: Any, columns: int, total_rows: int, rows: int, history: int) -> bytes:
    """Bytes for a terminal of the same size, new and with the cursor in its upper left corner.

    history: how many lines above the screen are drawn too, so that they scroll out of it.
    """
    first = max(total_rows - rows - history, 0)
    content = _formatted(library, terminal, (first, total_rows - 1), columns, ("modes",), ())
    # Blank rows at the end are left out of the content, yet they push it up.
    missing = total_rows - 1 - first - content.count(b"\r\n")
    state = _formatted(library, terminal, (total_rows - rows, total_rows - rows), 1, _STATE, _SCREEN)
    return content + b"\r\n" * missing + b"\x1b[0m" + state


def _formatted(
    library: Library,
    terminal: Any,
    span: tuple[int, int],
    columns: int,
    extra: tuple[str, ...],
    screen: tuple[str, ...],
) -> bytes:
    """The rows of the span with what was asked for beside them, as VT sequences."""
    ffi, lib = library.ffi, library.lib
    everywhere = lib.GHOSTTY_POINT_TAG_SCREEN
    selection = library.sized("GhosttySelection")
    selection.start = reference(library, terminal, everywhere, 0, span[0])[0]
    selection.end = reference(library, terminal, everywhere, columns - 1, span[1])[0]
    options = library.sized("GhosttyFormatterTerminalOptions")
    options.emit, options.unwrap, options.trim = lib.GHOSTTY_FORMATTER_FORMAT_VT, False, False
    options.selection = selection
    for name in extra:
        setattr(options.extra, name, True)
    for name in screen:
        setattr(options.extra.screen, name, True)
    formatter = library.new("GhosttyFormatter*")
    result = lib.ghostty_formatter_terminal_new(ffi.NULL, formatter, terminal, options[0])
    library.check(result, "describe a screen")
    try:
        call = lib.ghostty_formatter_format_buf
        return library.filled(lambda out, capacity, size: call(formatter[0], out, capacity, size), 1 << 16)
    finally:
        lib.ghostty_formatter_free(formatter[0])
