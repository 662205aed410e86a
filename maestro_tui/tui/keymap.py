"""Which key does what: the table's defaults, changed by the person's settings."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from textual.keys import _character_to_key

from maestro_tui.tui.actions import ACTIONS, BY_ID, Action, Place, show_key
from maestro_tui.tui.prefix import TAB_KEYS

__all__ = ["Keymap", "load_keymap"]

RESERVED = frozenset({"ctrl+c", "enter", "escape", "up", "down", "left", "right", *TAB_KEYS})
"""Keys that mean the same everywhere and stay what they are."""


@dataclass(frozen=True, slots=True)
class Keymap:
    """Keys by action id, and what was wrong with the settings they came from.

    findings: a sentence each; what they name was left at its default.
    """

    keys: Mapping[str, str] = field(default_factory=lambda: {action.id: action.key for action in ACTIONS})
    findings: tuple[str, ...] = ()

    def key_of(self, action: Action) -> str:
        """The action's key in Textual's spelling."""
        return self.keys.get(action.id, action.key)

    def face_of(self, action: Action) -> str:
        """The action's key as people write it; the first, if it has several."""
        return show_key(self.key_of(action).split(",")[0])

    def face(self, action_id: str) -> str:
        """The key of the action with this id, as people write it."""
        return self.face_of(BY_ID[action_id])


def load_keymap(wishes: Mapping[str, str]) -> Keymap:
    """The keymap with a person's wishes applied; unknown ids and clashes are reported and ignored."""
    findings: list[str] = []
    keys = {action.id: action.key for action in ACTIONS}
    for action_id, spelling in wishes.items():
        key = _canonical(spelling)
        if problem := _problem(action_id, key):
            findings.append(problem)
        else:
            keys[action_id] = key
    findings += _settle_clashes(keys)
    return Keymap(keys, tuple(findings))


def _canonical(spelling: str) -> str:
    """Keys in Textual's spelling: `/` is `slash`, `Ctrl+X` is `ctrl+x`; a comma separates several."""
    return ",".join(_one_key(part) for part in spelling.split(",")) if spelling != "," else "comma"


def _one_key(spelling: str) -> str:
    *modifiers, name = spelling.strip().split("+") if spelling.strip() != "+" else ["+"]
    name = name.lower() if modifiers or len(name) > 1 else name
    name = _character_to_key(name) if len(name) == 1 else name
    return "+".join([*(modifier.lower() for modifier in modifiers), name])


def _problem(action_id: str, key: str) -> str | None:
    if action_id not in BY_ID:
        near = get_close_matches(action_id, BY_ID, n=1)
        hint = f"did you mean '{near[0]}'?" if near else "the help screen lists every action"
        return f"keys: no action is called '{action_id}'; {hint}"
    if not key:
        return f"keys: '{action_id}' needs a key, such as 'ctrl+n'"
    if RESERVED & set(key.split(",")):
        return f"keys: '{show_key(key)}' cannot be given to '{action_id}': it means the same everywhere"
    return None


def _settle_clashes(keys: dict[str, str]) -> list[str]:
    """Put every action that shares a key with another back to its default; say which."""
    findings: list[str] = []
    while clashes := _clashes(keys):
        for key, ids in clashes.items():
            moved = [action_id for action_id in ids if keys[action_id] != BY_ID[action_id].key]
            names = " and ".join(f"'{action_id}'" for action_id in ids)
            findings.append(f"keys: {names} both ask for '{show_key(key)}'; the default keys are used")
            for action_id in moved:
                keys[action_id] = BY_ID[action_id].key
            if not moved:  # the table itself gives two actions one key
                raise ValueError(f"the default keys clash: {names} are both '{key}'")
    return findings


def _clashes(keys: Mapping[str, str]) -> dict[str, list[str]]:
    """Actions that share a key in the same place, by that key."""
    holders: dict[tuple[Place, str], list[str]] = defaultdict(list)
    for action_id, spelling in keys.items():
        for key in spelling.split(","):
            holders[BY_ID[action_id].place, key].append(action_id)
    return {key: ids for (_, key), ids in holders.items() if len(ids) > 1}
