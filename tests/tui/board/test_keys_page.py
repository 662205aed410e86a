"""The documentation's page of keys is the table of actions."""

from pathlib import Path

from maestro_tui.tui.actions import ACTIONS
from maestro_tui.tui.keys_page import keys_page

PAGE = Path(__file__).resolve().parents[3] / "docs" / "keys.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == keys_page(), "python -m maestro_tui.tui.keys_page > docs/keys.md"


def test_the_page_names_every_action():
    assert [action.id for action in ACTIONS if f"`{action.id}`" not in keys_page()] == []
