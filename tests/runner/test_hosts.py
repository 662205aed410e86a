"""What the records of this machine's hosts say of the time nobody looked, and of hosts nobody knows."""

import shutil
import time

from maestro_tui.ptyhost import records, registry
from maestro_tui.runner.hosts import Hosts, Meanwhile
from maestro_tui.runner.news import Exited, Stopping

ENDS_WHEN_TOLD = (
    'while [ ! -e "$HOME/$MAESTRO_SESSION_ID" ]; do sleep 0.05; done; exit $(cat "$HOME/$MAESTRO_SESSION_ID")'
)


def now():
    return time.time_ns() // 1_000_000


async def end(world, place, session_id, code):
    (place.root / session_id).write_text(str(code))
    await world.eventually(lambda: registry.fate(place.home.session(session_id)) is registry.Fate.ENDED)


async def test_what_went_on_meanwhile_is_what_the_records_say(world, place):
    hosts = Hosts(place.home)
    place.script(ENDS_WHEN_TOLD)
    cockpit = await world.cockpit()
    earlier = await world.spawn(agent="script", name="earlier")
    await world.until_status(earlier, "running")
    await end(world, place, earlier, 0)
    kept, done, broken, stopped = [await world.spawn(agent="script", name=name) for name in "abcd"]
    for session_id in (kept, done, broken, stopped):
        await world.until_status(session_id, "running")
    left_at = now() + 1
    await world.eventually(lambda: now() > left_at)
    late = await world.spawn(agent="script", name="late")
    await world.until_status(late, "running")
    await cockpit.close()
    world.cockpits.remove(cockpit)
    await end(world, place, done, 0)
    await end(world, place, broken, 3)
    await hosts.stop(stopped)
    sessions = (await world.watcher()).mirror.sessions  # the server still takes them for running
    assert await hosts.meanwhile(sessions.values(), left_at) == Meanwhile(
        kept=(kept,), started=(late,), finished=(done,), failed=(broken,), stopped=(stopped,)
    )


async def test_each_step_of_an_end_is_told(world, place):
    place.script("trap '' HUP TERM; echo up; while :; do sleep 0.1; done")
    cockpit = await world.cockpit()
    session_id = await world.spawn(agent="script")
    await world.until_status(session_id, "running")
    live = cockpit.terminals.get(session_id)
    await world.eventually(lambda: "up" in live.terminal.text())
    for step in ("HUP", "TERM", "KILL"):
        live.stop()  # each time the next step at once
        told = Stopping(session_id, step)
        await world.eventually(lambda wanted=told: wanted in cockpit.news)
    await world.until_status(session_id, "stopped")
    steps = [news.step for news in cockpit.news if isinstance(news, Stopping)]
    assert steps[-3:] == ["HUP", "TERM", "KILL"]
    assert isinstance(cockpit.news[-1], Exited)


async def test_a_host_nobody_knows_is_adopted_or_stopped(world, place):
    hosts = Hosts(place.home)
    place.script(ENDS_WHEN_TOLD)
    cockpit = await world.cockpit()
    ids = [await world.spawn(agent="script", name=name) for name in ("Stray", "Other")]
    for session_id in ids:
        await world.until_status(session_id, "running")
    await cockpit.close()
    world.cockpits.remove(cockpit)
    watcher = await world.watcher()
    assert await hosts.unknown(watcher.mirror.sessions) == ()
    for session_id in ids:
        held = watcher.mirror.sessions[session_id]
        await watcher.api.release(session_id, held.lease.runner_id, held.fence)
        await watcher.api.request("DELETE", f"/api/sessions/{session_id}")
    await watcher.caught_up()
    found = {host.session_id: host for host in await hosts.unknown(watcher.mirror.sessions)}
    assert set(found) == set(ids)
    stray = found[ids[0]]
    run = records.read_run(place.home.session(ids[0]))
    known = (stray.session_id, stray.name, stray.program, stray.started_at, stray.role, stray.agent)
    assert known == (ids[0], "Stray", "/bin/sh", run.started_at, "worker", "script")
    assert await hosts.orphans() == ()

    body = {"id": stray.session_id, "projectId": stray.project_id, "taskIds": stray.task_ids}
    await watcher.api.request("POST", "/api/sessions", body | stray.fields() | {"status": "running"})
    adopter = await world.cockpit()
    await world.eventually(lambda: adopter.terminals.get(ids[0]) is not None)
    await end(world, place, ids[0], 0)
    await world.until_status(ids[0], "completed")

    await hosts.stop(ids[1])
    assert await hosts.unknown(watcher.mirror.sessions) == ()
    assert records.read_exit(place.home.session(ids[1])).stopped_by == "user"
    await hosts.stop(ids[1])  # gone already


async def test_a_host_keeps_what_its_session_is_even_without_its_directory(world, place):
    hosts = Hosts(place.home, place.environ)
    place.script("while read -r line; do echo got $line; done")
    cockpit = await world.cockpit()
    above = await world.spawn(agent="script", name="Above")
    below = await world.spawn(agent="script", name="Below", parentSessionId=above, role="orchestrator")
    for session_id in (above, below):
        await world.until_status(session_id, "running")
    before = records.read_run(place.home.session(below))
    await cockpit.close()
    world.cockpits.remove(cockpit)
    for session_id in (above, below):
        shutil.rmtree(place.home.session(session_id))
    watcher = await world.watcher()
    held = watcher.mirror.sessions[below]
    await watcher.api.release(below, held.lease.runner_id, held.fence)
    await watcher.api.request("DELETE", f"/api/sessions/{below}")
    await watcher.caught_up()

    (stray,) = await hosts.unknown(watcher.mirror.sessions)
    assert records.read_run(place.home.session(below)) == before
    said = {"name": "Below", "role": "orchestrator", "parentSessionId": above, "rootSessionId": above}
    assert said.items() <= stray.fields().items()
    body = {"id": below, "projectId": stray.project_id, "taskIds": stray.task_ids, "status": "running"}
    again = await watcher.api.request("POST", "/api/sessions", body | stray.fields())
    assert (again["parentSessionId"], again["rootSessionId"], again["depth"]) == (above, above, 1)

    adopter = await world.cockpit()
    for session_id in (above, below):
        await world.eventually(lambda one=session_id: adopter.terminals.get(one) is not None)
        await adopter.terminals.get(session_id).deliver(b"hello\n")
        live = adopter.terminals.get(session_id)
        await world.eventually(lambda one=live: "got hello" in one.terminal.text())
