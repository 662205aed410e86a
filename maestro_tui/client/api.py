"""What the server can be asked, in domain models."""

from collections.abc import Iterable
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from maestro_tui.client.transport import Transport
from maestro_tui.domain.document import Part
from maestro_tui.domain.project import Project
from maestro_tui.domain.requests.claims import ClaimSession, ReleaseSession
from maestro_tui.domain.requests.orders import AnswerOrder, SendInput, StopSession
from maestro_tui.domain.requests.projects import CreateProject, UpdateProject
from maestro_tui.domain.requests.sessions import AddSessionTimelineEntry, UpdateSession
from maestro_tui.domain.requests.tasks import (
    AddTimelineEntry,
    CreateSubtask,
    CreateTask,
    UpdateSubtask,
    UpdateTask,
)
from maestro_tui.domain.session import Lease, Session
from maestro_tui.domain.task import Subtask, Task

__all__ = ["ApiClient", "Claim"]

P = TypeVar("P", bound=Part)


class Claim(Part):
    """A runner's won claim. token, api_url: for the agent's environment; only the winner gets them."""

    lease: Lease
    token: str = ""
    api_url: str = ""


class ApiClient(Transport):
    """Every method raises ApiError when the server refuses and Unreachable when there is no answer.

    Bodies are the models of `domain.requests`: only the fields that were given are sent.
    revision: refuse the change (CONFLICT) when the document is no longer at it.
    """

    async def projects(self) -> list[Project]:
        return _many(Project, await self.request("GET", "/api/projects"))

    async def create_project(self, body: CreateProject, *, idempotency_key: str | None = None) -> Project:
        return await self._post(Project, "/api/projects", body, idempotency_key)

    async def update_project(
        self, project_id: str, body: UpdateProject, *, revision: int | None = None
    ) -> Project:
        return await self._patch(Project, _path("projects", project_id), body, revision)

    async def delete_project(self, project_id: str, *, revision: int | None = None) -> None:
        await self.request("DELETE", _path("projects", project_id), revision=revision)

    async def tasks(self, project_id: str | None = None) -> list[Task]:
        params = {} if project_id is None else {"projectId": project_id}
        return _many(Task, await self.request("GET", "/api/tasks", params=params))

    async def task(self, task_id: str) -> Task:
        return Task.model_validate(await self.request("GET", _path("tasks", task_id)))

    async def create_task(self, body: CreateTask, *, idempotency_key: str | None = None) -> Task:
        return await self._post(Task, "/api/tasks", body, idempotency_key)

    async def update_task(self, task_id: str, body: UpdateTask, *, revision: int | None = None) -> Task:
        return await self._patch(Task, _path("tasks", task_id), body, revision)

    async def delete_task(self, task_id: str, *, revision: int | None = None) -> None:
        """Delete the task and all below it."""
        await self.request("DELETE", _path("tasks", task_id), revision=revision)

    async def add_task_entry(self, task_id: str, body: AddTimelineEntry) -> None:
        """Say something on the task's timeline."""
        await self.request("POST", _path("tasks", task_id, "timeline"), _body(body))

    async def create_subtask(
        self, task_id: str, body: CreateSubtask, *, idempotency_key: str | None = None
    ) -> Subtask:
        return await self._post(Subtask, _path("tasks", task_id, "subtasks"), body, idempotency_key)

    async def update_subtask(self, task_id: str, subtask_id: str, body: UpdateSubtask) -> Subtask:
        return await self._patch(Subtask, _path("tasks", task_id, "subtasks", subtask_id), body, None)

    async def delete_subtask(self, task_id: str, subtask_id: str) -> None:
        await self.request("DELETE", _path("tasks", task_id, "subtasks", subtask_id))

    async def sessions(self, project_id: str | None = None) -> list[Session]:
        params = {} if project_id is None else {"projectId": project_id}
        return _many(Session, await self.request("GET", "/api/sessions", params=params))

    async def session(self, session_id: str) -> Session:
        """The session with its whole timeline; events carry only the end of it."""
        return Session.model_validate(await self.request("GET", _path("sessions", session_id)))

    async def spawn(self, *, idempotency_key: str | None = None, **fields: Any) -> Session:
        """Ask for an agent. fields: projectId, taskIds, name, role, agent, skills, reason, spawnSource, …"""
        answer = await self.request("POST", "/api/sessions/spawn", fields, idempotency_key=idempotency_key)
        return Session.model_validate(answer["session"])

    async def restart_session(
        self, session_id: str, *, spawn_source: str = "ui", idempotency_key: str | None = None
    ) -> Session:
        """Another try at a session that has ended, with the same brief. Refused as a spawn is."""
        body, path = {"spawnSource": spawn_source}, _path("sessions", session_id, "restart")
        answer = await self.request("POST", path, body, idempotency_key=idempotency_key)
        return Session.model_validate(answer["session"])

    async def approve_session(self, session_id: str) -> Session:
        """Let a spawn start that waits for a person. CONFLICT when there is nothing to decide any more."""
        return Session.model_validate(await self.request("POST", _path("sessions", session_id, "approve"), {}))

    async def deny_session(self, session_id: str, reason: str | None = None) -> Session:
        """Do not let it start. reason: for whoever asked."""
        body = {} if reason is None else {"reason": reason}
        return Session.model_validate(await self.request("POST", _path("sessions", session_id, "deny"), body))

    async def spawning(self, project_id: str | None = None) -> dict[str, Any]:
        """How spawning stands: `paused`, `limits`, `live`, `perMinute`, `perParent`, `awaitingApproval`, …"""
        params = {} if project_id is None else {"projectId": project_id}
        standing: dict[str, Any] = await self.request("GET", "/api/spawning", params=params)
        return standing

    async def pause_spawning(self, *, paused: bool, reason: str | None = None) -> None:
        """Stop all new spawns, or let them through again."""
        body = {"reason": reason} if paused and reason is not None else {}
        await self.request("POST", _path("spawning", "pause" if paused else "resume"), body)

    async def update_session(
        self, session_id: str, body: UpdateSession, *, revision: int | None = None
    ) -> Session:
        """A runner's report carries the fence of its claim; an older one is refused (412)."""
        return await self._patch(Session, _path("sessions", session_id), body, revision)

    async def add_session_entry(self, session_id: str, body: AddSessionTimelineEntry) -> Session:
        return await self._post(Session, _path("sessions", session_id, "timeline"), body, None)

    async def claim(self, session_id: str, runner_id: str, lease_ms: int) -> Claim:
        """Take the right to run the session. CONFLICT when another runner was first."""
        body = ClaimSession(runner_id=runner_id, lease_ms=lease_ms)
        return await self._post(Claim, _path("sessions", session_id, "claim"), body, None)

    async def renew(self, session_id: str, runner_id: str, fence: int, lease_ms: int) -> Lease:
        """Keep a claim. CONFLICT or PRECONDITION_FAILED when it is over."""
        body = ClaimSession(runner_id=runner_id, lease_ms=lease_ms, fence=fence)
        return (await self._post(Claim, _path("sessions", session_id, "renew"), body, None)).lease

    async def release(self, session_id: str, runner_id: str, fence: int) -> None:
        """Give a claim back before its time."""
        body = ReleaseSession(runner_id=runner_id, fence=fence)
        await self.request("POST", _path("sessions", session_id, "release"), _body(body))

    async def send_input(self, session_id: str, body: SendInput) -> None:
        """Type into a session; returns when its terminal has taken everything."""
        await self.request("POST", _path("sessions", session_id, "input"), _body(body))

    async def stop(self, session_id: str, body: StopSession | None = None) -> None:
        """End a session; returns when its end has begun. Again: the next, firmer step at once."""
        await self.request("POST", _path("sessions", session_id, "stop"), _body(body or StopSession()))

    async def answer_order(self, session_id: str, order_id: str, body: AnswerOrder) -> None:
        """A runner says what became of an order. NOT_FOUND when nobody waits for it any more."""
        await self.request("POST", _path("sessions", session_id, "orders", order_id), _body(body))

    async def _post(self, model: type[P], path: str, body: BaseModel, idempotency_key: str | None) -> P:
        answer = await self.request("POST", path, _body(body), idempotency_key=idempotency_key)
        return model.model_validate(answer)

    async def _patch(self, model: type[P], path: str, body: BaseModel, revision: int | None) -> P:
        return model.model_validate(await self.request("PATCH", path, _body(body), revision=revision))


def _path(*parts: str) -> str:
    return "/api/" + "/".join(quote(part, safe="") for part in parts)


def _body(body: BaseModel) -> dict[str, Any]:
    return body.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _many(model: type[P], answers: Iterable[Any]) -> list[P]:
    return [model.model_validate(answer) for answer in answers]
