"""What an agent is seen to do, from its terminal and its processes to the session that everybody reads."""

import asyncio

import pytest

from maestro_tui.domain.status import ActivityState, EvidenceSource
from maestro_tui.ptyhost.processes import cpu_ticks
from maestro_tui.runner import activity
from maestro_tui.runner.activity import BUSY_TICKS, PROCESSES_MS, QUIET_BEFORE_PROCESSES_MS, ActivityWatch

TELLING = r"""
stty -echo; echo ready
while read -r what; do case $what in
    bell) sleep 1.2; printf '\007';;
    notification) printf '\033]9;look here\007';;
    progress) printf '\033]9;4;1;42\007';;
    prompt) printf '\033]133;A\007';;
    status) printf '\033]7501;state=blocked;kind=permission\007';;
    title) printf '\033]2;thinking\007';;
esac; done
"""
"""Tells its terminal what it is told to. What rings within a second of a key only answers the key."""


@pytest.fixture
def agent(world, place):
    """agent(script): its session, as the server has it, and the cockpit that runs it."""

    async def begin(script):
        cockpit = await world.cockpit()
        place.script(script)
        session_id = await world.spawn(agent="script")
        await world.until_status(session_id, "running")
        live = cockpit.terminals.get(session_id)
        await world.eventually(lambda: "ready" in live.terminal.text())
        return session_id, live, cockpit

    return begin


async def test_all_that_a_program_tells_its_terminal_is_evidence(world, agent):
    session_id, live, cockpit = await agent(TELLING)

    def sources():
        return {one.source.value for one in cockpit.runner.activity.evidence(session_id)}

    for told in ("notification", "progress", "prompt", "bell"):
        assert told not in sources()
        live.send(told.encode() + b"\n")
        await world.eventually(lambda told=told: told in sources(), what=told)
    live.send(b"title\n")
    await world.eventually(lambda: live.title == "42% thinking")
    cockpit.terminals.close(session_id)
    assert sources() == set(), "nothing is kept of a terminal that is gone"


async def test_a_question_by_notification_stands_after_the_cockpit_has_started_again(world, agent, monkeypatch):
    monkeypatch.setattr(activity, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(activity, "UNSURE_MS", 0)
    session_id, live, first = await agent(TELLING)
    live.send(b"notification\n")
    watcher = await world.watcher()

    def waits(feed):
        known = feed.mirror.sessions[session_id].activity
        return known is not None and known.state is ActivityState.WAITING

    await watcher.until(waits, 30)
    world.cockpits.remove(first)
    await first.close()
    second = await world.cockpit()

    def sources():
        return {one.source for one in second.runner.activity.evidence(session_id)}

    await world.eventually(lambda: EvidenceSource.NOTIFICATION in sources(), what="what the first one had seen")
    assert (await world.session(session_id)).needs_person


class Clock:
    """Stands still until it is set on."""

    def __init__(self):
        self.now = 1_000_000

    def __call__(self):
        return self.now


async def test_a_silent_agent_works_while_its_processes_compute(world, agent, monkeypatch):
    monkeypatch.setattr(activity, "LOOK_SECONDS", 0.01)
    session_id, live, cockpit = await agent("stty -echo; echo ready; read go; echo going; while :; do :; done")
    await world.eventually(lambda: cockpit.feed.mirror.sessions[session_id].pid)
    session, clock, looks = cockpit.feed.mirror.sessions[session_id], Clock(), []
    watch = ActivityWatch(cockpit.feed, cockpit.terminals, world.place.settings, lambda _: None, clock)
    look = activity.cpu_ticks
    monkeypatch.setattr(activity, "cpu_ticks", lambda pid: looks.append(pid) or look(pid))
    cockpit.terminals.subscribe(watch.on_news)
    live.send(b"\n")
    watching = asyncio.create_task(watch.run())

    def processes():
        return [one for one in watch.evidence(session_id) if one.source is EvidenceSource.PROCESS]

    try:
        await world.eventually(lambda: "going" in live.terminal.text() and watch.evidence(session_id))
        assert not looks, "one that has just written is no riddle"
        clock.now += QUIET_BEFORE_PROCESSES_MS
        await world.eventually(lambda: looks)
        begun = cpu_ticks(session.pid)
        await world.eventually(lambda: cpu_ticks(session.pid) - begun > BUSY_TICKS, seconds=60)
        assert len(looks) == 1, "not again before its time"
        assert not processes(), "one look compares with nothing"
        clock.now += PROCESSES_MS
        await world.eventually(processes)
        assert processes()[0].state.value == "working"
    finally:
        watching.cancel()
