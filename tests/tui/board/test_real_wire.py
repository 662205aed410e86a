"""The board on a real server: a real feed, real sockets, real documents."""

import pytest

from maestro_tui.client.feed import Feed
from maestro_tui.config.settings import ServerSettings, Settings
from maestro_tui.domain.status import TaskStatus
from maestro_tui.paths import Home
from maestro_tui.server.serving import serve


@pytest.fixture
def home(tmp_path):
    return Home.from_environment({"HOME": str(tmp_path), "MAESTRO_HOME": str(tmp_path / "m")})


async def test_from_nothing_to_a_blocked_task_through_the_wire(home, cockpit, until, tmp_path):
    settings = Settings(server=ServerSettings(port=0))
    async with serve(home, settings) as server, Feed(server.url, server.token) as feed:
        app = cockpit(feed, settings=settings, directory=tmp_path)
        async with app.run_test(size=(120, 36)) as pilot:
            await until(lambda: app.board.connection.phase == "online")
            await pilot.press("N", *"webshop", "enter")
            await until(lambda: app.board.project is not None)
            await pilot.press("n", *"Pay", "enter")
            await until(lambda: app.board.selected is not None)
            await pilot.press("a", *"step", "enter")
            await until(lambda: app.board.selected.title == "step")
            await pilot.press("space")
            await until(lambda: app.board.tasks.root.children[0].data.progress == "1/1")
            await pilot.press("up", "b", *"keys", "enter")
            await until(lambda: [task.reason for task in feed.mirror.tasks.values()] == ["keys"])
            await pilot.press("b")
            await until(lambda: [task.status for task in feed.mirror.tasks.values()] == [TaskStatus.TODO])
            await pilot.press("s")
            await until(lambda: len(app.screen.query("#skill")) == 1)
            await pilot.press("enter")
            await until(lambda: len(feed.mirror.sessions) == 1)
            await until(lambda: app.board.tasks.root.children[0].data.sessions != ())
