"""What programs tell beside the screen."""

import pytest

from maestro_tui.terminal.notices import (
    Bell,
    ClipboardWrite,
    DirectoryChanged,
    Notification,
    Progress,
    TitleChanged,
)


@pytest.mark.parametrize(
    ("data", "notice"),
    [
        ("\x07", Bell()),
        ("\x1b]2;vim\x07", TitleChanged("vim")),
        ("\x1b]0;a\u202eb\x07", TitleChanged("ab")),
        ("\x1b]9;done\x07", Notification("", "done")),
        ("\x1b]777;notify;Tests;all green\x07", Notification("Tests", "all green")),
        ("\x1b]9;4;1;42\x07", Progress("set", 42)),
        ("\x1b]9;4;0\x07", Progress("remove", None)),
        ("\x1b]52;c;aGVsbG8=\x07", ClipboardWrite("hello")),
        ("\x1b]7;file://host/tmp\x07", DirectoryChanged("file://host/tmp")),
    ],
)
@pytest.mark.attack(75)
def test_a_notice_is_told_once(screen, data, notice):
    terminal = screen(10, 2, data).terminal
    assert terminal.take_notices() == (notice,)
    assert terminal.take_notices() == ()


def test_a_flood_of_notices_keeps_the_newest(screen):
    terminal = screen(10, 2, "".join(f"\x1b]2;{n}\x07" for n in range(1000))).terminal
    told = terminal.take_notices()
    assert len(told) == 64
    assert told[-1] == TitleChanged("999")


def test_ringing_without_end_is_one_bell(screen):
    assert screen(10, 2, "\x07" * 1000).terminal.take_notices() == (Bell(),)


def test_a_title_is_one_clean_line_of_bounded_length(screen):
    title = screen(10, 2, "\x1b]2;" + "x" * 1900 + "\x07").terminal.title
    assert title == "x" * 500
