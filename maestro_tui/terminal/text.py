"""The plain text of a terminal: its screen, its scrollback, its last lines."""

from typing import Any

from maestro_tui.terminal.library import Library

__all__ = ["all_text", "reference", "screen_text", "selected_text", "tail"]


def selected_text(library: Library, terminal: Any, selection: Any, *, unwrap: bool = True) -> str:
    """The text of a selection, trailing blanks left out. unwrap: join the lines a program did not break."""
    options = library.sized("GhosttyTerminalSelectionFormatOptions")
    options.emit = library.lib.GHOSTTY_FORMATTER_FORMAT_PLAIN
    options.unwrap, options.trim, options.selection = unwrap, True, selection
    call = library.lib.ghostty_terminal_selection_format_buf
    data = library.filled(lambda out, capacity, size: call(terminal, options[0], out, capacity, size), 1 << 16)
    return data.decode("utf-8", "replace")


def screen_text(library: Library, terminal: Any, columns: int, rows: int) -> str:
    """What the program shows now, a line per row, trailing blanks and blank rows left out."""
    active = library.lib.GHOSTTY_POINT_TAG_ACTIVE
    selection = library.sized("GhosttySelection")
    selection.start = reference(library, terminal, active, 0, 0)[0]
    selection.end = reference(library, terminal, active, columns - 1, rows - 1)[0]
    return selected_text(library, terminal, selection, unwrap=False)


def all_text(library: Library, terminal: Any) -> str:
    """Scrollback and screen, soft-wrapped lines joined."""
    selection = library.sized("GhosttySelection")
    result = library.lib.ghostty_terminal_select_all(terminal, selection)
    if result == library.lib.GHOSTTY_NO_VALUE:
        return ""
    library.check(result, "select everything")
    return selected_text(library, terminal, selection)


def tail(library: Library, terminal: Any, columns: int, total_rows: int, lines: int) -> str:
    """The last `lines` rows that hold something, of scrollback and screen together, as displayed."""
    everywhere = library.lib.GHOSTTY_POINT_TAG_SCREEN
    wanted = lines
    while True:
        first = max(0, total_rows - wanted)
        selection = library.sized("GhosttySelection")
        selection.start = reference(library, terminal, everywhere, 0, first)[0]
        selection.end = reference(library, terminal, everywhere, columns - 1, total_rows - 1)[0]
        found = selected_text(library, terminal, selection, unwrap=False).rstrip("\n")
        if first == 0 or (found and found.count("\n") + 1 >= lines):
            return "\n".join(found.split("\n")[-lines:])
        wanted *= 2


def reference(library: Library, terminal: Any, space: int, x: int, y: int) -> Any:
    """A cell, valid until the terminal changes. space: a GHOSTTY_POINT_TAG, what y counts from."""
    point = library.new("GhosttyPointS*")
    point.tag = space
    point.value.x, point.value.y = x, y
    reference = library.sized("GhosttyGridRef")
    library.check(library.grid_ref(terminal, point[0], reference), f"find the cell {x},{y}")
    return reference
