"""Sessions as a person rules over them: seen as a tree, approved, stopped, started again, adopted, paused."""

import asyncio

import pytest
from textual.widgets import OptionList, Static

from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import SpawnRefused
from maestro_tui.domain.status import SessionStatus
from maestro_tui.runner.hosts import Meanwhile, Orphan, UnknownHost
from maestro_tui.tui.meanwhile import told, told_orphans, told_unknown
from maestro_tui.tui.narration import describe
from maestro_tui.tui.rows import session_row
from maestro_tui.tui.screens.approval import Approval, DenySpawn
from maestro_tui.tui.screens.board import BoardScreen
from maestro_tui.tui.screens.sessions import SessionsScreen
from maestro_tui.tui.screens.stop import StoppingScreen, StopSession
from maestro_tui.tui.widgets.footer import Footer
from maestro_tui.tui.widgets.header import SpawningPaused

SIZE = (120, 40)
NOW = 1_760_000_000_000


class Machine:
    """A machine whose hosts did what the test says."""

    def __init__(self, *unknown, meanwhile=None, orphans=()):
        self.left = {orphan.session_id: orphan for orphan in orphans}
        self.found = {host.session_id: host for host in unknown}
        self.past = meanwhile or Meanwhile()
        self.asked_since = None

    async def meanwhile(self, sessions, since):
        self.asked_since = since
        return self.past

    async def unknown(self, known):
        return tuple(host for key, host in self.found.items() if key not in known)

    async def orphans(self):
        return tuple(self.left.values())

    async def stop(self, session_id):
        del (self.left if session_id in self.left else self.found)[session_id]


def rows(app):
    return [str(option.prompt) for option in app.screen.query_one("#sessions", OptionList).options]


def posts(feed):
    return [(path, body) for method, path, body in feed.sent if method == "POST"]


def shown(app, selector):
    return str(app.screen.query_one(selector, Static).render())


async def choose(pilot, session_id):
    options = pilot.app.screen.query_one("#sessions", OptionList)
    options.highlighted = [option.id for option in options.options].index(session_id)
    await pilot.pause()


async def test_where_no_session_is_shown_it_says_so(feed, make, cockpit, until):
    feed.put(make.project("proj_1"))
    app = cockpit(feed)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("v")
        await until(lambda: isinstance(app.screen, SessionsScreen))
        assert "No agent is at work" in shown(app, "#no-sessions")
        assert not app.screen.query_one("#sessions").display


async def test_the_tree_shows_who_started_whom_and_how_spawning_stands(fleet, cockpit, until):
    app = cockpit(fleet)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("v")
        await until(lambda: isinstance(app.screen, SessionsScreen) and rows(app))
        names = [row.partition("  ")[0] if "─" not in row else row[: row.index("  ", 6)] for row in rows(app)]
        tree = [
            row for row in names if any(one in row for one in ("Lead", "Pricing", "Rounding", "Currency", "lead"))
        ]
        assert tree == ["● Lead", "├─ ● Pricing", "│  └─ ● Rounding", "├─ ✗ Currency", "└─ ⚑ Second lead"]
        assert not any("Schema" in row for row in rows(app))
        await until(lambda: "7 of 32 live" in shown(app, "#policy"))
        assert "orchestrators ask" in shown(app, "#policy")
        await pilot.press("e")
        await until(lambda: any("Schema" in row for row in rows(app)))


async def test_the_details_name_the_sessions_that_one_started(fleet):
    lead = fleet.mirror.sessions["sess_4"]
    told = describe(fleet.mirror, session_row(lead, "task_1"), NOW).plain
    assert "started\n● Pricing  running" in told
    assert "✗ Currency  failed" in told


async def test_the_tree_follows_and_keeps_its_cursor(fleet, cockpit, until):
    app = cockpit(fleet)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("v")
        await until(lambda: isinstance(app.screen, SessionsScreen) and rows(app))
        await choose(pilot, "sess_6")
        fleet.put(evolve(fleet.mirror.sessions["sess_5"], status=SessionStatus.COMPLETED, name="Priced"))
        await until(lambda: any("✓ Priced" in row for row in rows(app)))
        assert app.screen.query_one("#sessions", OptionList).highlighted_option.id == "sess_6"


async def test_what_waits_longest_is_answered_first(fleet, cockpit, until):
    app = cockpit(fleet)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("w")  # the spawn has waited for ten minutes, the question for four
        await until(lambda: isinstance(app.screen, Approval))
        assert "Too much for one" in str(app.screen.query_one(".said", Static).render())
        await pilot.press("y")
        await until(lambda: isinstance(app.screen, BoardScreen))
        assert ("/api/sessions/sess_7/approve", {}) in posts(fleet)
        await pilot.press("y")
        await until(lambda: "No spawn waits for your approval" in app.said)


async def test_a_spawn_is_denied_with_a_reason(fleet, cockpit, until):
    app = cockpit(fleet)
    async with app.run_test(size=SIZE) as pilot:
        app.board.choose(("session", "task_1", "sess_7"))
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Approval))
        await pilot.press("n")
        await until(lambda: isinstance(app.screen, DenySpawn))
        await pilot.press("n", "o", "enter")
        await until(lambda: isinstance(app.screen, BoardScreen))
        assert ("/api/sessions/sess_7/deny", {"reason": "no"}) in posts(fleet)


async def test_a_session_without_children_is_stopped_after_one_question(fleet, cockpit, until):
    app = cockpit(fleet)
    async with app.run_test(size=SIZE) as pilot:
        app.board.choose(("session", "task_1", "sess_6"))
        await pilot.press("x")
        await until(lambda: isinstance(app.screen, StopSession))
        await pilot.press("n")
        await until(lambda: isinstance(app.screen, BoardScreen))
        assert posts(fleet) == []
        await pilot.press("x", "y")
        await until(lambda: isinstance(app.screen, StoppingScreen))
        assert posts(fleet) == [("/api/sessions/sess_6/stop", {})]


async def test_one_that_says_it_is_done_is_stopped_while_its_program_runs_on(fleet, cockpit, until):
    done = evolve(fleet.mirror.sessions["sess_6"], status=SessionStatus.COMPLETED, pid=4711)
    fleet.put(done)
    app = cockpit(fleet)
    async with app.run_test(size=SIZE) as pilot:
        app.board.ask_stop("sess_6")
        await until(lambda: isinstance(app.screen, StopSession))
        await pilot.press("y")
        await until(lambda: isinstance(app.screen, StoppingScreen))
        assert posts(fleet) == [("/api/sessions/sess_6/stop", {})]
        fleet.put(evolve(done, revision=done.revision + 1, exit_code=-1))
        await until(lambda: isinstance(app.screen, BoardScreen))


@pytest.mark.parametrize(("key", "stopped"), [("y", {"sess_4"}), ("a", {"sess_4", "sess_5", "sess_6", "sess_7"})])
async def test_stopping_a_parent_asks_what_becomes_of_its_children(fleet, cockpit, until, key, stopped):
    app = cockpit(fleet)
    async with app.run_test(size=SIZE) as pilot:
        app.board.choose(("session", "task_1", "sess_4"))
        await pilot.press("x")
        await until(lambda: isinstance(app.screen, StopSession))
        assert "Still at work below it: 3" in str(app.screen.query_one(".said", Static).render())
        await pilot.press(key)
        await until(lambda: isinstance(app.screen, StoppingScreen))
        assert {path.split("/")[3] for path, _ in posts(fleet)} == stopped


async def test_what_a_parent_starts_while_the_question_stands_is_stopped_too(fleet, cockpit, until):
    app = cockpit(fleet)
    async with app.run_test(size=SIZE) as pilot:
        app.board.choose(("session", "task_1", "sess_5"))
        await pilot.press("x")
        await until(lambda: isinstance(app.screen, StopSession))
        late = evolve(fleet.mirror.sessions["sess_6"], id="sess_30", name="Late")
        fleet.put(late)
        fleet.refuse = SpawnRefused("nobody", "No runner holds it", http_status=503)
        await pilot.press("a")
        await until(lambda: "No runner holds it" in str(app.screen.query_one(".problem", Static).render()))
        fleet.refuse = None
        await pilot.press("a")
        await until(lambda: isinstance(app.screen, StoppingScreen))
        assert {path.split("/")[3] for path, _ in posts(fleet)} == {"sess_5", "sess_6", "sess_30"}


async def test_without_its_server_an_agent_here_is_stopped_at_its_host(fleet, cockpit, until, terminals):
    app = cockpit(fleet, terminals=terminals)
    async with app.run_test(size=SIZE) as pilot:
        terminals.run("sess_6", "cat")
        await until(lambda: app.board.tabs.active == "sess_6")
        fleet.connect(phase="offline")
        app.board.choose(("session", "task_1", "sess_6"))
        await pilot.press("x", "y")
        await until(lambda: terminals.get("sess_6").exited is not None)
        assert (posts(fleet), list(fleet.outbox.commands)) == ([], [])


async def test_the_ladder_is_shown_until_the_end(fleet, cockpit, until):
    app = cockpit(fleet)
    async with app.run_test(size=SIZE) as pilot:
        app.board.choose(("session", "task_1", "sess_6"))
        await pilot.press("x", "y")
        await until(lambda: isinstance(app.screen, StoppingScreen))
        assert "no answer yet" in shown(app, "#ladders")
        for step, seen in (
            (None, "· HUP"),
            ("HUP", "▼ HUP 2 s"),
            ("TERM", "✓ HUP  ▼ TERM 5 s"),
            ("KILL", "▼ KILL"),
        ):
            app.board.stop_terminal("sess_6", step)
            assert seen in shown(app, "#ladders")
        await pilot.press("x")
        await until(lambda: len(posts(fleet)) == 2)
        fleet.put(evolve(fleet.mirror.sessions["sess_6"], status=SessionStatus.STOPPED))
        await until(lambda: isinstance(app.screen, BoardScreen))


async def test_a_session_that_failed_is_started_again(fleet, cockpit, until):
    app = cockpit(fleet)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("v")
        await until(lambda: isinstance(app.screen, SessionsScreen) and rows(app))
        await choose(pilot, "sess_8")
        assert "start again" in str(app.screen.query_one(Footer).render())
        await pilot.press("r")
        await until(lambda: ("/api/sessions/sess_8/restart", {"spawnSource": "ui"}) in posts(fleet))
        await until(
            lambda: any("◌ Currency" in row for row in rows(app)) and not any("✗" in row for row in rows(app))
        )


async def test_a_refused_restart_says_why_and_what_to_do(fleet, cockpit, until):
    app = cockpit(fleet)
    async with app.run_test(size=SIZE) as pilot:
        app.board.choose(("task", "", "task_1"))
        fleet.refuse = SpawnRefused(
            "restart_too_soon",
            "2 in a row ended within 10 s of running",
            http_status=429,
            suggestion="Find out why",
        )
        await pilot.press("r")
        await until(lambda: "2 in a row ended within 10 s of running → Find out why" in app.said)


async def test_all_spawns_are_paused_and_go_on(fleet, cockpit, until):
    app = cockpit(fleet)
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: app.board.spawning_paused is False)
        await pilot.press("P")
        await until(lambda: app.board.spawning_paused)
        await until(lambda: "spawns paused" in str(app.board.query_one(SpawningPaused).render()))
        await pilot.press("P")
        await until(lambda: app.board.spawning_paused is False)
        assert [path for path, _ in posts(fleet)] == ["/api/spawning/pause", "/api/spawning/resume"]


async def test_a_host_nobody_knows_is_offered(fleet, cockpit, until):
    strays = [
        UnknownHost(
            "sess_20",
            "Stray",
            "proj_1",
            ("task_3", "gone"),
            "/usr/bin/claude",
            0,
            role="worker",
            parent_session_id="sess_1",
            root_session_id="sess_1",
        ),
        UnknownHost("sess_21", "Other", "gone", (), "/bin/sh", 0, parent_session_id="sess_gone"),
    ]
    machine = Machine(*strays)
    app = cockpit(fleet, hosts=machine)
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: told_unknown(2, "v") in app.said)
        await pilot.press("v")
        await until(lambda: isinstance(app.screen, SessionsScreen) and any("Stray" in row for row in rows(app)))
        await choose(pilot, "host:sess_20")
        await pilot.press("o")
        await until(lambda: any("● Stray" in row for row in rows(app)))
        wanted = {
            "id": "sess_20",
            "status": "running",
            "projectId": "proj_1",
            "taskIds": ["task_3"],
            "name": "Stray",
            "role": "worker",
            "parentSessionId": "sess_1",
            "rootSessionId": "sess_1",
        }
        assert ("/api/sessions", wanted) in posts(fleet)
        await choose(pilot, "host:sess_21")
        await pilot.press("x", "y")
        await until(lambda: not machine.found.get("sess_21"))


async def test_what_a_dead_host_left_is_offered_to_be_stopped(fleet, cockpit, until):
    fleet.put(evolve(fleet.mirror.sessions["sess_8"], status=SessionStatus.LOST, reason="its PTY host died"))
    left = [Orphan(one, name, "/bin/sh", 42, 0) for one, name in (("sess_8", "Currency"), ("sess_99", "Nobody's"))]
    machine = Machine(orphans=left)
    app = cockpit(fleet, hosts=machine)
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: told_orphans(2, "v") in app.said)
        await pilot.press("v")
        await until(lambda: isinstance(app.screen, SessionsScreen) and any("Nobody's" in row for row in rows(app)))
        assert sum("Currency" in row for row in rows(app)) == 1
        await choose(pilot, "sess_8")
        await until(lambda: "stop what it left" in str(app.screen.query_one(Footer).render()))
        await pilot.press("x", "y")
        await until(lambda: "sess_8" not in machine.left)
        await until(lambda: fleet.mirror.sessions["sess_8"].status is SessionStatus.STOPPED)
        await until(lambda: isinstance(app.screen, SessionsScreen))
        await choose(pilot, "orphan:sess_99")
        await pilot.press("x", "y")
        await until(lambda: not machine.left)


async def test_a_start_says_once_what_went_on_meanwhile(fleet, cockpit, until, tmp_path):
    past = Meanwhile(kept=("sess_1", "sess_2", "sess_3"), finished=("sess_9",))
    state = tmp_path / "cockpit.json"
    first = Machine(meanwhile=past)
    async with cockpit(fleet, hosts=first, state=state).run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert (pilot.app.said, first.asked_since) == ([], None)  # nobody was ever away
    second = Machine(meanwhile=past)
    app = cockpit(fleet, hosts=second, state=state)
    async with app.run_test(size=SIZE):
        said = "3 agents kept working, 1 finished, 2 need you"
        await until(lambda: said in app.said)
        fleet.connect(phase="offline")
        fleet.connect(phase="online")
        await until(lambda: app.board.connection.is_online)
        assert app.said.count(said) == 1
    assert second.asked_since > 0


@pytest.mark.parametrize(
    ("meanwhile", "waiting", "said"),
    [
        (Meanwhile(), 0, ""),
        (Meanwhile(kept=("a",)), 0, "1 agent kept working"),
        (Meanwhile(kept=("a", "b", "c"), finished=("d",)), 1, "3 agents kept working, 1 finished, 1 needs you"),
        (
            Meanwhile(started=("a",), failed=("b", "c"), lost=("d",)),
            2,
            "1 agent started, 2 failed, 1 lost, 2 need you",
        ),
        (Meanwhile(stopped=("a", "b")), 0, "2 agents stopped"),
    ],
)
def test_meanwhile_in_words(meanwhile, waiting, said):
    assert told(meanwhile, waiting) == said


class SlowMachine(Machine):
    """One that answers when it is told to."""

    def __init__(self):
        super().__init__()
        self.asked, self.may_answer = asyncio.Event(), asyncio.Event()

    async def unknown(self, known):
        self.asked.set()
        await self.may_answer.wait()
        return await super().unknown(known)


async def test_an_answer_that_comes_while_the_screen_goes_is_given_up(fleet, cockpit):
    machine = SlowMachine()
    app = cockpit(fleet, hosts=machine)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("v")
        await machine.asked.wait()
        waiting = [worker for worker in app.workers if worker.node is app.screen]
        assert [worker.group for worker in waiting] == ["ask"]
        gone = app.pop_screen()
        assert all(worker.is_cancelled for worker in waiting), "its parts are taken away one after the other"
        machine.may_answer.set()
        await gone
        await pilot.pause()
        assert isinstance(app.screen, BoardScreen)


async def test_news_that_come_while_a_screen_comes_or_goes_wait_for_the_next_time(fleet, cockpit):
    app = cockpit(fleet)
    async with app.run_test(size=SIZE) as pilot:
        app.board.action_session_tree()
        app.board.apply(())
        await pilot.pause()
        assert rows(app)
        screen = app.screen
        await screen.remove_children()
        app.board.apply(())
        assert app.screen is screen
