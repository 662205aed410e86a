"""The one key that is not the session's: it detaches."""

from maestro_tui.domain.errors import Invalid

__all__ = ["DEFAULT_KEY", "DetachKey"]

DEFAULT_KEY = "ctrl+\\"
_CTRL = 5
"""Modifiers of a key as keyboard protocols write them: 1 plus 4 for ctrl."""


class DetachKey:
    """Finds the key in what a terminal sends. Raises Invalid for a name that is no control key."""

    def __init__(self, name: str = DEFAULT_KEY) -> None:
        self.name = name.lower()
        key = self.name.removeprefix("ctrl+")
        if not self.name.startswith("ctrl+") or len(key) != 1 or key not in "abcdefghijklmnopqrstuvwxyz\\]^_":
            raise Invalid(
                f"'{name}' cannot detach; it is ctrl+ with a letter, or with one of \\ ] ^ _",
                suggestion=f"--detach-key {DEFAULT_KEY!r}",
            )
        code = ord(key)
        # As a control character; and as programs may ask for it: kitty's protocol, xterm's modifyOtherKeys.
        self._spellings = (
            bytes([ord(key.upper()) & 0x1F]),
            b"\x1b[%d;%du" % (code, _CTRL),
            b"\x1b[%d;%d:1u" % (code, _CTRL),
            b"\x1b[27;%d;%d~" % (_CTRL, code),
        )

    def find(self, typed: bytes) -> int | None:
        """Where in what was typed at once the key is; None when it is not."""
        places = [place for spelling in self._spellings if (place := typed.find(spelling)) >= 0]
        return min(places, default=None)
