"""The command palette: every action, and the way to every task and session."""

from textual.command import CommandPalette

from maestro_tui.tui.actions import ACTIONS, Place
from maestro_tui.tui.commands import CockpitCommands
from maestro_tui.tui.screens.new_task import NewTask


async def found(app, query):
    provider = CockpitCommands(app.board)
    await provider.startup()
    hits = provider.search(query) if query else provider.discover()
    return [hit.text async for hit in hits]


async def test_an_empty_query_offers_every_action_of_the_board(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test():
        texts = await found(app, "")
        assert texts == [action.description for action in ACTIONS if action.place is Place.BOARD]


async def test_tasks_of_every_project_and_live_sessions_are_found(sample, cockpit, make):
    sample.put(make.task("task_50", "Write the guide", project_id="proj_2"))
    app = cockpit(sample)
    async with app.run_test():
        assert "☐ Write the guide" in await found(app, "guide")
        assert "○ Auditor" in await found(app, "auditor")


async def test_a_choice_goes_there(sample, cockpit, make, until):
    sample.put(make.task("task_50", "Write the guide", project_id="proj_2"))
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("colon")
        assert isinstance(app.screen, CommandPalette)
        await pilot.press(*"guide")
        await until(lambda: app.screen.query_one("CommandList").highlighted == 0)
        await pilot.press("enter")
        await until(lambda: app.board.project.name == "docs site")
        await until(lambda: app.board.selected is not None and app.board.selected.id == "task_50")


async def test_an_action_runs_on_the_board(sample, cockpit, until):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("colon", *("space" if letter == " " else letter for letter in "Add a task to this"))
        await until(lambda: app.screen.query_one("CommandList").option_count == 1)
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, NewTask))
