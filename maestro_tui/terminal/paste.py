"""Pasted text as the bytes a program gets."""

from maestro_tui.terminal.library import load

__all__ = ["encode_paste", "is_safe_paste"]

START, END = b"\x1b[200~", b"\x1b[201~"


def is_safe_paste(text: str) -> bool:
    """Whether pasting cannot run anything: no line break, and no end-of-paste marker inside.

    Most outer terminals write the line breaks of a paste as carriage returns (xterm, VTE, tmux).
    """
    data = text.replace("\r", "\n").encode("utf-8", "replace")
    return bool(load().lib.ghostty_paste_is_safe(data, len(data)))


def encode_paste(text: str, *, bracketed: bool) -> bytes:
    """The bytes of a paste of any size.

    Control characters that could act on the program are replaced, which also breaks up an
    end-of-paste marker hidden in the text. bracketed: whether the program asked for markers
    (DEC mode 2004); without them line breaks become carriage returns, as if typed.
    """
    data = text.replace("\r\n", "\n").encode("utf-8", "replace")
    if not data:
        return START + END if bracketed else b""
    library = load()
    buffer = library.new("char[]", data)
    return library.filled(
        lambda out, capacity, size: library.lib.ghostty_paste_encode(
            buffer, len(data), bracketed, library.cast("char*", out), capacity, size
        ),
        len(data) + len(START) + len(END),
    )
