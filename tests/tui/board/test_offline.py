"""While the server is away: what is done is kept, shown, sent later, and told when it is refused."""

import pytest
from textual.widgets import OptionList

from maestro_tui.client.feed import Feed
from maestro_tui.config.settings import ServerSettings, Settings
from maestro_tui.domain.status import TaskStatus
from maestro_tui.paths import Home
from maestro_tui.server.serving import serve
from maestro_tui.tui.screens.board import BoardScreen
from maestro_tui.tui.screens.connection import ConnectionScreen
from maestro_tui.tui.widgets.header import Header
from tests.ports import own_port


def toasts(app):
    return [(note.title, note.message) for note in app._notifications]


def facts(app, part="#facts"):
    return str(app.screen.query_one(part).render())


async def test_what_is_done_offline_is_shown_dropped_and_refused(sample, cockpit, until):
    app = cockpit(sample)
    app.NOTIFICATION_TIMEOUT = 60  # a slow machine must not miss a toast
    async with app.run_test(size=(120, 40)) as pilot:
        sample.connect(phase="offline", attempt=3, last_error="nobody listens", retry_at=None)
        await until(lambda: app.board.connection.attempt == 3)
        app.board.choose(("task", "", "task_3"))
        await pilot.press("space")
        await until(lambda: app.board.connection.queued == 1)
        await until(lambda: app.board.tasks.marks.keys() == {"task_3"})
        await pilot.press("n", "x", "enter")
        await until(lambda: app.board.connection.queued == 2)
        await until(lambda: isinstance(app.screen, BoardScreen))
        queued = "Queued: will be sent when the server is back"
        # One toast for all that is queued; on a slow machine there is one about the outage, too.
        await until(lambda: [title for title, text in toasts(app) if text == queued] == ["Create task “x”"])
        assert sample.mirror.tasks["task_3"].status is TaskStatus.TODO

        await pilot.press("c")
        await until(lambda: app.screen.query_one("#waiting", OptionList).option_count == 2)
        assert "2 to be sent" in facts(app)
        await pilot.press("down", "d", "r")
        await until(lambda: app.screen.query_one("#waiting", OptionList).option_count == 1)
        assert [command.label for command in sample.outbox.commands] == ["Complete “Refunds”"]
        assert sample.retries == 1

        sample.turn_down(sample.outbox.head.key, "It was deleted meanwhile")
        await until(lambda: ("Not done: Complete “Refunds”", "It was deleted meanwhile") in toasts(app))
        await until(lambda: "Complete “Refunds”: It was deleted meanwhile" in facts(app, "#past"))
        assert app.board.tasks.marks == {}
        await pilot.press("escape", "c")
        assert isinstance(app.screen, ConnectionScreen)
        assert "meanwhile" not in facts(app, "#past")


async def test_what_the_server_finds_wrong_is_told_once_and_marked(sample, cockpit, until, monkeypatch):
    monkeypatch.setattr("maestro_tui.tui.lookout.LOOK_SECONDS", 0.01)
    app = cockpit(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        sample.files = [{"path": "/d/tasks/task_1.json", "message": "line 3: no JSON", "kept": "/d/kept.broken"}]
        await until(lambda: app.board.query_one(Header).findings == 1)
        told = [("Needs a look", "task_1.json: line 3: no JSON; kept as kept.broken")]
        await until(lambda: toasts(app) == told)
        await pilot.press("c")
        assert "/d/tasks/task_1.json" in facts(app, "#past")
        sample.files, sample.checks = [], {"disk": "only 3 MiB are free"}
        await until(lambda: "only 3 MiB are free" in facts(app, "#past"))
        sample.checks = {"disk": "ok"}
        await until(lambda: app.board.query_one(Header).findings == 0)
        assert len(toasts(app)) == 2


async def test_skills_that_were_read_again_are_told_and_broken_ones_looked_at_at_once(sample, cockpit, until):
    app = cockpit(sample)
    async with app.run_test(size=(120, 40)):
        await until(lambda: any(path == "/api/findings" for _, path, _ in sample.sent))
        sample.skills = [
            {"skill": "review", "file": "/s/review/manifest.json", "field": "version", "message": "bad"}
        ]
        reloaded = {"added": [], "changed": ["testing"], "removed": [], "findings": sample.skills}
        sample.tell_event("skills:reloaded", reloaded)
        await until(lambda: ("Skills read again", "testing") in toasts(app))
        await until(lambda: ("Needs a look", "manifest.json: skill review: version: bad") in toasts(app))


@pytest.fixture
def home(tmp_path):
    return Home.from_environment({"HOME": str(tmp_path), "MAESTRO_HOME": str(tmp_path / "m")})


async def test_a_real_server_goes_and_comes_back(home, cockpit, until, monkeypatch):
    monkeypatch.setattr("maestro_tui.tui.outage.PATIENCE", 0.05)
    port = own_port()
    settings = Settings(server=ServerSettings(port=port))
    async with serve(home, settings) as server:
        url, token = server.url, server.token
        feed = await Feed(url, token, delays=lambda: iter(lambda: 0.05, None)).__aenter__()
        project = await feed.api.request("POST", "/api/projects", {"name": "webshop"})
        await feed.api.request("POST", "/api/tasks", {"projectId": project["id"], "title": "Pay"})
        await feed.caught_up()
    try:
        app = cockpit(feed)
        async with app.run_test(size=(120, 36)) as pilot:
            await until(lambda: app.board.connection.phase == "offline" and app.board.selected)
            await until(lambda: len(toasts(app)) == 1)
            await pilot.press("space")
            await until(lambda: app.board.connection.queued == 1)
            async with serve(home, settings, port=port) as server:
                feed.api.address = type(feed.api.address)(server.url, server.token)
                feed.retry_now()
                await until(lambda: [task.status for task in feed.mirror.tasks.values()] == [TaskStatus.COMPLETED])
                await until(lambda: app.board.connection.queued == 0)
                said = [message for title, message in toasts(app) if not title]
                assert len(said) == 1
                assert said[0].startswith("Connected again: ")
                assert app.board.tasks.marks == {}
    finally:
        await feed.__aexit__(None, None, None)
