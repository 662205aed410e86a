"""What a program tells the person through its terminal, beside the screen."""

from dataclasses import dataclass

from maestro_tui.domain.text import clean_line

__all__ = [
    "Bell",
    "ClipboardWrite",
    "DirectoryChanged",
    "Notice",
    "Notification",
    "ProgramStatus",
    "Progress",
    "ShellMark",
    "TitleChanged",
]

LONGEST_LINE = 500
LONGEST_CLIPBOARD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Bell:
    """The program rang (BEL)."""


@dataclass(frozen=True, slots=True)
class TitleChanged:
    """OSC 0 or 2. title: one clean line, up to 500 characters, maybe empty."""

    title: str


@dataclass(frozen=True, slots=True)
class DirectoryChanged:
    """OSC 7. location: as reported, a file URI or a path, one clean line."""

    location: str


@dataclass(frozen=True, slots=True)
class Notification:
    """OSC 9, 99 or 777. title, body: one clean line each; the title may be empty."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Progress:
    """OSC 9;4. state: `remove`, `set`, `error`, `indeterminate` or `pause`. percent: 0 to 100 if told."""

    state: str
    percent: int | None


@dataclass(frozen=True, slots=True)
class ClipboardWrite:
    """OSC 52: the program asks to set the clipboard. Whether it may is for the person to say."""

    text: str


@dataclass(frozen=True, slots=True)
class ShellMark:
    """OSC 133. kind: `prompt`, the shell waits for a command, or `command`, one runs.

    exit_code: of the command before, where the shell says it.
    """

    kind: str
    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class ProgramStatus:
    """OSC 7501. state: a word of the program's; known are `idle`, `working`, `blocked`, `done`, `error`, `clear`.

    kind: of what blocks it, as `permission`; empty where it does not say.
    """

    state: str
    kind: str = ""


Notice = (
    Bell | TitleChanged | DirectoryChanged | Notification | Progress | ClipboardWrite | ShellMark | ProgramStatus
)


def line(text: str) -> str:
    """Text of a program as one line that is safe to show."""
    return clean_line(text[: LONGEST_LINE * 4])[:LONGEST_LINE]
