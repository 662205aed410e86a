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
        ("\x1b]99;;done\x07", Notification("", "done")),
        ("\x1b]99;i=1:e=1;aGk=\x1b\\", Notification("", "hi")),
        (
            "\x1b]99;i=1:d=0;Hel\x07\x1b]99;i=1:d=0;lo\x1b\\\x1b]99;i=1:p=body;all \u202egreen\x07",
            Notification("Hello", "all green"),
        ),
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


@pytest.mark.parametrize("step", [1, 2, 3, 5])
def test_a_notification_cut_in_pieces_is_the_same(screen, step):
    shown = screen(10, 2).feed("x\x1b]99;i=7:d=0;Tests\x1b\\\x1b]99;i=7:p=body;all green\x07y", pieces=step)
    assert shown.terminal.take_notices() == (Notification("Tests", "all green"),)
    assert shown.lines()[0] == "xy"


@pytest.mark.parametrize(
    "data",
    ["\x1b]99;i=1:p=?;\x07", "\x1b]99;i=1:p=close;\x07", "\x1b]99;no payload\x07",
     "\x1b]99;;" + "x" * 3000 + "\x07", "\x1b]99;e=1;a\x07"],
)  # fmt: skip
def test_what_asks_or_is_too_long_is_no_notification(screen, data):
    shown = screen(10, 2, data)
    assert shown.terminal.take_notices() == ()
    assert shown.replies == []


def test_notifications_without_end_cost_no_memory(screen):
    shown = screen(10, 2)
    for number in range(2000):
        shown.feed(f"\x1b]99;i={number}:d=0;{'x' * 2000}\x07")
    assert shown.feed("\x1b]99;i=1999;!\x07").terminal.take_notices() != ()
    assert shown.feed("\x1b]99;i=0;!\x07").terminal.take_notices() == (Notification("", "!"),)


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
