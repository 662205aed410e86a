"""Tasks, their tree and their timelines."""

from aiohttp import web

from maestro_tui.domain.requests.tasks import AddTimelineEntry, CreateTask, UpdateTask
from maestro_tui.server.bodies import read_model
from maestro_tui.server.conditional import revision_wanted
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.queries import paging, project_named, task_query
from maestro_tui.server.replies import created, entity, listing, reply

__all__ = ["routes"]

routes = web.RouteTableDef()

ONE = "/api/tasks/{task_id}"


@routes.get("/api/tasks")
async def list_tasks(request: web.Request) -> web.StreamResponse:
    """Filters: `projectId status priority parentId q sort`; `parentId=null` means roots."""
    query = task_query(request.query)
    page = await services_of(request).tasks.find(query, actor_of(request))
    return listing(page.items, paging(request.query), total=page.total)


@routes.post("/api/tasks")
async def create_task(request: web.Request) -> web.StreamResponse:
    body = await read_model(request, CreateTask)
    return created(await services_of(request).tasks.create(body, actor_of(request)))


@routes.get("/api/tasks/tree")
async def task_tree(request: web.Request) -> web.StreamResponse:
    """A project's whole tree: children nested, live sessions beside their tasks."""
    tree = await services_of(request).tasks.tree(project_named(request.query), actor_of(request))
    return listing(tree, paging(request.query), wire=dict)


@routes.get(ONE)
async def get_task(request: web.Request) -> web.StreamResponse:
    task_id = request.match_info["task_id"]
    return entity(await services_of(request).tasks.get(task_id, actor_of(request)))


@routes.patch(ONE)
async def update_task(request: web.Request) -> web.StreamResponse:
    revision = revision_wanted(request)
    body = await read_model(request, UpdateTask)
    task_id = request.match_info["task_id"]
    tasks = services_of(request).tasks
    return entity(await tasks.update(task_id, body, actor_of(request), revision=revision))


@routes.delete(ONE)
async def delete_task(request: web.Request) -> web.StreamResponse:
    """Removes the task and everything below it."""
    task_id = request.match_info["task_id"]
    await services_of(request).tasks.delete(task_id, actor_of(request), revision=revision_wanted(request))
    return reply({"success": True, "id": task_id})


@routes.get(ONE + "/children")
async def list_children(request: web.Request) -> web.StreamResponse:
    task_id = request.match_info["task_id"]
    children = await services_of(request).tasks.children(task_id, actor_of(request))
    return listing(children, paging(request.query))


@routes.post(ONE + "/timeline")
async def add_to_timeline(request: web.Request) -> web.StreamResponse:
    task_id = request.match_info["task_id"]
    body = await read_model(request, AddTimelineEntry)
    await services_of(request).tasks.add_timeline(task_id, body, actor_of(request))
    answer = {"success": True, "taskId": task_id, "message": body.message, "type": body.type}
    return reply(answer | {"sessionId": body.session_id or actor_of(request).session_id})
