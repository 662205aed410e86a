"""Cockpits killed at any moment: every spawn ends in exactly one agent."""

import asyncio
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from maestro_tui.ptyhost import records, registry

COCKPIT = """
import asyncio, json, sys
from pathlib import Path
from maestro_tui.client.feed import Feed
from maestro_tui.config.settings import Settings
from maestro_tui.paths import Home
from maestro_tui.runner.runner import Runner, runner_id_for
from maestro_tui.runner.terminals import Terminals

async def main(spec):
    root = Path(spec["home"])
    home = Home(root, data=root / "data", sessions=root / "sessions", skill_library=root / "none")
    settings = Settings.model_validate_json(spec["settings"])
    name = runner_id_for(home)
    async with Feed(spec["url"], spec["token"], runner_id=name) as feed:
        await Runner(feed, home, settings, Terminals(), runner_id=name, environ=spec["environ"]).run()

asyncio.run(main(json.loads(sys.argv[1])))
"""


def start_cockpit(world, place) -> subprocess.Popen:
    spec = {
        "home": str(place.home.root),
        "settings": place.settings.model_dump_json(by_alias=True),
        "url": world.info.url,
        "token": world.info.token,
        "environ": place.environ,
    }
    return subprocess.Popen([sys.executable, "-c", COCKPIT, json.dumps(spec)], cwd=Path.cwd())


@pytest.mark.faults
async def test_killed_cockpits_lose_no_agent_and_start_none_twice(world, place):
    chance = random.Random(7)
    place.script('echo "$MAESTRO_SESSION_ID" >> $HOME/starts; while :; do read line; done')
    ids = []
    for _ in range(6):
        cockpit = start_cockpit(world, place)
        ids += [await world.spawn(agent="script") for _ in range(2)]
        await asyncio.sleep(chance.uniform(0.5, 1.2))  # the moment of death is what is varied here
        cockpit.kill()
        cockpit.wait()
    alive = [name for name in ids if registry.fate(place.home.session(name)) is registry.Fate.RUNNING]
    pids = {name: records.read_run(place.home.session(name)).agent.pid for name in alive}

    last = await world.cockpit()
    for session_id in ids:
        await asyncio.wait_for(world.until_status(session_id, "running"), 40)
        await world.eventually(lambda name=session_id: last.terminals.get(name) is not None)
    starts = (place.root / "starts").read_text().split()
    assert sorted(starts) == sorted(ids)
    for name, pid in pids.items():
        assert records.read_run(place.home.session(name)).agent.pid == pid
    print(f"{len(ids)} spawns, 6 cockpits killed, {len(alive)} agents lived through it, {len(starts)} starts")
