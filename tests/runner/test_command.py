"""The `maestro` command, as a process of its own, against sessions that really run."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORK = r"""
stty -echo
printf '\033[1mready\033[0m\n10%%\r100%%\n'
while read -r line; do
  [ "$line" = bye ] && exit 0
  echo "got <$line>"
done
"""


class Outcome:
    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err


@pytest.fixture
def maestro(world, tmp_path):
    """Run the command as the owner would: await maestro("session", "list")."""
    environ = {
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "MAESTRO_API_URL": world.info.url,
        "MAESTRO_TOKEN": world.info.token,
        "MAESTRO_RETRIES": "0",
    }

    async def run(*argv, once_it_says=None):
        pipe = asyncio.subprocess.PIPE
        program = (sys.executable, "-m", "maestro_tui.cli", *argv)
        process = await asyncio.create_subprocess_exec(*program, env=environ, stdout=pipe, stderr=pipe)
        if once_it_says is not None:
            said = await process.stderr.readline()
            once_it_says.set_result(said.decode())
        out, err = await process.communicate()
        return Outcome(process.returncode, out, err.decode())

    return run


@pytest.fixture
async def session_id(world, place):
    cockpit = await world.cockpit()
    place.script(WORK)
    session_id = await world.spawn(agent="script")
    await world.until_status(session_id, "running")
    live = cockpit.terminals.get(session_id)
    await world.eventually(lambda: "100%" in live.terminal.text())
    return session_id


async def test_send_logs_and_wait(world, maestro, session_id):
    following = asyncio.create_task(maestro("session", "logs", session_id, "--follow"))
    assert (await maestro("session", "send", session_id, "hello")).code == 0
    waiting = asyncio.create_task(maestro("session", "wait", session_id, "--timeout", "20"))
    assert (await maestro("session", "send", session_id, "bye")).code == 0  # taken, though it was the last word
    assert (await waiting).out.split() == [session_id.encode(), b"completed"]
    text = "ready\n100%\ngot <hello>\n"
    assert (await following).out.decode() == text
    assert (await maestro("session", "logs", session_id)).out.decode() == text
    assert (await maestro("session", "logs", session_id, "--tail", "1")).out == b"got <hello>\n"
    raw = (await maestro("session", "logs", session_id, "--raw")).out
    assert raw == b"\x1b[1mready\x1b[0m\r\n10%\r100%\r\ngot <hello>\r\n"
    since = json.loads((await maestro("session", "logs", session_id, "--since", "25", "--json")).out)["data"]
    assert since == {"text": "got <hello>\n", "start": 25, "end": len(raw)}


async def test_stop_and_watch(world, maestro, session_id):
    said = asyncio.get_running_loop().create_future()
    watching = asyncio.create_task(maestro("session", "watch", session_id, once_it_says=said))
    assert (await said).startswith("watching")
    stopped = await maestro("session", "stop", session_id, "--reason", "enough", "--json")
    assert json.loads(stopped.out)["data"]["delivered"] is True
    assert (await maestro("session", "wait", session_id)).out.split() == [session_id.encode(), b"stopped"]
    seen = (await watching).out.decode()
    assert "asked for by the owner: enough" in seen
    assert "stopped" in seen.splitlines()[-1]
    again = await maestro("session", "stop", session_id)
    assert again.code == 6
    assert "is stopped" in again.err


async def test_a_session_that_nobody_holds_says_how_to_go_on(world, maestro, session_id):
    held = await world.session(session_id)
    await world.cockpits.pop().close()
    await (await world.watcher()).api.release(session_id, held.lease.runner_id, held.fence)
    refused = await maestro("session", "send", session_id, "hello")
    assert refused.code == 3
    assert "maestro-tui" in refused.err


async def test_a_session_whose_lease_is_lost_is_taken_again_at_once(world, maestro, session_id):
    held = await world.session(session_id)
    await (await world.watcher()).api.release(session_id, held.lease.runner_id, held.fence)
    assert (await maestro("session", "send", session_id, "hello")).code == 0
    assert (await world.session(session_id)).lease.runner_id == held.lease.runner_id


async def test_the_logs_of_several_stand_one_after_the_other(world, maestro, session_id):
    other = await world.spawn(agent="script", name="Second")
    await world.until_status(other, "running")
    live = world.cockpits[0].terminals.get(other)
    await world.eventually(lambda: "100%" in live.terminal.text())
    both = await maestro("session", "logs", session_id, other, "--tail", "1")
    assert both.out.decode().splitlines() == [
        f"== API Worker {session_id} running ==",
        "100%",
        "",
        f"== Second {other} running ==",
        "100%",
    ]
    told = json.loads((await maestro("session", "logs", f"{session_id},{other}", "--json")).out)["data"]
    assert [(one["sessionId"], one["text"]) for one in told] == [
        (session_id, "ready\n100%\n"),
        (other, "ready\n100%\n"),
    ]
    refused = await maestro("session", "logs", session_id, other, "--follow")
    assert (refused.code, "for one session" in refused.err) == (1, True)
