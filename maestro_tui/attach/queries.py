"""Takes out of a program's output what a terminal would answer.

Only one viewer of a session answers its program, and nobody answers what is only played. The real
terminal below an attached session cannot be told to keep quiet, so it must not see the questions.
"""

import re

__all__ = ["QueryFilter"]

LONGEST = 4096
"""Bytes of an unfinished sequence that are held back; a longer one is let through."""

_QUERY = re.compile(
    rb"\x05"  # ENQ
    rb"|\x1b\[[?>=]?[0-9;]*c"  # device attributes
    rb"|\x1b\[\??[0-9;]*n"  # status and cursor reports
    rb"|\x1b\[\??[0-9;]*\$p"  # DECRQM
    rb"|\x1b\[>[0-9]*q"  # XTVERSION
    rb"|\x1b\[\?u"  # keyboard protocol
    rb"|\x1b\[(?:1[1-9]|2[01])(?:;[0-9]*)*t"  # window reports
    rb"|\x1b\[[0-9]*x"  # DECREQTPARM
    rb"|\x1bZ"  # DECID
    rb"|\x1b\](?:4|5|1[0-9]|52|21|22|60|99|1337)[^\x07\x1b]*\?[^\x07\x1b]*(?:\x07|\x1b\\)"  # colours, clipboard
    rb"|\x1bP(?:\$q|\+q)[^\x1b]*\x1b\\"  # DECRQSS, XTGETTCAP
    rb"|\x1b_G[^\x1b]*\x1b\\"  # graphics, which are answered
)
_UNFINISHED = re.compile(rb"\x1b(?:[ -/]*|\[[0-?]*[ -/]*|[\]P_^X][^\x07\x1b]*\x1b?)\Z")


class QueryFilter:
    """Lets output pass without its questions, however it was cut into pieces."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What a terminal may see of it now; the beginning of a sequence waits for its end."""
        data = self._held + data
        self._held = b""
        cut = _UNFINISHED.search(data, max(len(data) - LONGEST, 0))
        if cut is not None:
            data, self._held = data[: cut.start()], data[cut.start() :]
        return _QUERY.sub(b"", data)

    def rest(self) -> bytes:
        """What still waits, when nothing is to be filtered any more."""
        held, self._held = self._held, b""
        return held
