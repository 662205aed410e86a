"""The keys of copy mode: those of vi, as far as they make sense over a terminal."""

from typing import NamedTuple

__all__ = ["COPY_ACTIONS", "CopyAction"]


class CopyAction(NamedTuple):
    """One thing a person can do in copy mode.

    id: `copy.<verb>`. key: in Textual's spelling, several separated by commas. description: a
    sentence for the help screen. label: a word for the bottom line; empty keeps it off.
    """

    id: str
    key: str
    description: str
    label: str = ""


COPY_ACTIONS: tuple[CopyAction, ...] = (
    CopyAction("copy.left", "h,left", "Go left"),
    CopyAction("copy.down", "j,down,ctrl+e,enter", "Go down"),
    CopyAction("copy.up", "k,up,ctrl+y", "Go up"),
    CopyAction("copy.right", "l,right", "Go right"),
    CopyAction("copy.word_next", "w", "Go to the next word"),
    CopyAction("copy.word_back", "b", "Go back a word"),
    CopyAction("copy.word_end", "e", "Go to the end of the word"),
    CopyAction("copy.line_start", "0,home", "Go to the start of the row"),
    CopyAction("copy.line_text", "circumflex_accent", "Go to the first character of the row"),
    CopyAction("copy.line_end", "dollar_sign,end", "Go to the end of the row"),
    CopyAction("copy.top_row", "g", "Go to the oldest row"),
    CopyAction("copy.bottom", "G", "Go to the newest row with text"),
    CopyAction("copy.half_up", "ctrl+u", "Go half a page up"),
    CopyAction("copy.half_down", "ctrl+d", "Go half a page down"),
    CopyAction("copy.page_up", "ctrl+b,pageup", "Go a page up"),
    CopyAction("copy.page_down", "ctrl+f,pagedown,space", "Go a page down"),
    CopyAction("copy.prompt_previous", "left_curly_bracket", "Go to the prompt above"),
    CopyAction("copy.prompt_next", "right_curly_bracket", "Go to the prompt below"),
    CopyAction("copy.select", "v", "Select from here, or stop selecting", "select"),
    CopyAction("copy.select_lines", "V", "Select whole lines", "lines"),
    CopyAction("copy.select_block", "ctrl+v", "Select a block"),
    CopyAction("copy.select_output", "O", "Select what the command at the cursor has written"),
    CopyAction("copy.other_end", "o", "Go to the other end of the selection"),
    CopyAction("copy.yank", "y", "Copy what is selected, and leave", "copy"),
    CopyAction(
        "copy.find",
        "slash",
        "Find text further down; ctrl+r: regular expression, ctrl+s: letter case counts",
        "find",
    ),
    CopyAction("copy.find_back", "question_mark", "Find text further up", "find above"),
    CopyAction("copy.find_next", "n", "Go to the next match", "next match"),
    CopyAction("copy.find_previous", "N", "Go to the match before"),
    CopyAction("copy.leave", "q,escape,ctrl+c,i", "Stop selecting; then back to the live screen", "leave"),
)
