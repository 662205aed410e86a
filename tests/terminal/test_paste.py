"""Pastes and the mouse, as the bytes a program gets."""

import pytest

from maestro_tui.terminal.mouse import MouseEvent
from maestro_tui.terminal.paste import encode_paste, is_safe_paste

BRACKETED = "\x1b[?2004h"


def test_a_paste_is_marked_where_the_program_asked(screen):
    assert screen(10, 2, BRACKETED).terminal.encode_paste("a\nb") == b"\x1b[200~a\nb\x1b[201~"


def test_a_paste_is_typed_where_it_did_not(screen):
    assert screen(10, 2).terminal.encode_paste("a\r\nb\n") == b"a\rb\r"


@pytest.mark.parametrize("hidden", ["\x1b[201~", "\x1b\x1b[201~[201~", "\x9b201~"])
@pytest.mark.attack(84)
def test_a_paste_cannot_end_itself(hidden):
    data = encode_paste(f"echo{hidden}rm -rf\r", bracketed=True)
    assert data.count(b"\x1b") == 2
    assert data.endswith(b"\x1b[201~")


def test_a_large_paste_arrives_whole():
    text = "漢字 line\n" * 100_000
    assert encode_paste(text, bracketed=True) == b"\x1b[200~" + text.encode() + b"\x1b[201~"


def test_an_empty_paste_and_lone_surrogates_are_fine():
    assert encode_paste("", bracketed=False) == b""
    assert encode_paste("\ud800", bracketed=False) == b"?"


@pytest.mark.parametrize(
    ("text", "safe"), [("ls", True), ("ls\nrm", False), ("ls\rrm", False), ("a\x1b[201~b", False)]
)
def test_a_paste_that_could_run_something_is_known(text, safe):
    assert is_safe_paste(text) is safe


CLICK = MouseEvent("press", "left", 4, 2)


@pytest.mark.parametrize(
    ("modes", "event", "data"),
    [
        ("", CLICK, b""),
        ("\x1b[?1000h", CLICK, b"\x1b[M %#"),
        ("\x1b[?1000;1006h", CLICK, b"\x1b[<0;5;3M"),
        ("\x1b[?1000;1006h", CLICK._replace(action="release"), b"\x1b[<0;5;3m"),
        ("\x1b[?1000;1006h", CLICK._replace(button="right", ctrl=True), b"\x1b[<18;5;3M"),
        ("\x1b[?1000;1006h", CLICK._replace(button="wheel_up"), b"\x1b[<64;5;3M"),
        ("\x1b[?1000;1006h", CLICK._replace(button="wheel_down"), b"\x1b[<65;5;3M"),
        ("\x1b[?1000;1006h", CLICK._replace(button="back"), b"\x1b[<128;5;3M"),
        ("\x1b[?1000;1006h", CLICK._replace(button="forward", action="release", alt=True), b"\x1b[<137;5;3m"),
        ("\x1b[?1002;1006h", CLICK._replace(button="back", action="motion"), b"\x1b[<160;5;3M"),
        ("\x1b[?1000;1006h", CLICK._replace(action="motion"), b""),
        ("\x1b[?1002;1006h", CLICK._replace(action="motion"), b"\x1b[<32;5;3M"),
        ("\x1b[?1003;1006h", MouseEvent("motion", None, 4, 2), b"\x1b[<35;5;3M"),
        ("\x1b[?1000;1015h", CLICK, b"\x1b[32;5;3M"),
        ("\x1b[?9h", CLICK, b"\x1b[M %#"),
    ],
)
def test_mouse_events_follow_the_modes(screen, modes, event, data):
    assert screen(80, 24, modes).terminal.encode_mouse(event) == data


def test_focus_is_told_where_the_program_asked(screen):
    shown = screen(10, 2)
    assert shown.terminal.encode_focus(focused=True) == b""
    shown.feed("\x1b[?1004h")
    assert shown.terminal.encode_focus(focused=True) == b"\x1b[I"
    assert shown.terminal.encode_focus(focused=False) == b"\x1b[O"
