"""Skills that change while the server runs."""

import asyncio
import json
import shutil
from contextlib import suppress

import pytest


@pytest.fixture
async def following(api):
    services = api.services
    tasks = [asyncio.create_task(one.follow()) for one in (services.skill_news, services.project_skills)]
    yield
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def next_reload(socket):
    while True:
        message = await socket.receive_json(timeout=30)
        if message["event"] == "skills:reloaded":
            return message["data"]


async def test_changes_are_taken_up_and_told(api, following, skills, tmp_path):
    socket = await api.socket("?since=0")
    folder = tmp_path / "library" / "review"
    folder.mkdir()
    (folder / "SKILL.md").write_text("---\nname: review\ndescription: How we review\n---\nRead it all.\n")
    added: list[str] = []
    while "review" not in added:
        added += (await next_reload(socket))["added"]
    assert (await api.call("GET", "/api/skills/review"))["instructions"].strip() == "Read it all."

    manifest = tmp_path / "library" / "testing" / "manifest.json"
    manifest.write_text(json.dumps({"name": "testing", "version": "two", "description": "x"}))
    findings: list[dict[str, str]] = []
    while not findings:
        findings = (await next_reload(socket))["findings"]
    (finding,) = findings
    assert (finding["skill"], finding["file"], finding["field"]) == ("testing", str(manifest), "version")
    assert "semantic version" in finding["message"]
    assert (await api.call("GET", "/api/findings"))["skills"] == [finding]
    assert (await api.call("GET", "/api/skills/testing"))["version"] == "1.0.0", "the last good one stays"


async def test_a_reload_by_hand_is_told_too(api, skills, tmp_path):
    socket = await api.socket("?since=0")
    (tmp_path / "library" / "testing" / "skill.md").write_text("# Anew\n")
    answer = await api.call("POST", "/api/skills/testing/reload")
    assert answer["instructions"] == "# Anew\n"
    assert (await next_reload(socket))["changed"] == ["testing"]


async def test_the_skills_of_a_project_are_watched_like_the_users(api, following, skills, tmp_path):
    socket = await api.socket("?since=0")
    folder = tmp_path / "webshop" / ".maestro" / "skills" / "deploying"
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_text("---\nname: deploying\ndescription: How we deploy\n---\nAsk first.\n")
    project = await api.call(
        "POST", "/api/projects", {"name": "webshop", "workingDir": str(tmp_path / "webshop")}, status=201
    )
    news = await next_reload(socket)
    assert (news["projectId"], news["added"]) == (project["id"], ["deploying"])

    (folder / "SKILL.md").write_text("Ask twice.\n")
    findings: list[dict[str, str]] = []
    while not findings:
        findings = (await next_reload(socket))["findings"]
    assert (findings[0]["skill"], findings[0]["file"]) == ("deploying", str(folder / "SKILL.md"))
    assert findings[0] in (await api.call("GET", "/api/findings"))["skills"]

    shutil.rmtree(folder)
    while (await next_reload(socket))["removed"] != ["deploying"]:
        pass
