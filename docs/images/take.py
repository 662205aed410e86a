"""Take the picture of the README: the real cockpit while it plays the demo.

`python docs/images/take.py` writes `docs/images/cockpit.svg`. Server, runner, PTY hosts, agents and
screens are the product's own; only the outer terminal is a picture. Waits for the moment in which one
worker has blocked its task and the other is at work.
"""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from cells import settle

from maestro_tui.client.feed import Feed
from maestro_tui.config.sources import load_settings
from maestro_tui.demo.example import begin, end, temporary_home
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import TaskStatus
from maestro_tui.runner.runner import Runner, runner_id_for
from maestro_tui.runner.terminals import Terminals
from maestro_tui.server.serving import serve
from maestro_tui.tui.app import CockpitApp

PICTURE = Path(__file__).parent / "cockpit.svg"
COLUMNS, ROWS = 140, 38
PACE = 1.0
PATIENCE = 120.0
MOMENT = 0.5
"""Seconds until everything is on the screen."""


async def take() -> str:
    """The picture, SVG."""
    async with AsyncExitStack() as stack:
        home = stack.enter_context(temporary_home(PACE))
        settings = load_settings(home.config, flags={("server", "port"): 0}).settings
        server = await stack.enter_async_context(serve(home, settings))
        identity = runner_id_for(home)
        feed = await stack.enter_async_context(Feed(server.url, server.token, runner_id=identity))
        terminals = Terminals()
        stack.callback(terminals.close_all)
        runner = asyncio.create_task(Runner(feed, home, settings, terminals, runner_id=identity).run())
        stack.callback(runner.cancel)
        stack.push_async_callback(end, terminals)
        app = CockpitApp(feed, terminals, settings=settings)
        app.animation_level = "none"
        async with app.run_test(size=(COLUMNS, ROWS), notifications=False) as pilot:
            await begin(feed.api, str(home.root))
            await feed.until(lambda feed: _blocked_by(feed) is not None, PATIENCE)
            blocked = _blocked_by(feed)
            working = next(one for one in feed.mirror.sessions.values() if one.name == "API worker")
            app.board.open_session(working.id)
            app.board.choose(("task", "", blocked.task_ids[0]))
            await pilot.pause(MOMENT)
            return app.export_screenshot(title="maestro-tui")


def _blocked_by(feed: Feed) -> Session | None:
    """The worker that has just blocked its task, while it is still there."""
    blocked = {task.id for task in feed.mirror.tasks.values() if task.status is TaskStatus.BLOCKED}
    live = [session for session in feed.mirror.sessions.values() if session.is_live]
    return next((session for session in live if blocked & set(session.task_ids)), None)


if __name__ == "__main__":
    PICTURE.write_text(settle(asyncio.run(take())), encoding="utf-8")
