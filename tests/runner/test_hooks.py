"""Hooks and activity, with stand-ins that do what the real agents do: hooks, titles, notifications, exit codes."""

import asyncio
import contextlib
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from maestro_tui.config.agents import BUILT_IN_AGENTS
from maestro_tui.config.settings import AgentProfile, Settings
from maestro_tui.domain.errors import MaestroError
from maestro_tui.domain.requests.spawning import RestartSession
from maestro_tui.runner.hooks import NO_HOOKS, install_hooks
from maestro_tui.runner.versions import Versions, version_numbers

STAND_IN = (Path(__file__).parent / "stand_in.py").read_text()
MAESTRO = Path("/home/of some/bin/maestro")


@pytest.fixture
def stage(place):
    """A place where every agent is a stand-in."""
    for name in ("claude", "codex", "gemini", "aider"):
        place.install(name, STAND_IN.replace("/usr/bin/env python3", f"{sys.executable} -IS", 1))
    place.settings = Settings()
    return place


async def until(world, session_id, condition, what):
    watcher = await world.watcher()
    try:
        await watcher.until(lambda feed: condition(feed.mirror.sessions[session_id]), 30)
    except TimeoutError:
        session = watcher.mirror.sessions[session_id]
        raise AssertionError(f"not {what}: {session.activity} {session.evidence}") from None
    return watcher.mirror.sessions[session_id]


def does(state, need=None):
    def fits(session):
        known = session.known_activity
        return known is not None and (known.state, known.need) == (state, need)

    return fits


async def resumed(feed, session_id, body):
    with contextlib.suppress(MaestroError):
        return await feed.api.request("POST", f"/api/sessions/{session_id}/restart", body)


async def start(world, stage, name):
    cockpit = await world.cockpit(settings=stage.settings)
    session_id = await world.spawn(agent=name)
    await world.until_status(session_id, "running")
    await world.eventually(stage.record.exists, seconds=30)
    await world.eventually(lambda: cockpit.terminals.get(session_id), seconds=30)
    live = cockpit.terminals.get(session_id)
    await world.eventually(lambda: "agent is up" in live.terminal.text(), seconds=30)
    return cockpit, session_id, live


async def test_claude_tells_each_turn_of_a_session_and_its_conversation_is_resumed(world, stage):
    _, session_id, live = await start(world, stage, "claude")
    recorded = stage.recorded()
    words = recorded["argv"]
    settings = Path(words[words.index("--settings") + 1])
    assert settings.parent == stage.home.session(session_id)
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
    session = await until(world, session_id, does("working"), "working")
    assert session.conversation_id == words[words.index("--session-id") + 1]
    assert {one.source for one in session.activity.evidence} >= {"hook", "title"}

    live.send(b"permission\n")
    session = await until(world, session_id, does("waiting", "permission"), "waiting for permission")
    assert session.needs_person
    assert session.question == "wants to use Bash: npm test"
    assert session.activity.because.endswith("(hook)"), "no age: it is kept for as long as it holds"

    live.send(b"prompt\n")
    assert not (await until(world, session_id, does("working"), "working again")).needs_person
    live.send(b"question\n")
    session = await until(world, session_id, does("waiting", "question"), "waiting with a question")
    assert session.question == "Which colour?"
    live.send(b"limit\nremind\n")
    session = await until(world, session_id, does("waiting", "error"), "waiting with an error")
    assert session.question == "Limit reached, resets 7pm"
    await world.eventually(lambda: "did remind" in live.terminal.text(), seconds=30)
    assert (await world.session(session_id)).needs_person
    live.send(b"stop\n")
    session = await until(world, session_id, does("idle"), "idle")
    assert not session.needs_person
    live.send(b"exit 0\n")
    await world.until_status(session_id, "completed")

    stage.record.unlink()
    feed = await world.watcher()
    body = RestartSession(resume=True).model_dump(mode="json", by_alias=True)
    async with asyncio.timeout(30):
        while (answer := await resumed(feed, session_id, body)) is None:  # noqa: ASYNC110 - one that ended at once has to wait
            await asyncio.sleep(0.2)
    await world.eventually(stage.record.exists, seconds=30)
    words = stage.recorded()["argv"]
    assert words[words.index("--resume") + 1] == session.conversation_id
    assert "--session-id" not in words
    assert words[-1].startswith("You are back")
    assert str(stage.home.session(answer["sessionId"]) / "brief.md") in words[-1]
    assert stage.recorded()["env"]["MAESTRO_SESSION_ID"] == answer["sessionId"]


@pytest.mark.parametrize("name", ["codex", "gemini"])
async def test_codex_and_gemini_tell_of_permissions_and_of_the_end_of_a_turn(world, stage, name):
    _, session_id, live = await start(world, stage, name)
    live.send(b"permission\n")
    await until(world, session_id, does("waiting", "permission"), "waiting for permission")
    live.send(b"stop\n")
    session = await until(world, session_id, does("idle"), "idle")
    assert session.conversation_id == "3f9f74a6-6b7c-4a3e-9e1d-2f1f0a9b8c7d"
    live.send(b"exit 3\n")
    session = await world.until_status(session_id, "failed")
    assert session.exit_code == 3
    assert not session.needs_person


async def test_aider_gets_its_brief_typed_and_tells_when_it_is_its_persons_turn(world, stage):
    cockpit = await world.cockpit(settings=stage.settings)
    session_id = await world.spawn(agent="aider")
    await until(world, session_id, does("waiting", "question"), "asking before its prompt is there")
    live = cockpit.terminals.get(session_id)
    live.send(b"y\n")  # the brief would have been no answer
    live.send(b"stop\n")
    session = await until(world, session_id, does("idle"), "idle")
    assert session.conversation_id == "latest"
    await world.eventually(lambda: "did Read" in live.terminal.text(), seconds=30)
    live.send(b"question\n")
    await until(world, session_id, does("waiting", "question"), "waiting with a question")
    live.send(b"n\n")
    await until(world, session_id, does("idle"), "idle again")


async def test_what_a_person_says_counts_and_the_agent_may_not_say_it_for_them(world, stage):
    _, session_id, live = await start(world, stage, "claude")
    live.send(b"stop\n")
    await until(world, session_id, does("idle"), "idle")
    feed = await world.watcher()
    correction = {"evidence": {"source": "person", "state": "working", "detail": "you said so"}}
    await feed.api.request("PATCH", f"/api/sessions/{session_id}", correction)
    session = await until(world, session_id, does("working"), "working, as a person says")
    assert session.activity.because.startswith("you said so (person)")
    forged = await asyncio.to_thread(
        subprocess.run,
        [str(stage.home.bin / "maestro"), "session", "correct", session_id, "idle"],
        env=stage.recorded()["env"],
        capture_output=True,
        text=True,
    )
    assert (forged.returncode, "may not" in forged.stderr) == (4, True), forged


async def test_another_state_is_told_once(world, stage):
    _, session_id, live = await start(world, stage, "claude")
    live.send(b"stop\n")
    session = await until(world, session_id, does("idle"), "idle")
    for _ in range(5):
        live.send(b"nothing\n")
    await world.eventually(lambda: live.terminal.text().count("did nothing") == 5)
    assert (await world.session(session_id)).revision == session.revision


def test_what_a_person_configured_is_added_to_and_never_replaced(tmp_path):
    own = tmp_path / "defaults.json"
    own.write_text(json.dumps({"theme": "x", "hooks": {"AfterAgent": [{"hooks": ["theirs"]}]}}))
    environ = {"GEMINI_CLI_SYSTEM_DEFAULTS_PATH": str(own)}
    hooks = install_hooks("gemini", tmp_path, MAESTRO, environ, (0, 59, 0))
    merged = json.loads(Path(hooks.env["GEMINI_CLI_SYSTEM_DEFAULTS_PATH"]).read_text())
    assert merged["theme"] == "x"
    theirs, ours = merged["hooks"]["AfterAgent"]
    assert theirs == {"hooks": ["theirs"]}
    assert "session idle" in ours["hooks"][0]["command"]
    own.write_text("{broken")
    assert install_hooks("gemini", tmp_path, MAESTRO, environ, (0, 59, 0)) == NO_HOOKS
    for version in ((0, 60, 0), None):  # from 0.60 on it takes that file of root alone, and warns of others
        assert install_hooks("gemini", tmp_path, MAESTRO, {}, version) == NO_HOOKS
    theirs = {"OPENCODE_CONFIG_CONTENT": '{"theme": "x", "plugin": ["theirs"]}'}
    hooks = install_hooks("opencode", tmp_path, MAESTRO, theirs)
    merged = json.loads(hooks.env["OPENCODE_CONFIG_CONTENT"])
    assert merged == {"theme": "x", "plugin": ["theirs", (tmp_path / "opencode-plugin.js").as_uri()]}
    assert install_hooks("opencode", tmp_path, MAESTRO, {"OPENCODE_CONFIG_CONTENT": "{// jsonc\n}"}) == NO_HOOKS


@pytest.mark.parametrize(
    ("version", "known"),
    [(None, set()), ((2, 0, 45), {"PermissionRequest"}), ((2, 1, 90), {"PermissionRequest", "StopFailure"})],
)
def test_hooks_that_an_older_claude_would_refuse_are_left_out(tmp_path, version, known):
    install_hooks("claude", tmp_path, MAESTRO, {}, version)
    hooks = json.loads((tmp_path / "claude-settings.json").read_text())["hooks"]
    assert hooks.keys() & {"PermissionRequest", "StopFailure"} == known
    commands = [one["command"] for entries in hooks.values() for entry in entries for one in entry["hooks"]]
    assert all(command.startswith("'/home/of some/bin/maestro' session ") for command in commands)


@pytest.mark.skipif(shutil.which("node") is None, reason="the plugin is JavaScript; node is not installed")
def test_the_plugin_of_opencode_tells_of_its_own_session_alone(tmp_path):
    told = tmp_path / "told"
    maestro = tmp_path / "maestro"
    maestro.write_text(f'#!/bin/sh\necho "$@" >> {told}\n')
    maestro.chmod(0o755)
    hooks = install_hooks("opencode", tmp_path, maestro, {})
    (place,) = json.loads(hooks.env["OPENCODE_CONFIG_CONTENT"])["plugin"]
    plugin = Path(place.removeprefix("file://"))
    script = f"""
        const {{ Maestro }} = await import({json.dumps(str(plugin))})
        const {{ event }} = await Maestro()
        const tell = (type, properties) => event({{ event: {{ type, properties }} }})
        await tell("session.created", {{ info: {{ id: "ses_1" }} }})
        await tell("session.created", {{ info: {{ id: "ses_2", parentID: "ses_1" }} }})
        await tell("session.idle", {{ sessionID: "ses_2" }})
        const bash = {{ permission: "bash", patterns: ["ls"], metadata: {{ command: "ls" }} }}
        await tell("permission.asked", {{ sessionID: "ses_1", ...bash }})
        const own = {{ sessionID: "ses_1" }}
        const status = (type, more) => tell("session.status", {{ ...own, status: {{ type, ...more }} }})
        for (const attempt of [1, 2, 3, 4]) {{
          await status("busy")
          await status("retry", {{ attempt, message: "too many requests" }})
        }}
        await tell("message.part.updated", {{ part: {{ sessionID: "ses_1", type: "text" }} }})
        await tell("message.part.updated", {{ part: {{ sessionID: "ses_1", type: "text" }} }})
        await tell("permission.asked", {{ sessionID: "ses_2", ...bash }})
        await tell("session.error", {{ sessionID: "ses_2", error: {{ name: "APIError" }} }})
        await tell("session.error", {{ ...own, error: {{ name: "MessageAbortedError" }} }})
        await tell("session.idle", own)
        await tell("session.error", {{ ...own, error: {{ name: "APIError", data: {{ message: "no key" }} }} }})
        await tell("session.idle", own)
        await tell("session.idle", own)
        const {{ existsSync, readFileSync }} = await import("node:fs")
        const told = {json.dumps(str(told))}
        const lines = () => existsSync(told) ? readFileSync(told, "utf8").split("\\n") : []
        for (let left = 3000; left && lines().length <= 10; left--) await new Promise(done => setTimeout(done, 10))
    """
    plugin.rename(plugin.with_suffix(".mjs"))
    script = script.replace("plugin.js", "plugin.mjs")
    subprocess.run(["node", "--input-type=module", "-e", script], check=True)
    own, bash = '{"session_id":"ses_1"', '"tool_name":"bash","tool_input":{"command":"ls"}}'
    assert told.read_text().splitlines() == [
        f"session register --payload {own}}}",
        f"session needs-input --need permission --payload {own},{bash}",
        *[f"session resume-working --payload {own}}}"] * 3,
        f'session needs-input --need error --payload {own},"message":"too many requests"}}',
        f"session resume-working --payload {own}}}",
        f"session needs-input --need permission --payload {{{bash}",
        f"session idle --payload {own}}}",
        f'session needs-input --need error --payload {own},"message":"no key"}}',
    ]


async def test_versions_are_asked_for_once_until_the_program_changes(tmp_path):
    asked = tmp_path / "asked"
    program = tmp_path / "claude"

    def install(version):
        program.write_text(f'#!/bin/sh\necho x >> {asked}\necho "{version} (Claude Code)"\n')
        program.chmod(0o755)

    install("2.1.90")
    os.utime(program, ns=(1, 1))
    versions = Versions({"PATH": f"{tmp_path}:/bin:/usr/bin"})
    profile = BUILT_IN_AGENTS["claude"]
    assert [await versions.of(profile) for _ in range(3)] == ["2.1.90"] * 3
    assert asked.read_text() == "x\n"
    install("2.2.0-beta.1")
    os.utime(program, ns=(2, 2))
    version = await versions.of(profile)
    assert (version, version_numbers(version)) == ("2.2.0-beta.1", (2, 2, 0))
    assert await versions.of(AgentProfile(command=("no-such-program",))) is None
    program.write_text("#!/bin/sh\nexit 1\n")
    os.utime(program, ns=(3, 3))
    assert await versions.of(profile) is None


async def test_a_program_that_took_too_long_is_asked_again(tmp_path):
    program, slow = tmp_path / "claude", tmp_path / "slow"
    program.write_text(f"#!/bin/sh\ntest -e {slow} && exec sleep 60\necho 2.1.90\n")
    program.chmod(0o755)
    slow.touch()
    environ = {"PATH": f"{tmp_path}:/bin:/usr/bin"}
    versions, profile = Versions(environ, patience=0.5), BUILT_IN_AGENTS["claude"]
    assert await versions.of(profile) is None
    slow.unlink()
    async with asyncio.timeout(60):
        while await versions.of(profile) != "2.1.90":  # a busy machine may take that long again
            pass
