"""Prompts and commands that a shell marks in its output (OSC 133), as they pass by."""

import re

from maestro_tui.terminal.notices import ShellMark

__all__ = ["ShellMarks"]

_INTRODUCER = b"\x1b]133;"
_MARK = re.compile(rb"\x1b\]133;([ABCDP])([^\x07\x1b]*)(?:\x07|\x1b\\)")
_KINDS = {b"A": "prompt", b"B": "prompt", b"P": "prompt", b"C": "command", b"D": "prompt"}
LONGEST_MARK = 256


class ShellMarks:
    """Reads the bytes of one terminal, in whatever pieces they come; the engine keeps no order of marks."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> tuple[ShellMark, ...]:
        """The marks that end in data."""
        if not self._rest and b"\x1b" not in data:
            return ()
        whole = self._rest + data
        marks, end = [], 0
        for found in _MARK.finditer(whole):
            marks.append(ShellMark(_KINDS[found[1]], _exit_code(found[1], found[2])))
            end = found.end()
        self._rest = _unfinished(whole[end:])
        return tuple(marks)


def _unfinished(data: bytes) -> bytes:
    """The beginning of a mark at the end of data, if there is one."""
    start = data.rfind(b"\x1b]")
    if start < 0:
        return b"\x1b" if data.endswith(b"\x1b") else b""
    rest = data[start:]
    begins = rest.startswith(_INTRODUCER) or _INTRODUCER.startswith(rest)
    return rest if begins and len(rest) <= LONGEST_MARK else b""


def _exit_code(kind: bytes, options: bytes) -> int | None:
    """`D;1`: the command before has ended with 1."""
    first = options.lstrip(b";").partition(b";")[0]
    return int(first) if kind == b"D" and first.isdigit() and len(first) < 6 else None
