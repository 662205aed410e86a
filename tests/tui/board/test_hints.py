"""The footer offers what works where the keys go, by the keys that do it."""

import re

from maestro_tui.tui.hints import board_hints, copy_hints, pane_hints
from maestro_tui.tui.keymap import load_keymap
from maestro_tui.tui.screens.board import BoardScreen

USUAL = load_keymap({})


def test_what_a_click_runs_can_be_run():
    offered = [hint.action for hint in board_hints(USUAL)]
    assert "screen.task_new" in offered
    for action in offered:
        assert hasattr(BoardScreen, f"action_{action.removeprefix('screen.')}")


def test_a_key_for_a_terminal_is_offered_after_the_prefix_key_and_clicked_without_it():
    first, *_ = pane_hints(USUAL, "^b")
    assert first.key.startswith("^b ")
    assert all(
        re.fullmatch(r"screen\.pane_action\('pane\.\w+'\)", hint.action) for hint in pane_hints(USUAL, "^b")
    )


def test_another_key_is_offered_in_its_place():
    other = load_keymap({"task.new": "m", "copy.yank": "Y"})
    for hints, changed in ((board_hints, ("n", "m")), (copy_hints, ("y", "Y"))):
        pairs = zip(hints(USUAL), hints(other), strict=True)
        assert [(one.key, two.key) for one, two in pairs if one != two] == [changed]
