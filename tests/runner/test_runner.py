"""From the request to the agent and back, with nothing replaced but the agent."""

import json
import os
import shutil
import signal

import pytest

from maestro_tui.config.settings import AgentProfile, Settings
from maestro_tui.ptyhost import frames, records, registry
from maestro_tui.runner.holding import HOLD_MS
from maestro_tui.runner.launch import LaunchFailed
from maestro_tui.runner.news import Closed, Exited, Opened


async def test_a_spawn_becomes_a_running_agent_and_its_exit_a_completed_session(world, place):
    cockpit = await world.cockpit()
    session_id = await world.spawn(skill="maestro-worker")
    session = await world.until_status(session_id, "running")
    await world.eventually(place.record.exists)
    live = cockpit.terminals.get(session_id)
    await world.eventually(lambda: "agent is up" in live.terminal.text())
    assert session.agent == "stand-in"
    assert session.cwd == str(place.work)
    assert session.pid == records.read_run(place.home.session(session_id)).agent.pid
    assert session.hostname
    assert session.lease.runner_id.startswith("run_")
    live.send(b"0\n")
    session = await world.until_status(session_id, "completed")
    assert session.exit_code == 0
    assert "agent is up" in session.output_tail
    assert live.exited == "exit status 0"
    assert [type(news) for news in cockpit.news if isinstance(news, Opened | Exited)] == [Opened, Exited]


async def test_the_agent_is_told_everything_and_nothing_of_the_outer_terminal(world, place):
    await world.cockpit()
    session_id = await world.spawn(env={"ASKED_FOR": "1"}, skill="maestro-worker")
    await world.eventually(place.record.exists)
    recorded, session = place.recorded(), await world.session(session_id)
    env = recorded["env"]
    program, *words = recorded["argv"]
    brief = (place.home.session(session_id) / "brief.md").read_text()
    assert program == str(place.tools / "stand-in")
    assert words == ["--now", brief]
    assert recorded["cwd"] == env["PWD"] == str(place.work)
    assert env["MAESTRO_SESSION_ID"] == session_id
    assert env["MAESTRO_PROJECT_ID"] == session.project_id
    assert env["MAESTRO_TASK_IDS"] == session.task_ids[0]
    assert env["MAESTRO_TASK_TITLE"] == "Build the endpoint"
    assert env["MAESTRO_SKILL"] == session.skill_ids[0]
    assert env["MAESTRO_API_URL"] == f"{world.info.url}/~{env['MAESTRO_TOKEN']}"
    assert env["MAESTRO_TOKEN"].startswith(f"mst_{session_id}.")
    assert env["MAESTRO_MANIFEST_PATH"] == session.manifest_path
    assert (env["TERM"], env["COLORTERM"], env["TERM_PROGRAM"]) == ("xterm-256color", "truecolor", "maestro")
    assert (env["ASKED_FOR"], env["FROM_PROFILE"]) == ("1", "yes")
    assert env["SECRET"]
    assert not {"TMUX", "KITTY_PID", "COLUMNS", "LINES"} & env.keys()
    assert env["PATH"].split(":")[0] == str(place.home.bin)
    assert (place.home.bin / "maestro").stat().st_mode & 0o777 == 0o700


async def test_a_failing_agent_fails_its_session_with_its_last_words(world, place):
    await world.cockpit()
    place.script("echo 'cannot reach the model'; exit 3")
    session = await world.until_status(await world.spawn(agent="script"), "failed")
    assert session.exit_code == 3
    assert session.reason == "exit status 3"
    assert "cannot reach the model" in session.output_tail


@pytest.mark.attack(90)
async def test_an_agent_that_is_not_installed_is_named(world):
    await world.cockpit()
    session = await world.until_status(await world.spawn(agent="absent"), "failed")
    assert "no-such-program-here" in session.reason
    assert "--agent" in session.reason


@pytest.mark.attack(34)
async def test_a_missing_directory_is_named(world, place):
    await world.cockpit()
    session = await world.until_status(await world.spawn(cwd=str(place.root / "gone")), "failed")
    assert str(place.root / "gone") in session.reason


@pytest.mark.attack(34)
async def test_a_relative_directory_in_a_document_written_by_hand_is_named(world):
    """A request with one is refused; an older document may still have it."""
    cockpit = await world.cockpit()
    session = await world.until_status(await world.spawn(), "running")
    by_hand = session.model_copy(update={"cwd": "src"})
    with pytest.raises(LaunchFailed, match="src is not an absolute path"):
        await cockpit.runner._launcher.launch(by_hand, api_url="", token="", task_title="")


def another(place, session, **changes):
    """A session like one that was spawned, with a brief of its own."""
    other = session.model_copy(update={"id": "sess_another", **changes})
    directory = place.home.session(other.id)
    directory.mkdir(mode=0o700)
    shutil.copy(place.home.session(session.id) / "brief.md", directory)
    return other


@pytest.mark.parametrize(("cwd", "where"), [("~", ""), ("~/work", "work"), ("", "")])
async def test_a_directory_that_starts_at_home_starts_at_the_agents_home(world, place, cwd, where):
    cockpit = await world.cockpit()
    session = await world.until_status(await world.spawn(agent="script"), "running")
    elsewhere = another(place, session, cwd=cwd, agent="stand-in")
    await cockpit.runner._launcher.launch(elsewhere, api_url="", token="", task_title="")
    await world.eventually(place.record.exists)
    assert place.recorded()["cwd"] == str(place.root / where)


async def test_a_host_that_starts_as_its_runner_leaves_is_no_child_that_is_waited_for(world, place):
    cockpit = await world.cockpit()
    session = await world.until_status(await world.spawn(), "running")
    late, launcher = another(place, session), cockpit.runner._launcher
    launcher.let_go()
    await launcher.launch(late, api_url="", token="")
    assert registry.fate(place.home.session(late.id)) is registry.Fate.RUNNING
    assert launcher._hosts == []


async def test_one_id_leads_through_a_runners_work_and_the_servers_logs(world, place):
    await world.cockpit()
    session_id = await world.spawn()
    await world.until_status(session_id, "running")

    def lines():
        written = map(json.loads, (place.home.logs / "audit.jsonl").read_text().splitlines())
        return {one["message"]: one for one in written if one.get("documents") == session_id}

    claim, report = "POST /api/sessions/{session_id}/claim", "PATCH /api/sessions/{session_id}"
    await world.eventually(lambda: {claim, report} <= set(lines()))
    assert lines()[claim]["requestId"] == lines()[report]["requestId"]
    assert lines()[claim]["actor"] == "owner"


async def test_output_that_is_lost_is_reported(world):
    cockpit = await world.cockpit()
    session_id = await world.spawn()
    await world.until_status(session_id, "running")
    live = cockpit.terminals.get(session_id)
    await live.caught_up.wait()
    [gap] = frames.Decoder().feed(frames.gap(1_000, 2_000))
    live._take(gap)  # as a host says it whose log does not reach back

    await world.eventually(lambda: cockpit.feed.mirror.sessions[session_id].events)
    [event] = (await world.session(session_id)).events
    assert (event.type, event.data) == ("output_gap", {"start": 1_000, "end": 2_000})


async def test_sessions_requested_before_the_runner_came_are_started(world):
    session_id = await world.spawn()
    await world.cockpit()
    await world.until_status(session_id, "running")


async def test_what_a_person_is_asked_about_starts_when_they_say_so(world, place):
    (place.work / ".maestro").mkdir(parents=True)
    (place.work / ".maestro" / "config.toml").write_text('[spawn.roles]\nworker = "ask"\n')
    await world.cockpit()
    asked = await world.spawn(spawnSource="session")
    await world.until_status(await world.spawn(spawnSource="ui"), "running")
    waiting = await world.session(asked)
    assert (waiting.status, waiting.awaits_approval, waiting.fence) == ("spawning", True, 0)
    await (await world.watcher()).api.approve_session(asked)
    await world.until_status(asked, "running")


async def test_two_runners_start_every_session_once(world, place):
    one, two = await world.cockpit("run_one"), await world.cockpit("run_two")
    place.script('echo "$MAESTRO_SESSION_ID" >> $HOME/starts; read line')
    ids = [await world.spawn(agent="script") for _ in range(6)]
    for session_id in ids:
        await world.until_status(session_id, "running")
    await world.eventually(lambda: (place.root / "starts").read_text().count("\n") >= 6)
    assert sorted((place.root / "starts").read_text().split()) == sorted(ids)
    assert {one.terminals.get(name) is not None or two.terminals.get(name) is not None for name in ids} == {True}


async def test_a_stopped_session_says_so(world, place):
    cockpit = await world.cockpit()
    session_id = await world.spawn()
    await world.until_status(session_id, "running")
    cockpit.terminals.get(session_id).stop()
    session = await world.until_status(session_id, "stopped")
    assert session.reason == "stopped"
    assert session.exit_code == -signal.SIGHUP


async def test_the_terminal_of_a_session_is_let_go_when_the_session_is_deleted(world, place):
    cockpit = await world.cockpit()
    kept, deleted = await world.spawn(), await world.spawn()
    for session_id in (kept, deleted):
        await world.until_status(session_id, "running")
        cockpit.terminals.get(session_id).send(b"0\n")
        await world.until_status(session_id, "completed")
    await cockpit.feed.api.request("DELETE", f"/api/sessions/{deleted}")
    await world.eventually(lambda: cockpit.terminals.session_ids == (kept,))
    assert Closed(deleted) in cockpit.news


async def test_agents_outlive_the_cockpit_and_the_next_one_adopts_them(world, place):
    first = await world.cockpit()
    place.script("echo before; read line; echo after $line; read line")
    session_id = await world.spawn(agent="script")
    await world.until_status(session_id, "running")
    live = first.terminals.get(session_id)
    await world.eventually(lambda: "before" in live.terminal.text())
    pid = records.read_run(place.home.session(session_id)).agent.pid
    await first.close()
    world.cockpits.remove(first)

    second = await world.cockpit()
    await world.eventually(lambda: second.terminals.get(session_id) is not None)
    live = second.terminals.get(session_id)
    await world.eventually(lambda: "before" in live.terminal.text())
    live.send(b"again\n")
    await world.eventually(lambda: "after again" in live.terminal.text())
    assert (await world.session(session_id)).pid == pid
    live.send(b"\n")
    assert (await world.until_status(session_id, "completed")).exit_code == 0


async def test_what_ended_while_nobody_watched_is_reported(world, place):
    first = await world.cockpit()
    place.script("echo working; while [ ! -e $HOME/go ]; do sleep 0.02; done; echo all done; exit 4")
    session_id = await world.spawn(agent="script")
    await world.until_status(session_id, "running")
    await first.close()
    world.cockpits.remove(first)
    (place.root / "go").touch()
    directory = place.home.session(session_id)
    await world.eventually(lambda: registry.fate(directory) is registry.Fate.ENDED)

    second = await world.cockpit()
    session = await world.until_status(session_id, "failed")
    assert session.exit_code == 4
    assert session.output_tail.split() == ["working", "all", "done"]
    assert "all done" in second.terminals.get(session_id).terminal.text()


@pytest.mark.attack(93)
@pytest.mark.parametrize(
    ("at_hangup", "told"),
    [("sleep 0.1; exit", "its PTY host and its agent are gone"), ("", "its PTY host died; its agent")],
    ids=["that its agent leaves", "that its agent ignores"],
)
async def test_a_killed_host_makes_the_session_lost(world, place, at_hangup, told):
    cockpit = await world.cockpit()
    place.script(f"trap '{at_hangup}' HUP; echo up; while :; do sleep 0.02; done")
    session_id = await world.spawn(agent="script")
    await world.until_status(session_id, "running")
    await world.eventually(lambda: "up" in cockpit.terminals.get(session_id).terminal.text())
    run = records.read_run(place.home.session(session_id))
    os.kill(run.host.pid, signal.SIGKILL)
    session = await world.until_status(session_id, "lost")
    assert session.reason.startswith(told)
    assert run.agent.is_alive == (not at_hangup)


@pytest.mark.attack(93)
async def test_one_that_had_said_it_is_done_keeps_that_when_its_host_is_killed_and_has_no_program_any_more(
    world, place
):
    await world.cockpit()
    session_id = await world.spawn()
    await world.until_status(session_id, "running")
    watcher = await world.watcher()
    await watcher.api.request("PATCH", f"/api/sessions/{session_id}", {"status": "completed"})
    await place.kill(records.read_run(place.home.session(session_id)))
    await watcher.until(lambda feed: not feed.mirror.sessions[session_id].has_program, 55)
    session = watcher.mirror.sessions[session_id]
    assert (session.status, session.pid) == ("completed", None)


async def test_a_status_the_agent_reported_itself_stays(world):
    cockpit = await world.cockpit()
    session_id = await world.spawn()
    await world.until_status(session_id, "running")
    api = (await world.watcher()).api
    await api.request("PATCH", f"/api/sessions/{session_id}", {"status": "completed"})
    live = cockpit.terminals.get(session_id)
    await world.eventually(lambda: "agent is up" in live.terminal.text())
    live.send(b"130\n")
    await world.eventually(lambda: live.exited is not None)
    watcher = await world.watcher()
    await watcher.until(lambda feed: feed.mirror.sessions[session_id].exit_code == 130)
    assert watcher.mirror.sessions[session_id].status == "completed"


async def test_a_brief_can_be_typed(world, place):
    place.install("typist", "#!/bin/sh\nprintf 'ready> '\nhead -n 1 > $HOME/typed\nread rest\n")
    settings = Settings(agents={"stand-in": AgentProfile(command=("typist",), brief="stdin")})
    await world.cockpit(settings=settings)
    session_id = await world.spawn()
    await world.eventually(lambda: (place.root / "typed").exists() and (place.root / "typed").read_text())
    brief = (place.home.session(session_id) / "brief.md").read_text()
    assert (place.root / "typed").read_text().strip() == brief.splitlines()[0].strip()


async def test_a_missing_brief_fails_the_session(world, place):
    session_id = await world.spawn()
    (place.home.session(session_id) / "brief.md").unlink()
    await world.cockpit()
    assert "brief.md" in (await world.until_status(session_id, "failed")).reason


async def test_the_bundled_command_works_in_a_pane(world, place):
    await world.cockpit()
    place.script(
        'maestro --json whoami > $HOME/whoami; maestro update "routes are in place"; echo $? > $HOME/status'
    )
    session_id = await world.spawn(agent="script")
    await world.eventually((place.root / "status").exists)
    session = await world.until_status(session_id, "completed")
    assert (place.root / "status").read_text().strip() == "0"
    assert session_id in (place.root / "whoami").read_text()
    assert "routes are in place" in [entry.message for entry in session.timeline]


async def test_a_session_that_is_looked_at_again_and_again_stays_held_for_long(world, place, monkeypatch):
    """A renewal that comes while its session is looked at must not make the lease shorter."""
    monkeypatch.setattr("maestro_tui.runner.holding.RENEW_SECONDS", 0.001)
    cockpit = await world.cockpit()
    asked, renew = [], cockpit.feed.api.renew

    async def recording(session_id, runner_id, fence, lease_ms):
        asked.append(lease_ms)
        return await renew(session_id, runner_id, fence, lease_ms)

    session_id = await world.spawn()
    await world.until_status(session_id, "running")
    await world.eventually(lambda: session_id in cockpit.terminals.session_ids)
    monkeypatch.setattr(cockpit.feed.api, "renew", recording)
    for number in range(30):
        before = len(asked)
        await cockpit.feed.api.request("PATCH", f"/api/sessions/{session_id}", {"name": f"name {number}"})
        await world.eventually(lambda before=before: len(asked) > before)
    assert set(asked[2:]) == {HOLD_MS}
