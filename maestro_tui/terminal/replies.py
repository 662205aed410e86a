"""What a terminal may answer to the program in it: a fixed list, each with a fixed alphabet.

An answer arrives at the program as if it were typed. Nothing a program can choose, such as
a title or a clipboard's text, may come back that way. The engine is asked for less already;
this is the gate behind it.
"""

import re

__all__ = ["EVENT_TYPES", "is_allowed", "vetted"]

EVENT_TYPES = 2
"""The kitty keyboard flag for presses, repeats and releases told apart: we are told of presses alone."""

_COLOR = rb"rgb:[0-9a-f]{2,4}(?:/[0-9a-f]{2,4}){2}"
_END = rb"(?:\x07|\x1b\\)"
_NAMES = rb"(?:foreground|background|cursor(?:_text)?|selection_(?:foreground|background)|\d{1,3})"

_ALLOWED = re.compile(
    b"|".join(
        [
            rb"\x1b\[\?[0-9;]+c",  # DA1: what we are
            rb"\x1b\[>[0-9;]+c",  # DA2: which version
            rb"\x1b\[0n",  # DSR 5: all is well
            rb"\x1b\[\??[0-9;]+R",  # DSR 6: where the cursor is
            rb"\x1b\[\?997;[12]n",  # dark or light
            rb"\x1b\[\??[0-9;]+\$y",  # DECRQM: a mode
            rb"\x1b\[\?[0-9]+u",  # kitty keyboard flags
            rb"\x1b\[(?:4|6|8|48)(?:;[0-9]+)+t",  # sizes
            rb"\x1bP>\|maestro-tui [0-9A-Za-z.+]+\x1b\\",  # XTVERSION
            rb"\x1bP[01]\$r[0-9;: ]*(?:m|r|s| q|\"q|\"p)?\x1b\\",  # DECRQSS of settings made of numbers
            rb"(?:\x1b\](?:1[0-9]|4;[0-9]{1,3});" + _COLOR + _END + rb")+",  # colours
            rb"\x1b\]21(?:;" + _NAMES + rb"=(?:" + _COLOR + rb")?)*" + _END,
        ]
    )
)


_KITTY_FLAGS = re.compile(rb"\x1b\[\?([0-9]{1,3})u")


def vetted(reply: bytes) -> bytes | None:
    """The reply as the program may have it, claiming nothing we cannot do; None: not at all."""
    if flags := _KITTY_FLAGS.fullmatch(reply):
        return b"\x1b[?%du" % (int(flags[1]) & ~EVENT_TYPES)
    return reply if is_allowed(reply) else None


def is_allowed(reply: bytes) -> bool:
    """Whether a reply of the engine may reach the program."""
    return _ALLOWED.fullmatch(reply) is not None
