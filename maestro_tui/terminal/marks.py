"""What programs mark in their output, as it passes by: a shell its prompts and commands, an agent its state.

OSC 133 (shell integration, as FinalTerm began it) and OSC 7501 (program status, as Codex sends it:
`state=blocked:app=codex:kind=permission`).
"""

import re

from maestro_tui.terminal.library import Library
from maestro_tui.terminal.notices import ProgramStatus, ShellMark, line

__all__ = ["Marks"]

_INTRODUCERS = (b"\x1b]133;", b"\x1b]7501;")
LONGEST_MARK = 4096
"""Of the bytes behind its introducer: a shell may tell the command it runs."""
_MARK = re.compile(
    rb"\x1b\](?:133;(?P<shell>[ABCDP])|7501;)(?P<rest>[^\x07\x1b]{0,%d})(?:\x07|\x1b\\)" % LONGEST_MARK
)
_KINDS = {b"A": "prompt", b"B": "prompt", b"P": "prompt", b"C": "command", b"D": "prompt"}
_LONGEST_UNFINISHED = LONGEST_MARK + len(b"\x1b]133;D\x1b")


class Marks:
    """Reads the bytes of one terminal, in whatever pieces they come; the engine keeps no order of marks."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._rest = b""

    def feed(self, data: bytes) -> tuple[ShellMark | ProgramStatus, ...]:
        """The marks that end in data."""
        if not self._rest and b"\x1b" not in data:
            return ()
        whole = self._rest + data
        if not self._library.searcher(whole)(b"\x1b]"):
            self._rest = b"\x1b" if whole.endswith(b"\x1b") else b""
            return ()
        marks, end = [], 0
        for found in _MARK.finditer(whole):
            marks.append(_mark(found["shell"], found["rest"]))
            end = found.end()
        self._rest = _unfinished(whole[max(end, len(whole) - _LONGEST_UNFINISHED) :])
        return tuple(marks)


def _mark(shell: bytes | None, rest: bytes) -> ShellMark | ProgramStatus:
    if shell is not None:
        return ShellMark(_KINDS[shell], _exit_code(shell, rest))
    fields = dict(part.partition("=")[::2] for part in line(rest.decode(errors="replace")).split(":"))
    return ProgramStatus(fields.get("state", ""), fields.get("kind", ""))


def _unfinished(data: bytes) -> bytes:
    """The beginning of a mark at the end of data, if there is one."""
    start = data.rfind(b"\x1b]")
    rest = data[start:] if start >= 0 else b""
    if rest and any(rest.startswith(one) or one.startswith(rest) for one in _INTRODUCERS):
        return rest
    return b"\x1b" if data.endswith(b"\x1b") else b""


def _exit_code(kind: bytes, options: bytes) -> int | None:
    """`D;1`: the command before has ended with 1."""
    first = options.lstrip(b";").partition(b";")[0]
    return int(first) if kind == b"D" and first.isdigit() and len(first) < 6 else None
