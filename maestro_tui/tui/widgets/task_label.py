"""One row of the task tree as a line of text. Pure, but for the colours it is given."""

from collections.abc import Callable

from rich.style import Style
from rich.text import Text

from maestro_tui.domain.status import Priority
from maestro_tui.domain.text import clean_line
from maestro_tui.tui.glyphs import PRIORITY_MARKS, Mark
from maestro_tui.tui.rows import Row

__all__ = ["COLOURS", "WORDS_FROM", "label"]

Paint = Callable[[str], Style]
"""The style of one of COLOURS."""

COLOURS = frozenset({"foreground", "muted", "primary", "secondary", "accent", "success", "warning", "error"})
LOUD = frozenset({"warning", "accent", "error"})
WORDS_FROM = 44
"""Cells of a tree from which on priorities are written as words."""
NOTE_FROM = 6
"""Cells that must be left beside a title for its note to begin."""
MOST_MARKS = 4
"""How many sessions of a task are marked on its row."""


def label(row: Row, fold: str, width: int, paint: Paint, extra: Mark | None = None, *, wordy: bool = True) -> Text:
    """A row of width cells: fold mark, glyph, title and note, and at the right edge what is going on.

    extra: something else there is to say of it. wordy: priorities are words, else glyphs.
    """
    lead = Text.assemble((fold, paint("muted")), (f"{row.mark.glyph} ", paint(row.mark.colour)))
    tail = _tail(row, paint, extra, wordy=wordy)
    room = max(width - lead.cell_len - tail.cell_len - 1, 1)
    title = _title(row, room, paint)
    title.truncate(room, overflow="ellipsis", pad=True)
    return Text.assemble(lead, title, " ", tail)


def _title(row: Row, room: int, paint: Paint) -> Text:
    title = Text(clean_line(row.title), style=paint("muted" if row.quiet else "foreground"))
    note = clean_line(row.note)
    if note and room - title.cell_len >= NOTE_FROM:
        colour = row.mark.colour if row.mark.colour in LOUD else "muted"
        title.append(f"  {note}", style=paint(colour))
    return title


def _tail(row: Row, paint: Paint, extra: Mark | None, *, wordy: bool) -> Text:
    """Progress, sessions and priority, each in a column of its own."""
    parts: list[Text] = []
    if extra is not None:
        parts.append(Text(extra.glyph, style=paint(extra.colour)))
    if row.progress:
        parts.append(Text(row.progress, style=paint("muted")))
    if row.sessions:
        marks = [Text(mark.glyph, style=paint(mark.colour)) for mark in row.sessions[:MOST_MARKS]]
        parts.append(Text(" ").join(marks))
    if row.priority is not None:
        parts.append(_priority(row, paint, wordy=wordy))
    elif extra is not None:
        parts.append(Text(""))
    return Text("  ").join(parts)


def _priority(row: Row, paint: Paint, *, wordy: bool) -> Text:
    """High and low are told, medium and the past are not."""
    mark = PRIORITY_MARKS[row.priority or Priority.MEDIUM]
    told = row.priority is not Priority.MEDIUM and not row.quiet
    text = (mark.word if wordy else mark.glyph) if told else ""
    return Text(text.ljust(5 if wordy else 2), style=paint(mark.colour))
