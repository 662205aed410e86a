"""What clients that existed before ask for and this product does otherwise.

What they list is empty, what they read of a session says how it is, and what they want done is
refused with the command that does it here, so that whoever reads the answer can go on.
"""

import shlex
from typing import Any, NoReturn

from aiohttp import web
from pydantic import JsonValue

from maestro_tui.domain.errors import BusinessRuleBroken, Invalid, NotFound
from maestro_tui.domain.requests.body import Body, Id, Message, Word
from maestro_tui.domain.requests.sessions import AddSessionTimelineEntry
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import Role
from maestro_tui.server.bodies import read_model
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.replies import reply
from maestro_tui.services.spawn_manifest import mode_of

__all__ = ["routes"]

routes = web.RouteTableDef()

SESSION = "/api/sessions/{session_id}"
SPELLS = "/api/spells"


class Announcement(Body):
    """A sentence for people. device: which of their loudspeakers; there is none here."""

    text: Message
    device: Word | None = None


class HookEvent(Body):
    """That an agent's hook was called. payload: what the agent gave it."""

    session_id: Id
    event: Word
    payload: JsonValue = None


class Mode(Body):
    role: Word


@routes.post("/api/announce")
async def announce(request: web.Request) -> web.StreamResponse:
    """Nothing is spoken: it is progress of the session that says it."""
    body, actor = await read_model(request, Announcement), actor_of(request)
    session_id = actor.session_id or request.headers.get("X-Session-Id")
    if not session_id:
        raise Invalid.field(
            "sessionId", "an announcement is made by a session", suggestion="maestro update MESSAGE"
        )
    entry = AddSessionTimelineEntry(message=body.text)
    session = await services_of(request).sessions.add_timeline(session_id, entry, actor)
    message = "Nothing is spoken here: it stands on the timeline of the session, as its progress."
    return reply({"success": True, "spoken": False, "sessionId": session.id, "message": message})


@routes.post("/api/hooks/dispatch")
async def dispatch_hook(request: web.Request) -> web.StreamResponse:
    """No rule here holds an agent up or feeds it: the hook goes on at once."""
    body = await read_model(request, HookEvent)
    await services_of(request).sessions.get(body.session_id, actor_of(request))
    return reply({"exitCode": 0, "stdout": "", "blocked": False, "continued": False, "spells": []})


@routes.get(SESSION + "/mode")
async def get_mode(request: web.Request) -> web.StreamResponse:
    """The role of a session in the words of those clients."""
    return reply(_mode(await _session(request)))


@routes.post(SESSION + "/mode")
async def set_mode(request: web.Request) -> web.StreamResponse:
    """Refused for another role than it has: its brief was written for that one."""
    body, session = await read_model(request, Mode), await _session(request)
    mode = _mode(session)
    if body.role not in ("coordinator", "worker"):
        raise Invalid.field("role", "must be one of: coordinator, worker")
    if body.role != mode["role"]:
        raise BusinessRuleBroken(
            f"Session '{session.name}' is a {mode['role']} for good, since its brief was written for one;"
            " any session may spawn within the limits",
            suggestion="maestro session spawn --task TASK, or with --role orchestrator for one that coordinates",
        )
    return reply(mode | {"previousMode": mode["mode"], "changed": False})


@routes.get(SESSION + "/git")
async def git_status(request: web.Request) -> web.StreamResponse:
    """No session has a worktree made for it."""
    await _session(request)
    return reply({"hasWorktree": False})


@routes.get(SESSION + "/git/pr")
async def pull_request(request: web.Request) -> web.StreamResponse:
    """None was made by way of this server."""
    await _session(request)
    return reply({"pr": None})


@routes.get(SESSION + "/git/diff")
async def git_diff(request: web.Request) -> web.StreamResponse:
    """Refused: an empty answer would read as if nothing had changed."""
    _refuse_git(await _session(request), "diff")


@routes.post(SESSION + "/git/pr")
async def make_pull_request(request: web.Request) -> web.StreamResponse:
    """Refused."""
    _refuse_git(await _session(request), "push")


@routes.post(SESSION + "/git/merge")
async def git_merge(request: web.Request) -> web.StreamResponse:
    """Refused."""
    _refuse_git(await _session(request), "merge BRANCH")


@routes.get(SESSION + "/queue")
@routes.get(SESSION + "/queue/{part}")
@routes.post(SESSION + "/queue/{part}")
async def queue(request: web.Request) -> web.StreamResponse:
    """Refused: a session has tasks, and no queue beside them."""
    session = await _session(request)
    raise BusinessRuleBroken(
        f"Session '{session.name}' has no queue: it works on its {len(session.task_ids)} tasks, in any order",
        suggestion="maestro task list, then maestro task start TASK and maestro task complete TASK",
    )


@routes.get("/api/model-profiles")
@routes.get("/api/ensembles")
@routes.get(SPELLS)
@routes.get(SPELLS + "/definitions")
@routes.get(SPELLS + "/custom-prompts")
@routes.get(SPELLS + "/entities/{kind}")
async def none_of_them(_request: web.Request) -> web.StreamResponse:
    """None: there are no spells, ensembles and model profiles here."""
    return reply([])


@routes.get("/api/model-profiles/{profile_id}")
async def model_profile(request: web.Request) -> web.StreamResponse:
    """404: agents and their models stand in `config.toml`, and a spawn names them."""
    raise NotFound(
        f"There is no model profile '{request.match_info['profile_id']}'",
        suggestion="maestro session spawn --task TASK --agent AGENT --model MODEL",
    )


@routes.post("/api/ensembles/{ensemble_id}/message")
async def ensemble_message(request: web.Request) -> web.StreamResponse:
    """404: a message goes to a session."""
    raise NotFound(
        f"There is no ensemble '{request.match_info['ensemble_id']}'",
        suggestion='maestro session send SESSION "MESSAGE"',
    )


@routes.post(SPELLS)
@routes.post(SPELLS + "/invoke")
@routes.post(SPELLS + "/custom-prompts")
@routes.delete(SPELLS + "/custom-prompts/{spell_id}")
@routes.post(SPELLS + "/{spell_id}/{action}")
async def spell(_request: web.Request) -> web.StreamResponse:
    """Refused: what shall be said to a session is sent to it, and what an agent shall know is a skill."""
    raise BusinessRuleBroken(
        "There are no spells here: say it to the session, or write a skill for the sessions to come",
        suggestion='maestro session send SESSION "MESSAGE", or maestro skill new NAME',
    )


async def _session(request: web.Request) -> Session:
    return await services_of(request).sessions.get(request.match_info["session_id"], actor_of(request))


def _mode(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "mode": mode_of(session),
        "relation": "coordinated" if session.parent_session_id else "root",
        "role": "coordinator" if session.role is Role.ORCHESTRATOR else "worker",
    }


def _refuse_git(session: Session, command: str) -> NoReturn:
    raise BusinessRuleBroken(
        f"Session '{session.name}' has no worktree made for it: its agent works in a directory, with git itself",
        suggestion=f"git -C {shlex.quote(session.cwd) if session.cwd else 'DIRECTORY'} {command}",
    )
