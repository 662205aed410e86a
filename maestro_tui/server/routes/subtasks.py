"""Subtasks: the steps inside a task."""

from aiohttp import web

from maestro_tui.domain.requests.tasks import CreateSubtask, UpdateSubtask
from maestro_tui.server.bodies import read_model
from maestro_tui.server.conditional import revision_wanted
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.queries import paging
from maestro_tui.server.replies import created, entity, listing

__all__ = ["routes"]

routes = web.RouteTableDef()

ALL = "/api/tasks/{task_id}/subtasks"
ONE = ALL + "/{subtask_id}"


@routes.get(ALL)
async def list_subtasks(request: web.Request) -> web.StreamResponse:
    task_id = request.match_info["task_id"]
    subtasks = await services_of(request).subtasks.list(task_id, actor_of(request))
    return listing(subtasks, paging(request.query))


@routes.post(ALL)
async def create_subtask(request: web.Request) -> web.StreamResponse:
    task_id = request.match_info["task_id"]
    body = await read_model(request, CreateSubtask)
    return created(await services_of(request).subtasks.create(task_id, body, actor_of(request)))


@routes.patch(ONE)
async def update_subtask(request: web.Request) -> web.StreamResponse:
    """`If-Match` means the revision of the task, whose document holds the step."""
    revision = revision_wanted(request)
    ids = request.match_info["task_id"], request.match_info["subtask_id"]
    body = await read_model(request, UpdateSubtask)
    subtasks = services_of(request).subtasks
    return entity(await subtasks.update(*ids, body, actor_of(request), revision=revision))


@routes.delete(ONE)
async def delete_subtask(request: web.Request) -> web.StreamResponse:
    ids = request.match_info["task_id"], request.match_info["subtask_id"]
    await services_of(request).subtasks.delete(*ids, actor_of(request), revision=revision_wanted(request))
    return web.Response(status=204)
