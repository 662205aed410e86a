"""Text from outside, made fit to show: data, never markup, never an escape sequence.

Titles, messages, names and errors come from agents and from files that people edit. What is
shown of them passes here, so a title such as `[@click=app.quit]ok[/]` is seen as it stands.
"""

from textual.content import Content

from maestro_tui.domain.text import clean_line, clean_text

__all__ = ["clip", "hanging", "line", "paragraphs"]

ELLIPSIS = "…"
NARROWEST = 12
"""Cells a text is folded to at the least; narrower than that is cut instead."""


def line(text: str, style: str = "") -> Content:
    """One line of outside text. style: a Textual style such as `$text-muted` or `bold`."""
    return Content.styled(clean_line(text), style) if style else Content(clean_line(text))


def paragraphs(text: str, style: str = "") -> Content:
    """Outside text of several lines; tabs become four spaces."""
    cleaned = clean_text(text).expandtabs(4).strip("\n")
    return Content.styled(cleaned, style) if style else Content(cleaned)


def hanging(lead: Content, said: Content, width: int) -> Content:
    """A text after what introduces it; what is folded stays right of the lead. width: cells for both."""
    margin = Content(" " * lead.cell_length)
    folded = said.wrap(max(width - lead.cell_length, NARROWEST))
    return Content("\n").join([(margin if number else lead).append(part) for number, part in enumerate(folded)])


def clip(text: str, cells: int) -> Content:
    """One line of outside text, at most cells wide; an ellipsis ends what was cut."""
    return line(text).truncate(max(cells, 0), ellipsis=True)
