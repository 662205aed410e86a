"""The rule above a pane that shares a tab: whose it is, as far as there is room."""

import pytest
from textual.app import App, ComposeResult

from maestro_tui.tui.widgets.pane_title import PaneTitle
from maestro_tui.tui.widgets.tab_strip import Tab

FACE = Tab("ses_1", "Test writer", glyph="●", colour="success", title="pytest -x")


class TitleApp(App[None]):
    """One title, and what was chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[str] = []

    def compose(self) -> ComposeResult:
        yield PaneTitle()

    def on_pane_title_chosen(self, event: PaneTitle.Chosen) -> None:
        self.chosen.append(event.session_id)


@pytest.mark.parametrize(
    ("width", "face", "shown"),
    [
        (10, None, "──────────"),
        (3, FACE, "───"),
        (16, FACE, "─ Test writer ● "),
        (45, FACE, "─ Test writer ● ───────────────── pytest -x ─"),
        (
            24,
            Tab("ses_1", "Test writer", title="Test writer", glyph="●", colour="success"),
            "─ Test writer ● ────────",
        ),
    ],
)
async def test_it_fits_its_width(width, face, shown):
    app = TitleApp()
    async with app.run_test(size=(width, 2)) as pilot:
        title = app.query_one(PaneTitle)
        title.face = face
        await pilot.pause()
        said = title.render().plain
        assert len(said) == width
        assert said == shown


async def test_a_click_chooses_its_session_once_it_has_one():
    app = TitleApp()
    async with app.run_test(size=(40, 2)) as pilot:
        await pilot.click(PaneTitle)
        title = app.query_one(PaneTitle)
        title.face = Tab("ses_1", "Test writer", glyph="●", colour="success", rang=True)
        title.is_active = True
        await pilot.click(PaneTitle)
        await pilot.pause()
        assert app.chosen == ["ses_1"]
        assert title.render().plain.startswith("▸ Test writer ● ")
        assert title.render().plain[len("▸ Test writer ● ")] not in " ─", "that it called is marked"
