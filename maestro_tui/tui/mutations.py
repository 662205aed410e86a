"""What the screens ask of the server, one method per wish."""

from collections.abc import Callable
from typing import Any

from maestro_tui.client.outbox import Command, Queued
from maestro_tui.tui.ports import Feed

__all__ = ["Mutations"]


class Mutations:
    """Sends commands now, or has them queued while the server is away.

    on_queued: told of every command that waits. Each method returns the answer's JSON, None
    when the command was queued, and raises MaestroError with a message and a suggestion.
    Creating takes a key made once per dialog: sent again after a lost answer, nothing is made
    twice.
    """

    def __init__(self, feed: Feed, on_queued: Callable[[Command], None]) -> None:
        self._feed = feed
        self._on_queued = on_queued

    async def create_project(self, key: str, **fields: Any) -> Any:
        """fields: name, workingDir, description."""
        return await self._send(f"Create project “{fields['name']}”", "POST", "/api/projects", fields, key)

    async def create_task(self, key: str, **fields: Any) -> Any:
        """fields: projectId, title, description, priority, parentId."""
        return await self._send(f"Create task “{fields['title']}”", "POST", "/api/tasks", fields, key)

    async def update_task(self, label: str, task_id: str, **fields: Any) -> Any:
        """fields: title, description, status, priority, reason."""
        return await self._send(label, "PATCH", f"/api/tasks/{task_id}", fields)

    async def delete_task(self, label: str, task_id: str) -> Any:
        """Delete a task and everything under it."""
        return await self._send(label, "DELETE", f"/api/tasks/{task_id}")

    async def create_subtask(self, key: str, task_id: str, **fields: Any) -> Any:
        """fields: title, description."""
        path = f"/api/tasks/{task_id}/subtasks"
        return await self._send(f"Add step “{fields['title']}”", "POST", path, fields, key)

    async def update_subtask(self, label: str, task_id: str, subtask_id: str, **fields: Any) -> Any:
        """fields: title, description, completed, order."""
        return await self._send(label, "PATCH", f"/api/tasks/{task_id}/subtasks/{subtask_id}", fields)

    async def delete_subtask(self, label: str, task_id: str, subtask_id: str) -> Any:
        """Delete one subtask."""
        return await self._send(label, "DELETE", f"/api/tasks/{task_id}/subtasks/{subtask_id}")

    async def spawn(self, key: str, **fields: Any) -> Any:
        """fields: projectId, taskIds, name, role, agent, skills, reason."""
        body = {**fields, "spawnSource": "ui"}
        return await self._send(f"Start agent “{fields['name']}”", "POST", "/api/sessions/spawn", body, key)

    async def stop_session(self, label: str, session_id: str) -> Any:
        """End a session; the answer comes when its end has begun. Again: its next, firmer step at once."""
        return await self._send(label, "POST", f"/api/sessions/{session_id}/stop", {})

    async def restart_session(self, label: str, key: str, session_id: str) -> Any:
        """Start a session that has ended again, with the same brief."""
        return await self._send(label, "POST", f"/api/sessions/{session_id}/restart", {"spawnSource": "ui"}, key)

    async def note_stopped(self, label: str, session_id: str, reason: str) -> Any:
        """Say that what was left of a session has been ended."""
        return await self._send(
            label, "PATCH", f"/api/sessions/{session_id}", {"status": "stopped", "reason": reason}
        )

    async def correct_activity(self, label: str, session_id: str, state: str) -> Any:
        """Say what an agent is doing, when the evidence has it wrong."""
        need = {"need": "question"} if state == "waiting" else {}
        evidence = {"source": "person", "state": state, "detail": "you said so", **need}
        return await self._send(label, "PATCH", f"/api/sessions/{session_id}", {"evidence": evidence})

    async def approve_session(self, label: str, session_id: str) -> Any:
        """Let a spawn start that waits for a person."""
        return await self._send(label, "POST", f"/api/sessions/{session_id}/approve", {})

    async def deny_session(self, label: str, session_id: str, reason: str) -> Any:
        """Do not let it start. reason: for whoever asked; may be empty."""
        body = {"reason": reason} if reason else {}
        return await self._send(label, "POST", f"/api/sessions/{session_id}/deny", body)

    async def pause_spawning(self, *, paused: bool) -> Any:
        """Stop all new spawns, or let them through again."""
        label = "Pause all new spawns" if paused else "Let new spawns go on"
        return await self._send(label, "POST", f"/api/spawning/{'pause' if paused else 'resume'}", {})

    async def adopt_session(self, session_id: str, **fields: Any) -> Any:
        """Make a session known that runs already. fields: projectId, taskIds and `UnknownHost.fields`."""
        body = {"id": session_id, "status": "running", **fields}
        return await self._send(f"Adopt “{fields['name']}”", "POST", "/api/sessions", body, f"adopt-{session_id}")

    async def _send(
        self, label: str, method: str, path: str, body: dict[str, Any] | None = None, key: str | None = None
    ) -> Any:
        outcome = await self._feed.submit(method, path, body, label=label, idempotency_key=key)
        if isinstance(outcome, Queued):
            self._on_queued(outcome.command)
            return None
        return outcome.answer
