"""Another terminal, brought into the state of one."""

import pytest

from maestro_tui.terminal.engine import Terminal

SHELL = b"".join(b"line %d\r\n" % number for number in range(30)) + b"$ make\r\nok\r\n$ "
CASES = {
    "empty": b"",
    "a shell": SHELL,
    "blank rows below": b"top\r\n\r\n\r\nmiddle\r\n\r\n\r\n",
    "the cursor above the text": SHELL + b"\x1b[2;3H",
    "styles and wide characters": "\x1b[31mred\x1b[1;4m 中文\x1b[0m \x1b[48;2;1;2;3mdeep\x1b[m e\u0301".encode(),
    "a pending style": b"plain \x1b[32;1m",
    "modes": b"\x1b[?2004h\x1b[?1h\x1b[?1002h\x1b[?1006h\x1b[?1004h text",
    "a hidden cursor": b"text\x1b[?25l",
    "the alternate screen": SHELL + b"\x1b[?1049h\x1b[2J\x1b[3;3Heditor\x1b[5;1H~",
    "a scrolling region": SHELL + b"\x1b[2;4r\x1b[3;1H",
    "a wrapped line": b"x" * 70,
    "a wide character in the corner": SHELL + "\x1b[H中".encode(),
}


def state(terminal):
    rows = [row.text for _, row in terminal.changed_rows()]
    modes = terminal.modes
    return rows, terminal.cursor(), modes.bracketed_paste, modes.focus_reports, terminal.encode_key("up", None)


@pytest.mark.parametrize("history", [0, 5, 10_000])
@pytest.mark.parametrize("name", CASES)
def test_a_screen_is_drawn_again(name, history):
    one, other = Terminal(40, 10), Terminal(40, 10)
    one.feed(CASES[name])
    other.feed(one.redraw(history))
    assert state(other) == state(one)
    for terminal in (one, other):  # and both go on alike
        terminal.feed(b"more\r\n\x1b[Hand more")
    assert state(other) == state(one)


def test_lines_above_the_screen_come_along():
    one, other = Terminal(40, 10), Terminal(40, 10)
    one.feed(SHELL)
    other.feed(one.redraw(10_000))
    assert other.all_text() == one.all_text()
    few = Terminal(40, 10)
    few.feed(one.redraw(5))
    assert few.all_text() == "\n".join(one.all_text().split("\n")[-15:])
