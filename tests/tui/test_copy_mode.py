"""Copy mode: vi's keys over what a terminal showed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_tui.terminal.engine import Terminal
from maestro_tui.tui.copy_keys import COPY_ACTIONS
from maestro_tui.tui.copy_mode import CopyMode
from maestro_tui.tui.find_line import FindLine

TEXT = "alpha beta-gamma  delta\r\nshort\r\n\r\nlast_line of it"


def stay(data=TEXT, columns=40, rows=6, history=0):
    terminal = Terminal(columns, rows)
    terminal.feed("".join(f"old {number}\r\n" for number in range(history)).encode() + data.encode())
    list(terminal.changed_rows())
    return CopyMode(terminal)


def press(copying, keys):
    """Keys as they are typed: `w`, `ctrl+v`, `/needle enter`."""
    for key in keys.split():
        if key.startswith(("/", "?")) and len(key) > 1:
            for character in key:
                name = {"/": "slash", "?": "question_mark"}.get(character, character)
                copying.press(name, character)
        else:
            copying.press({"^": "circumflex_accent", "$": "dollar_sign"}.get(key, key), key[:1])
    while copying.continue_search():
        pass
    return copying


@pytest.mark.parametrize(
    ("keys", "cell"),
    [
        ("g 0", (0, 0)),
        ("g 0 w", (6, 0)),
        ("g 0 w w w", (11, 0)),
        ("g 0 w w w w", (18, 0)),
        ("g 0 w w w w w", (0, 1)),
        ("g 0 w w w w w w", (0, 3)),
        ("g 0 e", (4, 0)),
        ("g 0 e e", (9, 0)),
        ("g 0 e e e e e e", (4, 1)),
        ("g $", (22, 0)),
        ("g $ b", (18, 0)),
        ("g $ b b b b", (6, 0)),
        ("G 0 b", (0, 1)),
        ("G $ h l l", (15, 3)),
        ("g 0 j j", (0, 2)),
        ("g j 0 k l", (1, 0)),
        ("g $ ^", (0, 0)),
        ("ctrl+d", (15, 5)),
        ("nonsense f12", (15, 3)),
        ("g 0 3 w", (11, 0)),
        ("g 0 2 e", (9, 0)),
        ("g $ 4 b", (6, 0)),
        ("g 0 1 0 l", (10, 0)),
        ("g 0 5 l 3 h", (2, 0)),
        ("g 0 2 j", (0, 2)),
        ("G 0 3 k", (0, 0)),
        ("g 0 2 $", (4, 1)),
        ("g 0 3 G", (0, 2)),
        ("G 0 2 g", (0, 1)),
        ("g 9 9 9 9 9 9 9 9 w", (39, 5)),
        ("g 0 3 escape l", (1, 0)),
    ],
)
def test_going(keys, cell):
    copying = press(stay(), keys)
    assert (copying.x, copying.y) == cell


@pytest.mark.parametrize(
    ("keys", "copied"),
    [
        ("g 0 v e y", "alpha"),
        ("g 0 v $ j y", TEXT[:23] + "\nshort"),
        ("g 0 w v b y", "alpha b"),
        ("g j V y", "short"),
        ("g V j y", TEXT[:23] + "\nshort"),
        ("g 0 ctrl+v j l l y", "alp\nsho"),
        ("g 0 v e o l y", "lpha"),
        ("G y", "last_line of it"),
    ],
)
def test_selecting_and_copying(keys, copied):
    copying = press(stay(), keys)
    assert (copying.copied, copying.is_done) == (copied, True)


def test_soft_wrapped_lines_are_copied_without_breaks():
    copying = press(stay("0123456789abcdef\r\nnext", columns=10), "g V y")
    assert copying.copied == "0123456789abcdef"
    assert press(stay("0123456789abcdef\r\nnext", columns=10), "g 0 e").x == 5
    assert press(stay("0123456789abcdef\r\nnext", columns=10), "g 0 w").y == 2


def test_escape_first_ends_the_selection():
    copying = press(stay(), "g v l escape")
    assert (copying.is_done, copying.terminal.selection.text()) == (False, "")
    assert press(copying, "escape").is_done


def test_pages_show_older_rows():
    copying = press(stay(history=100), "ctrl+b")
    assert copying.terminal.viewport.scrollbar.offset < 98 - 4
    assert press(copying, "g").terminal.viewport.scrollbar.offset == 0
    assert press(copying, "G").terminal.viewport.scrollbar.at_bottom


def test_finding_up_and_down():
    copying = press(stay(history=3000), "?old enter")
    assert (copying.x, copying.y) == (0, 2999)
    assert copying.told.endswith("3000 of 3000 matches")
    assert press(copying, "n").y == 2998
    assert press(copying, "N").y == 2999
    assert press(copying, "N").y == 0
    assert press(copying, "/beta enter").y == 3000
    assert press(copying, "/nowhere enter").problem == "nothing matches nowhere"
    assert "no regular expression" in press(copying, "slash ctrl+r ( enter").problem
    assert "nothing was looked for" in press(stay(), "n").problem


def test_a_count_is_shown_and_reaches_matches_and_prompts():
    copying = press(stay(history=50), "4")
    assert copying.told.startswith("4  row ")
    copying = press(press(press(stay(history=50), "g 0 /old enter"), "3 n"), "2 N")
    assert copying.told == "row 3 of 54 · 3 of 50 matches"


@pytest.mark.parametrize("size", [(10, 4), (17, 9), (80, 3)])
def test_another_size_keeps_the_cursor_the_selection_and_the_matches(size):
    copying = press(press(stay(history=50), "/alpha enter"), "w v e")
    copying.terminal.resize(*size)
    copying.follow()
    while copying.continue_search():
        pass
    assert copying._lines.cells(copying.y)[copying.x] == "a"
    assert 0 <= copying.view_row < size[1]
    assert copying.terminal.viewport.scrollbar.offset == copying.top
    assert len(copying.search.matches) == 1
    assert press(copying, "y").copied == "beta"


def test_what_is_looked_at_stays_while_the_program_goes_on():
    copying = press(stay(history=50), "g 0 v e")
    before = copying.terminal.viewport.scrollbar.offset
    copying.terminal.feed(b"\r\nmore" * 500)
    copying.follow()
    assert copying.terminal.viewport.scrollbar.offset == before
    live = stay(history=50)
    shown = live.terminal.viewport.scrollbar.offset
    live.terminal.feed(b"\r\nmore" * 500)
    live.follow()
    assert live.terminal.viewport.scrollbar.offset == shown
    assert press(copying, "y").copied == "old"


def test_prompts_and_outputs():
    shell = "".join(
        f"\x1b]133;A\x07$ \x1b]133;B\x07run {n}\r\n\x1b]133;C\x07out {n}\r\n\x1b]133;D;0\x07" for n in range(9)
    )
    copying = press(stay(shell), "left_curly_bracket left_curly_bracket")
    assert copying.terminal.lines.texts(copying.y, 1) == ["$ run 7"]
    copying = press(copying, "right_curly_bracket j O y")
    assert copying.copied.strip() == "out 8"


def test_the_line_to_find_is_edited():
    line = FindLine(back=True)
    for key, character in [("a", "a"), ("space", " "), ("b", "b"), ("ctrl+w", None), ("backspace", None)]:
        assert line.press(key, character) is None
    assert line.text == ""
    assert line.press("enter", "\r") is False
    assert line.press("backspace", None) is False
    line.press("N", "N")
    assert line.wanted.case
    line.press("ctrl+r", None)
    assert (line.wanted.regex, line.wanted.case) == (True, False)
    assert "regular expression" in str(line)


def test_the_line_to_find_takes_the_last_words_and_ways_and_is_given_up():
    line = FindLine(back=False)
    for key, character in [("ctrl+s", None), ("a", "a"), ("b", "b"), ("f5", "\x1b"), ("left", None)]:
        assert line.press(key, character) is None
    assert (line.text, line.wanted.case) == ("ab", True)
    assert str(line) == "/ab▏  case counts"
    line.press("ctrl+u", None)
    assert line.text == ""
    line.press("c", "c")
    assert line.press("escape", None) is False
    again = FindLine(back=True, last=line.wanted)
    again.press("up", None)
    assert again.text == "c"


def test_a_paste_goes_into_the_line_to_find_and_nowhere_else():
    copying = stay(history=20)
    copying.paste("old 3")
    assert copying.search is None
    press(copying, "question_mark")
    copying.paste(" old\n 3\t")
    press(copying, "enter")
    assert copying.terminal.lines.texts(copying.y, 1) == ["old 3"]


def test_a_wrong_pattern_is_told_and_leaves_the_cursor_where_it_is():
    copying = stay(history=20)
    before = copying.x, copying.y
    press(copying, "slash ctrl+r ( enter")
    assert copying.problem
    assert copying.told == copying.problem
    assert (copying.x, copying.y, copying.search) == (*before, None)
    press(copying, "n N")
    assert (copying.x, copying.y) == before


KEYS = [key for action in COPY_ACTIONS for key in action.key.split(",")]


@given(
    st.lists(st.sampled_from([*KEYS, "a", "backspace", "feed"]), max_size=40),
    st.integers(1, 30),
    st.integers(1, 8),
)
def test_no_keys_break_it_or_leave_the_terminal(keys, columns, rows):
    copying = stay(columns=columns, rows=rows, history=20)
    for key in keys:
        if key == "feed":
            copying.terminal.feed("\r\nmore 漢字".encode() * 3)
            copying.follow()
            continue
        copying.press(key, key if len(key) == 1 else None)
        while copying.continue_search():
            pass
        assert 0 <= copying.x < columns
        assert 0 <= copying.view_row < rows
    copying.terminal.close()
