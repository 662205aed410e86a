"""Lines a pane lays over its terminal: how the program ended, what may follow the prefix key, copy mode's."""

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from maestro_tui.domain.text import clean_line
from maestro_tui.terminal.viewport import Scrollbar
from maestro_tui.tui.actions import show_key
from maestro_tui.tui.find_line import FindLine
from maestro_tui.tui.prefix import TAB_KEYS, Prefix

__all__ = ["copy_note", "exit_line", "find_line", "link_line", "prefix_line", "scroll_note"]


def exit_line(exited: str, prefix: Prefix, width: int, style: Style) -> Strip:
    """How the program ended and what to do about it."""
    keys = {label: show_key(key) for key, label in prefix.choices()}
    wordy = {"close": "closes the pane", "restart": "starts it again"}
    for words in (wordy, dict.fromkeys(wordy, "")):
        offers = [
            f"{show_key(prefix.key)} {keys[label]} {words[label] or label}" for label in words if label in keys
        ]
        text = "  ·  ".join([f" {exited}", *offers])
        if len(text) <= width:
            break
    return _line(text, width, style)


def prefix_line(prefix: Prefix, width: int, style: Style) -> Strip:
    """What may follow the prefix key; as many as fit, and always how to see them all."""
    if prefix.repeats:
        return _line(" arrows go on resizing  ·  esc done", width, style)
    known = [f"{show_key(key)} {label}" for key, label in prefix.choices() if label != "help"]
    rest = [f"{show_key(key)} {label}" for key, label in prefix.choices() if label == "help"]
    shown = [f"{TAB_KEYS[0]}–{TAB_KEYS[-1]} tab", *known, *rest]
    while len(text := f" {show_key(prefix.key)}   {'  '.join(shown)}") > width and len(shown) > 1:
        del shown[-2]
    return _line(text, width, style)


def link_line(target: str, width: int, style: Style) -> Strip:
    """Where the link under the mouse leads."""
    return _line(f" {target}  ·  ctrl+click", width, style)


def scroll_note(scrollbar: Scrollbar, below: Strip, width: int, style: Style) -> Strip:
    """How far up the scrollback is shown, over the right end of a row."""
    above = scrollbar.total - scrollbar.offset - scrollbar.length
    return copy_note(f"{above} of {scrollbar.total - scrollbar.length} lines back", below, width, style)


def copy_note(said: str, below: Strip, width: int, style: Style) -> Strip:
    """Where the person is in what the terminal showed, over the right end of a row."""
    text = f" {said} "[:width]
    return Strip.join([below.crop(0, width - len(text)), Strip([Segment(text, style)], len(text))])


def find_line(line: FindLine, width: int, style: Style) -> Strip:
    """What the person types to find, its end in sight."""
    said = f" {clean_line(str(line))}"
    return _line(said if len(said) <= width else f"…{said[1 - width :]}", width, style)


def _line(text: str, width: int, style: Style) -> Strip:
    return Strip([Segment(set_cell_size(text, width), style)], width)
