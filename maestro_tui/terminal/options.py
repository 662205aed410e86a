"""What the engine is told of a terminal beside its program's output: limits, scrollback, colours."""

from typing import Any

from maestro_tui.terminal import snapshot
from maestro_tui.terminal.library import Library
from maestro_tui.terminal.palette import Palette

__all__ = ["apply_palette", "limit", "limit_scrollback"]

BYTES_PER_CELL = 9
"""A packed cell and what pages add to it."""
LARGEST_SCROLLBACK = 256 * 1024 * 1024
"""What the scrollback of one terminal may cost unpacked, in bytes: 100,000 lines of 298 columns."""
LARGEST_CLIPBOARD = 256 * 1024
CLUSTER_MODE = 2027
"""Grapheme clusters take the width of one character, as modern terminals draw them."""


def limit(library: Library, terminal: Any) -> None:
    """No images, no glyphs, no title reports; sequences cut in the middle survive a snapshot."""
    for name, kind, value in (
        ("KITTY_IMAGE_STORAGE_LIMIT", "uint64_t*", 0),
        ("GLYPH_PROTOCOL", "bool*", False),
        ("TITLE_REPORT", "bool*", False),
        ("CONTINUATION_MAX_BYTES", "size_t*", snapshot.LARGEST_CONTINUATION),
        ("CLIPBOARD_WRITE_MAX_BYTES", "size_t*", LARGEST_CLIPBOARD),
    ):
        library.set(terminal, name, library.new(kind, value))
    clusters = library.new("GhosttyTerminalModeConfig*", {"mode": CLUSTER_MODE, "value": True})
    library.set(terminal, "MODE_DEFAULT", clusters)
    library.set(terminal, "MODE", clusters)
    # No program can ask for a hollow block: it tells that none asked for anything.
    hollow = library.lib.GHOSTTY_TERMINAL_CURSOR_STYLE_BLOCK_HOLLOW
    library.set(terminal, "DEFAULT_CURSOR_STYLE", library.new("GhosttyTerminalCursorStyle*", hollow))


def limit_scrollback(library: Library, terminal: Any, lines: int, columns: int) -> None:
    """Keep so many lines above the screen, 0 for none."""
    # By bytes alone: pruning by lines is several times slower.
    library.set(terminal, "SCROLLBACK_MAX_LINES", library.ffi.NULL if lines else library.new("size_t*", 0))
    most = min(lines * columns * BYTES_PER_CELL, LARGEST_SCROLLBACK)
    library.set(terminal, "SCROLLBACK_MAX_BYTES", library.new("size_t*", most))


def apply_palette(library: Library, terminal: Any, palette: Palette | None) -> None:
    """The colours programs are told and drawn in; None leaves them to the outer terminal."""
    if palette is None:
        for name in ("COLOR_FOREGROUND", "COLOR_BACKGROUND", "COLOR_CURSOR", "COLOR_PALETTE"):
            library.set(terminal, name, library.ffi.NULL)
        return
    colors = library.new("GhosttyColorRgb[256]")
    library.lib.ghostty_color_palette_default(colors)
    colors[0 : len(palette.ansi)] = palette.ansi
    library.set(terminal, "COLOR_PALETTE", colors)
    library.set(terminal, "COLOR_FOREGROUND", library.new("GhosttyColorRgb*", palette.foreground))
    library.set(terminal, "COLOR_BACKGROUND", library.new("GhosttyColorRgb*", palette.background))
    library.set(terminal, "COLOR_CURSOR", library.new("GhosttyColorRgb*", palette.cursor or palette.foreground))
