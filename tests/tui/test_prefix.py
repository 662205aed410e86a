"""The prefix key: what is the program's and what is ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_tui.config.settings import UiSettings
from maestro_tui.tui.prefix import (
    PANE_ACTIONS,
    Cancelled,
    Chosen,
    Opened,
    PaneAction,
    Prefix,
    Typed,
    Unknown,
    prefix_of,
)

keys = st.sampled_from(
    ["a", "n", "p", "q", "escape", "ctrl+b", "ctrl+c", "ctrl+d", "ctrl+v", "enter", "shift+enter", "?"]
)


@pytest.mark.parametrize(
    "key", ["a", "q", "ctrl+c", "ctrl+v", "ctrl+d", "ctrl+q", "escape", "shift+enter", "tab", "f1"]
)
def test_every_other_key_is_the_programs(key):
    assert Prefix().press(key) == Typed()


def test_the_prefix_and_a_key_choose_an_action():
    prefix = Prefix()
    assert prefix.press("ctrl+b") == Opened()
    assert prefix.is_open
    assert prefix.press("n") == Chosen("pane.next")
    assert not prefix.is_open


def test_the_prefix_twice_is_sent():
    prefix = Prefix()
    prefix.press("ctrl+b")
    assert prefix.press("ctrl+b") == Typed()
    assert not prefix.is_open


def test_a_finger_that_stays_on_ctrl_is_forgiven():
    prefix = Prefix()
    prefix.press("ctrl+b")
    assert prefix.press("ctrl+n") == Chosen("pane.next")


def test_escape_cancels_and_an_unknown_key_does_nothing():
    prefix = Prefix()
    prefix.press("ctrl+b")
    assert prefix.press("escape") == Cancelled()
    prefix.press("ctrl+b")
    assert prefix.press("f9") == Unknown("f9")
    assert prefix.press("f9") == Typed()


def test_settings_change_keys():
    prefix = Prefix("ctrl+a", keys={"pane.next": "g"})
    assert prefix.press("ctrl+b") == Typed()
    prefix.press("ctrl+a")
    assert prefix.press("g") == Chosen("pane.next")
    prefix.press("ctrl+a")
    assert prefix.press("n") == Unknown("n")
    assert ("g", "next") in prefix.choices()


@pytest.mark.parametrize(
    ("wished", "environ", "key"),
    [
        ("ctrl+b", {}, "ctrl+b"),
        (None, {}, "ctrl+b"),
        (None, {"TMUX": "/tmp/tmux"}, "ctrl+g"),
        (None, {"ZELLIJ": "0"}, "ctrl+g"),
        ("ctrl+a", {"TMUX": "/tmp/tmux"}, "ctrl+a"),
        ("ctrl+b", {"TMUX": "/tmp/tmux"}, "ctrl+b"),
    ],
)
def test_inside_another_multiplexer_the_prefix_is_another_one(wished, environ, key):
    ui = UiSettings() if wished is None else UiSettings(prefix=wished)
    assert prefix_of(ui, environ) == key


def test_every_action_has_its_own_keys_and_a_description():
    spellings = [key for action in PANE_ACTIONS for key in action.key.split(",")]
    assert len(spellings) == len(set(spellings))
    assert all(action.id.startswith("pane.") and action.description for action in PANE_ACTIONS)


@given(st.lists(keys, max_size=30))
def test_without_the_prefix_no_key_is_ever_lost(pressed):
    prefix = Prefix("f12", [PaneAction("pane.next", "n", "next", "Next")])
    assert all(prefix.press(key) == Typed() for key in pressed)


@given(st.lists(keys, max_size=30))
def test_only_a_key_after_the_prefix_is_ours(pressed):
    prefix, open_before = Prefix(), False
    for key in pressed:
        outcome = prefix.press(key)
        assert isinstance(outcome, Typed | Opened) or open_before
        open_before = prefix.is_open


def test_a_digit_after_the_prefix_is_a_tab():
    prefix = Prefix()
    prefix.press("ctrl+b")
    assert prefix.press("7") == Chosen("pane.tab", 7)
    assert prefix.press("7") == Typed()
