"""Keys: the table, and what a person's settings make of it."""

from collections import Counter

import pytest

from maestro_tui.tui.actions import ACTIONS, Place, show_key
from maestro_tui.tui.copy_mode import CopyMode
from maestro_tui.tui.keymap import RESERVED, Keymap, load_keymap
from maestro_tui.tui.screens.board import BoardScreen
from maestro_tui.tui.screens.help import help_text


def test_ids_are_unique_and_no_two_actions_of_a_place_share_a_key():
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)
    keys = Counter((action.place, key) for action in ACTIONS for key in action.key.split(","))
    assert [key for key, times in keys.items() if times > 1] == []


def test_every_action_has_a_method_where_its_key_works():
    names = [
        (action, CopyMode, f"_{action.id.removeprefix('copy.')}")
        if action.place is Place.COPY
        else (action, BoardScreen, f"action_{action.method}")
        for action in ACTIONS
    ]
    assert [action.id for action, owner, name in names if not hasattr(owner, name)] == []


def test_board_bindings_carry_their_ids():
    ids = {binding.id for binding in BoardScreen.BINDINGS if binding.id}
    assert ids == {action.id for action in ACTIONS if action.place is Place.BOARD}


def test_the_help_names_every_action():
    text = help_text(Keymap(), "^b", 100).plain
    assert [action.id for action in ACTIONS if action.description not in text] == []


def test_wishes_are_taken():
    keymap = load_keymap({"task.complete": "m", "help.show": "F1", "board.filter": "Ctrl+F"})
    assert keymap.findings == ()
    assert keymap.keys["task.complete"] == "m"
    assert keymap.keys["help.show"] == "f1"
    assert keymap.face("board.filter") == "^f"


def test_characters_are_understood():
    assert load_keymap({"help.show": "!"}).keys["help.show"] == "exclamation_mark"


def test_unknown_ids_are_reported_with_the_nearest():
    keymap = load_keymap({"task.complet": "x"})
    assert keymap.keys == Keymap().keys
    assert "did you mean 'task.complete'" in keymap.findings[0]


def test_a_clash_is_reported_and_undone():
    keymap = load_keymap({"task.complete": "n"})
    assert keymap.keys["task.complete"] == "space"
    assert keymap.keys["task.new"] == "n"
    assert "'task.new' and 'task.complete'" in keymap.findings[0]


def test_the_same_key_may_mean_two_things_in_two_places():
    assert load_keymap({"pane.zoom": "s,n", "pane.next": "f", "pane.scroll": "g"}).findings == ()


def test_swapping_two_keys_is_no_clash():
    assert load_keymap({"task.new": "b", "task.block": "n"}).findings == ()


@pytest.mark.parametrize("key", sorted(RESERVED))
def test_reserved_keys_stay(key):
    keymap = load_keymap({"task.new": key})
    assert keymap.keys["task.new"] == "n"
    assert keymap.findings


@pytest.mark.parametrize(
    ("key", "face"),
    [("question_mark", "?"), ("ctrl+b", "^b"), ("ctrl+shift+a", "ctrl+shift+a"), ("n", "n"), ("pageup", "pgup")],
)
def test_faces_of_keys(key, face):
    assert show_key(key) == face
