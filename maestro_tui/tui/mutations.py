"""What the screens ask of the server, one function per wish. Each returns the changed document's JSON.

All raise MaestroError with a message and a suggestion to show. Creating takes a key made
once per dialog: sent again after a lost answer, nothing is made twice.
"""

from typing import Any

from maestro_tui.tui.ports import Api

__all__ = [
    "create_project",
    "create_subtask",
    "create_task",
    "delete_subtask",
    "delete_task",
    "spawn",
    "update_subtask",
    "update_task",
]


async def create_project(api: Api, key: str, **fields: Any) -> Any:
    """fields: name, workingDir, description."""
    return await api.request("POST", "/api/projects", fields, idempotency_key=key)


async def create_task(api: Api, key: str, **fields: Any) -> Any:
    """fields: projectId, title, description, priority, parentId."""
    return await api.request("POST", "/api/tasks", fields, idempotency_key=key)


async def update_task(api: Api, task_id: str, **fields: Any) -> Any:
    """fields: title, description, status, priority, reason."""
    return await api.request("PATCH", f"/api/tasks/{task_id}", fields)


async def delete_task(api: Api, task_id: str) -> Any:
    """Delete a task and everything under it."""
    return await api.request("DELETE", f"/api/tasks/{task_id}")


async def create_subtask(api: Api, key: str, task_id: str, **fields: Any) -> Any:
    """fields: title, description."""
    return await api.request("POST", f"/api/tasks/{task_id}/subtasks", fields, idempotency_key=key)


async def update_subtask(api: Api, task_id: str, subtask_id: str, **fields: Any) -> Any:
    """fields: title, description, completed, order."""
    return await api.request("PATCH", f"/api/tasks/{task_id}/subtasks/{subtask_id}", fields)


async def delete_subtask(api: Api, task_id: str, subtask_id: str) -> Any:
    """Delete one subtask."""
    return await api.request("DELETE", f"/api/tasks/{task_id}/subtasks/{subtask_id}")


async def spawn(api: Api, key: str, **fields: Any) -> Any:
    """fields: projectId, taskIds, name, role, agent, skills, reason."""
    return await api.request("POST", "/api/sessions/spawn", {**fields, "spawnSource": "ui"}, idempotency_key=key)
