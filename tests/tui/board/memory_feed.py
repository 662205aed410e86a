"""A feed that lives in memory: the same documents, the same commands, no server behind it."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from maestro_tui.client.connection import Connection, Phase
from maestro_tui.client.items import WireEvent
from maestro_tui.client.mirror import MirrorChange
from maestro_tui.client.outbox import Command, Done, Outbox, Queued
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import NotFound
from maestro_tui.domain.events import EventName
from maestro_tui.domain.project import Project
from maestro_tui.domain.requests.projects import CreateProject
from maestro_tui.domain.requests.tasks import CreateSubtask, CreateTask, UpdateSubtask, UpdateTask
from maestro_tui.domain.session import Approval, NeedsInput, Session
from maestro_tui.domain.status import ApprovalState, Role, SessionStatus
from maestro_tui.domain.task import Subtask, Task

NOW = 1_760_000_000_000
MINUTE = 60_000


def a_connection():
    return Connection("http://127.0.0.1:4567", Phase.ONLINE, epoch="k3f9", seq=1284, latency_ms=2.0)


class Mirror:
    def __init__(self):
        self.projects: dict[str, Project] = {}
        self.tasks: dict[str, Task] = {}
        self.sessions: dict[str, Session] = {}

    def tasks_of(self, project_id):
        return [task for task in self.tasks.values() if task.project_id == project_id]

    def children_of(self, task_id):
        return [task for task in self.tasks.values() if task.parent_id == task_id]

    def sessions_of(self, task_id):
        return [session for session in self.sessions.values() if task_id in session.task_ids]

    def live_sessions(self, project_id):
        return [one for one in self.sessions.values() if one.project_id == project_id and one.is_live]


@dataclass
class MemoryFeed:
    """Answers commands as the server would, from memory, and tells the changes."""

    mirror: Mirror = field(default_factory=Mirror)
    connection: Connection = field(default_factory=a_connection)
    refuse: Exception | None = None
    """Raised by the next commands until it is None again."""

    def __post_init__(self):
        self.api = self
        self.sent: list[tuple[str, str, object]] = []
        self._subscribers: list[Callable] = []
        self._watchers: list[Callable] = []
        self._refusal_watchers: list[Callable] = []
        self.outbox = Outbox()
        self.retries = 0
        self.checks, self.files, self.skills = {"store": "ok"}, [], []
        self.paused = False
        self._numbers = iter(range(100, 10_000))

    def subscribe(self, callback):
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def watch_connection(self, callback):
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)

    def watch_refusals(self, callback):
        self._refusal_watchers.append(callback)
        return lambda: self._refusal_watchers.remove(callback)

    def retry_now(self):
        self.retries += 1

    def connect(self, **changes):
        if "phase" in changes:
            changes["phase"] = Phase(changes["phase"])
        self.connection = replace(self.connection, **changes)
        for watcher in self._watchers:
            watcher(self.connection)

    # Documents

    def put(self, *documents):
        for document in documents:
            kind = type(document).__name__.lower()
            getattr(self.mirror, f"{kind}s")[document.id] = document
            self.tell(kind, document.id)

    def remove(self, kind, identifier):
        del getattr(self.mirror, f"{kind}s")[identifier]
        self.tell(kind, identifier, "deleted")

    def tell_event(self, name, data):
        for subscriber in self._subscribers:
            subscriber(WireEvent(name, data, NOW, "epoch", 1), ())

    def tell(self, kind, identifier, change="updated"):
        for subscriber in self._subscribers:
            subscriber(None, (MirrorChange(kind, identifier, change),))

    # Commands

    async def submit(self, method, path, body=None, *, label, idempotency_key=None):
        if self.connection.is_online:
            return Done(await self.request(method, path, body))
        command = Command(idempotency_key or label, method, path, label, NOW, body)
        self.outbox.add(command)
        self.connect(queued=len(self.outbox))
        return Queued(command)

    def drop(self, key):
        dropped = self.outbox.drop(key)
        self.connect(queued=len(self.outbox))
        return dropped

    def turn_down(self, key, message):
        refusal = self.outbox.refused(key, message)
        self.connect(queued=len(self.outbox))
        for watcher in self._refusal_watchers:
            watcher(refusal)

    async def request(self, method, path, body=None):
        if self.refuse is not None:
            raise self.refuse
        self.sent.append((method, path, body))
        for pattern, handler in ROUTES.items():
            if match := re.fullmatch(pattern, f"{method} {path}"):
                return handler(self, body or {}, *match.groups())
        raise NotFound(f"no route {method} {path}")

    def new_id(self, prefix):
        return f"{prefix}_{next(self._numbers)}"


def a_session(identifier, name, *task_ids, status=SessionStatus.RUNNING, **fields):
    return Session(
        id=identifier,
        name=name,
        project_id=fields.pop("project_id", "proj_1"),
        task_ids=task_ids,
        status=status,
        agent="claude",
        created_at=NOW - fields.pop("age", 20) * MINUTE,
        updated_at=NOW,
        started_at=NOW - 18 * MINUTE,
        last_activity=NOW - MINUTE,
        **fields,
    )


def create_project(feed, body):
    wish = CreateProject.model_validate(body)
    project = Project(id=feed.new_id("proj"), created_at=NOW, updated_at=NOW, **wish.model_dump())
    feed.put(project)
    return project.to_wire()


def create_task(feed, body):
    wish = CreateTask.model_validate_json(json.dumps(body))
    task = Task(id=feed.new_id("task"), created_at=NOW, updated_at=NOW, **wish.model_dump())
    feed.put(task)
    return task.to_wire()


def update_task(feed, body, task_id):
    wish = UpdateTask.model_validate_json(json.dumps(body))
    task = evolve(feed.mirror.tasks[task_id], **wish.changes())
    feed.put(task)
    return task.to_wire()


def delete_task(feed, _body, task_id):
    for child in feed.mirror.children_of(task_id):
        delete_task(feed, {}, child.id)
    feed.remove("task", task_id)
    return {"success": True, "id": task_id}


def create_subtask(feed, body, task_id):
    wish, task = CreateSubtask.model_validate(body), feed.mirror.tasks[task_id]
    subtask = Subtask(
        id=feed.new_id("sub"),
        task_id=task_id,
        order=len(task.subtasks),
        created_at=NOW,
        updated_at=NOW,
        **wish.model_dump(),
    )
    feed.put(evolve(task, subtasks=(*task.subtasks, subtask)))
    return subtask.to_wire()


def update_subtask(feed, body, task_id, subtask_id):
    wish, task = UpdateSubtask.model_validate(body), feed.mirror.tasks[task_id]
    subtasks = tuple(evolve(one, **wish.changes()) if one.id == subtask_id else one for one in task.subtasks)
    feed.put(evolve(task, subtasks=subtasks))
    return next(one for one in subtasks if one.id == subtask_id).to_wire()


def delete_subtask(feed, _body, task_id, subtask_id):
    task = feed.mirror.tasks[task_id]
    feed.put(evolve(task, subtasks=tuple(one for one in task.subtasks if one.id != subtask_id)))


def spawn(feed, body):
    session = Session(
        id=feed.new_id("sess"),
        project_id=body["projectId"],
        task_ids=tuple(body["taskIds"]),
        name=body["name"],
        agent=body["agent"],
        role=Role(body["role"]),
        created_at=NOW,
        updated_at=NOW,
        started_at=NOW,
        last_activity=NOW,
    )
    feed.put(session)
    return {"success": True, "sessionId": session.id, "session": session.to_wire()}


def change_session(feed, session_id, **changes):
    feed.put(evolve(feed.mirror.sessions[session_id], **changes))
    return feed.mirror.sessions[session_id].to_wire()


def update_session(feed, body, session_id):
    if "status" not in body:
        return feed.mirror.sessions[session_id].to_wire()
    return change_session(feed, session_id, status=SessionStatus(body["status"]), reason=body["reason"])


def approve(feed, _body, session_id):
    approval = Approval(state=ApprovalState.APPROVED, requested_at=NOW, decided_at=NOW)
    return change_session(feed, session_id, approval=approval, needs_input=NeedsInput())


def deny(feed, body, session_id):
    return change_session(feed, session_id, status=SessionStatus.STOPPED, reason=body.get("reason"))


def restart(feed, _body, session_id):
    old = feed.mirror.sessions[session_id]
    again = evolve(old, id=feed.new_id("sess"), status=SessionStatus.SPAWNING, restart_of=old.id)
    feed.put(again)
    return {"success": True, "sessionId": again.id, "session": again.to_wire()}


def adopt(feed, body):
    feed.put(a_session(body["id"], body["name"], *body["taskIds"], project_id=body["projectId"]))
    return feed.mirror.sessions[body["id"]].to_wire()


def switch(feed, word):
    feed.paused = word == "pause"
    name = EventName.SPAWNING_PAUSED if feed.paused else EventName.SPAWNING_RESUMED
    event = WireEvent(name.value, {"paused": feed.paused, "pausedSince": NOW, "reason": ""}, NOW, "k3f9", 1285)
    for subscriber in feed._subscribers:
        subscriber(event, ())
    return spawning(feed)


def spawning(feed):
    live = [session for session in feed.mirror.sessions.values() if session.is_live]
    rules = {"maxDepth": 3, "maxLive": 32, "maxPerParent": 16, "maxPerMinute": 20, "claimSeconds": 60}
    return {
        "paused": feed.paused,
        "pausedSince": None,
        "reason": "",
        "projectId": "proj_1",
        "limits": rules | {"roles": {"worker": "allow", "orchestrator": "ask"}},
        "stricter": [],
        "findings": [],
        "live": len(live),
        "perMinute": 2,
        "perParent": {},
        "awaitingApproval": [session.id for session in live if session.awaits_approval],
    }


ROUTES = {
    r"POST /api/sessions": adopt,
    r"POST /api/sessions/([^/]+)/approve": approve,
    r"POST /api/sessions/([^/]+)/deny": deny,
    r"POST /api/sessions/([^/]+)/restart": restart,
    r"POST /api/sessions/([^/]+)/stop": lambda feed, body, session_id: {"sessionId": session_id},
    r"POST /api/spawning/(pause|resume)": lambda feed, body, word: switch(feed, word),
    r"GET /api/spawning(?:\?projectId=.*)?": lambda feed, body: spawning(feed),
    r"POST /api/projects": create_project,
    r"POST /api/tasks": create_task,
    r"PATCH /api/sessions/([^/]+)": update_session,
    r"PATCH /api/tasks/([^/]+)": update_task,
    r"DELETE /api/tasks/([^/]+)": delete_task,
    r"POST /api/tasks/([^/]+)/subtasks": create_subtask,
    r"PATCH /api/tasks/([^/]+)/subtasks/([^/]+)": update_subtask,
    r"DELETE /api/tasks/([^/]+)/subtasks/([^/]+)": delete_subtask,
    r"POST /api/sessions/spawn": spawn,
    r"POST /api/sessions/spawn/preview": lambda _feed, body: {"brief": f"# Brief for {body['taskIds'][0]}"},
    r"GET /api/findings": lambda feed, body: {"checks": feed.checks, "files": feed.files, "skills": feed.skills},
    r"GET /api/skills": lambda feed, body: [{"name": "maestro-worker"}, {"name": "maestro-orchestrator"}],
}
