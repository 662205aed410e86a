"""Scripted agents that follow nothing but the text of their brief carry a task to its end, in real panes."""

import re
import sys
from pathlib import Path

import pytest

from maestro_tui.config.settings import AgentProfile, Settings

FOLLOWER = Path(__file__).parent / "follower.py"
PATIENCE_SECONDS = 240


def test_the_agent_knows_no_command_by_itself():
    source = FOLLOWER.read_text()
    assert not re.search(r"maestro (?!\[)\w", source.replace("(maestro [^`\\n]+)", ""))
    for verb in ("spawn", "--status", "--until", "needs-input", "unblock", "resume", "--parent"):
        assert verb not in source, verb


@pytest.fixture
def place(place):
    """A place where every agent is one that follows its brief."""
    profile = AgentProfile(command=(sys.executable, "-S", str(FOLLOWER), "{brief_file}"), brief="none")
    place.settings = Settings(agent="follower", agents={"follower": profile})
    return place


@pytest.mark.timeout(300)
async def test_the_text_is_enough_for_the_whole_cycle(world, place):
    cockpit = await world.cockpit()
    leader = await world.spawn(role="orchestrator", name="Leader")
    watcher = await world.watcher()
    mirror = watcher.mirror

    def screens():
        """What every agent shows: how far each got with its text."""
        shown = ((one.name, cockpit.terminals.get(one.id)) for one in mirror.sessions.values())
        return "\n".join(f"--- {name}\n{live.terminal.text() if live else ''}" for name, live in shown)

    try:
        await watcher.until(lambda feed: not feed.mirror.sessions[leader].is_live, PATIENCE_SECONDS)
    except TimeoutError:
        pytest.fail(f"not within {PATIENCE_SECONDS} s; the screens:\n{screens()}")
    assert mirror.sessions[leader].status == "completed", screens()
    assert {task.title: task.status for task in mirror.tasks.values()} == {
        "Build the endpoint": "completed",
        "Old address": "completed",
        "Confirmation mail": "completed",
    }
    workers = [one for one in mirror.sessions.values() if one.parent_session_id == leader]
    assert {one.name: one.status for one in workers} == {"Old address": "stopped", "Confirmation mail": "stopped"}
    said = {one.name: [entry.message for entry in one.timeline if entry.type == "progress"] for one in workers}
    assert said == {
        "Old address": ["step 1 is done", "step 2 is done"],
        "Confirmation mail": ["step 1 is done", "step 2 is done", "done as well: the subject is missing"],
    }
