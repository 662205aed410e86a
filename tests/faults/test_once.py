"""The server ends at any step of a POST with a key: sent again, the request has one effect in all.

The home is copied at every durable step of the request, which is what a kill at that moment
leaves behind; another server is started on each copy.
"""

import importlib.util
import json
import random
import shutil
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from maestro_tui.environment import manifest_facts

SERVER = Path(__file__).with_name("watched_server.py")
KEY = {"Idempotency-Key": "the key"}


def _load():
    specification = importlib.util.spec_from_file_location("maestro_watched_server", SERVER)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


watched = _load()


class Post(NamedTuple):
    """A request, and how to see what it made. seen: the path to read; made: the ids found in the answer."""

    path: str
    body: dict | None
    seen: str
    made: object


def ids(field, value):
    return lambda found: [one["id"] for one in found if one[field] == value]


def ids_in(place, field, value):
    return lambda found: [one["id"] for one in found[place] if one[field] == value]


POSTS = {
    "project": Post("/api/projects", {"name": "new"}, "/api/projects", ids("name", "new")),
    "task": Post("/api/tasks", {"projectId": "{project}", "title": "new"}, "/api/tasks", ids("title", "new")),
    "subtask": Post(
        "/api/tasks/{task}/subtasks", {"title": "new"}, "/api/tasks/{task}/subtasks", ids("title", "new")
    ),
    "task timeline": Post(
        "/api/tasks/{task}/timeline",
        {"message": "new"},
        "/api/tasks/{task}",
        ids_in("timeline", "message", "new"),
    ),
    "session": Post(
        "/api/sessions",
        {"projectId": "{project}", "taskIds": ["{task}"], "name": "new"},
        "/api/sessions",
        ids("name", "new"),
    ),
    "session with an id": Post(
        "/api/sessions",
        {"projectId": "{project}", "id": "mine", "name": "new"},
        "/api/sessions",
        ids("name", "new"),
    ),
    "session event": Post(
        "/api/sessions/{session}/events",
        {"type": "new"},
        "/api/sessions/{session}",
        ids_in("events", "type", "new"),
    ),
    "session timeline": Post(
        "/api/sessions/{session}/timeline",
        {"message": "new"},
        "/api/sessions/{session}",
        ids_in("timeline", "message", "new"),
    ),
    "link": Post(
        "/api/sessions/{session}/tasks/{task}", None, "/api/sessions/{session}", lambda found: found["taskIds"]
    ),
    "spawn": Post(
        "/api/sessions/spawn",
        {"projectId": "{project}", "taskIds": ["{task}", "{other}"], "name": "new"},
        "/api/sessions",
        ids("name", "new"),
    ),
}


class Answered(NamedTuple):
    status: int
    body: bytes
    replayed: bool


class Server:
    """A watched server's client."""

    def __init__(self, client):
        self.client = client

    async def get(self, path):
        async with self.client.get(path) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def post(self, path, body, headers=KEY):
        async with self.client.post(path, json=body, headers=headers) as answer:
            return Answered(answer.status, await answer.read(), "Idempotent-Replayed" in answer.headers)

    async def create(self, path, body):
        return json.loads((await self.post(path, body, {})).body)["id"]

    async def events(self, name):
        """The data of all events of that name which the journal holds."""
        position = (await self.get("/api/events?limit=1"))["next"].partition(":")[0]
        found = await self.get(f"/api/events?since={position}:0&limit=500")
        return [entry["data"] for entry in found["events"] if entry["event"] == name]


@asynccontextmanager
async def served(root, step=lambda name: None):
    async with watched.watched_app(root, step) as app:
        server = TestServer(app)
        await server.start_server(access_log=None)
        async with TestClient(server, headers={"Authorization": f"Bearer {watched.TOKEN}"}) as client:
            yield Server(client)


async def furnish(server):
    """A project with two tasks and a session; their ids by name."""
    project = await server.create("/api/projects", {"name": "p"})
    task = await server.create("/api/tasks", {"projectId": project, "title": "t"})
    other = await server.create("/api/tasks", {"projectId": project, "title": "o"})
    session = await server.create("/api/sessions", {"projectId": project, "name": "s"})
    return {"project": project, "task": task, "other": other, "session": session}


def told(post, names):
    """The post with the ids put in."""

    def put(text):
        for name, value in names.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    body = None if post.body is None else json.loads(put(json.dumps(post.body)))
    return Post(put(post.path), body, put(post.seen), post.made)


async def pictures_of(tmp_path, post):
    """Send the request once; returns it with its ids, its status, and the home as it was at every step."""
    root, pictures = tmp_path / "home", []

    def take(name):
        if watching:
            place = tmp_path / f"{len(pictures)} {name}"
            shutil.copytree(root, place, ignore=shutil.ignore_patterns("*-shm"))
            pictures.append(place)

    watching = False
    async with served(root, take) as server:
        post = told(post, await furnish(server))
        watching = True
        status = (await server.post(post.path, post.body)).status
        watching = False
    assert status in (200, 201)
    return post, status, pictures


def cut_power(picture, begun):
    """What a power cut takes besides, at worst: the index, and of the history all but what was flushed.

    begun: the home as it was when the key had just been flushed.
    """
    databases = [path for name in (".history.db", ".index.db") for path in (picture / "data").glob(f"{name}*")]
    for path in databases:
        path.unlink()
    for path in (begun / "data").glob(".history.db*"):
        shutil.copy(path, picture / "data")


@pytest.mark.parametrize("power", [False, True], ids=["kill", "power cut"])
@pytest.mark.parametrize("name", POSTS)
async def test_whatever_the_step_one_effect(tmp_path, name, power):
    post, status, pictures = await pictures_of(tmp_path, POSTS[name])
    assert len(pictures) >= 8  # begin, document, event, finish: before and after
    begun = next(number for number, one in enumerate(pictures) if one.name.endswith("after begin"))
    for picture in pictures[begun + 1 :] if power else ():
        cut_power(picture, pictures[begun])
    found_made = 0
    for picture in pictures:
        async with served(picture) as server:
            before = post.made(await server.get(post.seen))
            found_made += bool(before)
            if before and post.body is not None:
                assert (await server.post(post.path, post.body | {"more": 1})).status == 422, picture.name
            first = await server.post(post.path, post.body)
            again = await server.post(post.path, post.body)
            made = post.made(await server.get(post.seen))
            assert (first.status, again.status) == (status, status), picture.name
            assert (again.body, again.replayed) == (first.body, True)
            assert len(made) == 1, picture.name
            assert made == (before or made), picture.name
            if name == "spawn":
                await require_spawned(server, made[0], post.body["taskIds"], epoch_lives=not power)
    assert 0 < found_made < len(pictures)


async def require_spawned(server, session_id, task_ids, *, epoch_lives):
    """The session is linked on both sides, said once in each timeline, and runners were asked."""
    session = await server.get(f"/api/sessions/{session_id}")
    assert Path(session["manifestPath"]).exists()
    for task_id in task_ids:
        task = await server.get(f"/api/tasks/{task_id}")
        assert task["sessionIds"] == [session_id]
        started = [entry for entry in task["timeline"] if entry["type"] == "session_started"]
        assert [entry["sessionId"] for entry in started] == [session_id]
    if epoch_lives:
        created = [one["id"] for one in await server.events("session:created")]
        assert created.count(session_id) == 1
        linked = [(one["taskId"], one["sessionId"]) for one in await server.events("task:session_added")]
        assert {(task_id, session_id) for task_id in task_ids} <= set(linked)
        requests = await server.events("session:spawn_request")
        assert {one["sessionId"] for one in requests} == {session_id}
        assert manifest_facts(requests[0]["manifest"])["session"]["id"] == session_id


async def test_a_part_told_under_one_key_is_one_of_many(tmp_path):
    """Marks of other requests in the same document are no obstacle."""
    async with served(tmp_path / "home") as server:
        names = await furnish(server)
        path = f"/api/tasks/{names['task']}/timeline"
        for number in range(20):
            await server.post(path, {"message": "same"}, {"Idempotency-Key": str(number)})
    async with served(tmp_path / "home") as server:
        for number in range(25):
            await server.post(path, {"message": "same"}, {"Idempotency-Key": str(number)})
        task = await server.get(f"/api/tasks/{names['task']}")
        assert len(task["timeline"]) == 25
        assert "Idempotency" not in json.dumps(task)


class Killed:
    """A real server process that kills itself, started again whenever somebody finds it dead."""

    def __init__(self, start_program, root, seed):
        self._start_program, self._root, self._chance = start_program, root, random.Random(seed)
        self._program, self.url, self.deaths = None, "", 0

    async def start(self):
        fatal = self._chance.randrange(8, 80)  # a request has from eight steps to twenty
        later = self._chance.choice((0, 0, self._chance.uniform(0, 0.003)))
        self._program = await self._start_program(SERVER, self._root, fatal, later)
        port = (await self._program.line()).strip()
        assert port
        self.url = f"http://127.0.0.1:{port}"

    async def rise(self):
        assert await self._program.code() == -9
        self.deaths += 1
        await self.start()

    async def end(self):
        await self._program.aclose()


async def insist(server, http, post, key):
    """Send the request until it is answered; returns the answer and how often it was sent."""
    sent = 0
    while True:
        sent += 1
        try:
            headers = {"Idempotency-Key": key, "Authorization": f"Bearer {watched.TOKEN}"}
            async with http.post(server.url + post.path, json=post.body, headers=headers) as answer:
                text = await answer.text()
                assert answer.status in (200, 201), text
                return json.loads(text), sent
        except aiohttp.ClientError:
            await server.rise()


async def test_so_many_requests_so_many_effects(tmp_path, start_program, http, report, long, seed):
    count = 3_000 if long else 45
    async with served(tmp_path / "home") as quiet:
        names = await furnish(quiet)
    posts = [told(post, names) for name, post in POSTS.items() if name not in ("link", "session with an id")]
    server, retries = Killed(start_program, tmp_path / "home", seed), 0
    await server.start()
    for number in range(count):
        _, sent = await insist(server, http, posts[number % len(posts)], f"key {number}")
        retries += sent - 1
    await server.end()
    per_post = [len(range(place, count, len(posts))) for place in range(len(posts))]
    expected = dict(zip((post.path for post in posts), per_post, strict=True))
    async with served(tmp_path / "home") as quiet:
        found = {post.path: len(post.made(await quiet.get(post.seen))) for post in posts}
    sessions = expected["/api/sessions"] + expected["/api/sessions/spawn"]  # both are named "new"
    expected |= {"/api/sessions": sessions, "/api/sessions/spawn": sessions}
    assert found == expected
    assert server.deaths > 0
    report(requests=count, kills=server.deaths, retries=retries, lost=0, doubled=0)
