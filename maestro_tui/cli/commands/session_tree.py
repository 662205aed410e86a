"""Sessions and those they started: listed as a tree, and stopped together."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from maestro_tui.cli.call import Call
from maestro_tui.cli.commands.task import DEFAULT_ROWS, rows_result
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.layout import Column, ago, line
from maestro_tui.cli.lookup import with_id
from maestro_tui.cli.output import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Node = dict[str, Any]

__all__ = ["children", "stop"]

COLUMNS = (
    Column("ID", "id"),
    Column("STATUS", "shown"),
    Column("DEPTH", "depth"),
    Column("NAME", "branch", flexible=True),
    Column("ROLE", "role"),
    Column("ACTIVE", "active"),
)
LIVE = frozenset({"spawning", "running", "idle"})


def children(call: Call, keep: Callable[[Node], bool], shown: Callable[[Node], str]) -> Result:
    """The sessions below one, as a tree. keep: which of them; those above one that is kept are shown too."""
    session = _session(call, call.context.require_session(call.invocation.text("session")))
    nodes = _kept(_below(call, session), keep)
    rows = [
        {**node, "shown": shown(node), "branch": f"{lead}{line(node['name'])}", "active": _active(node)}
        for node, lead in _drawn(nodes)
    ]
    limit = call.number("limit")
    most = DEFAULT_ROWS if limit is None else limit or len(rows)
    result = rows_result(call, rows[:most], COLUMNS, "No sessions below it", total=len(rows))
    return Result(nodes, result.lines, [row["id"] for row in rows])


def stop(call: Call) -> Result:
    """End a session, and those below it where that is wanted."""
    given = call.context.require_session(call.invocation.text("session"))
    wanted = _wanted(call, given)
    reason = call.text("reason")
    body = {} if reason is None else {"reason": reason}
    below: list[Node] = []
    if wanted == "stop" or (wanted is None and _may_ask(call)):
        session = _session(call, given)
        given, below = session["id"], _live_below(call, session)
        below = below if wanted == "stop" or _are_to_stop(session, below) else []
    answer = _stop_top(call, given, body, below)
    stopped = [_stopped(call, node, body) for node in below]
    if failures := [one for one in stopped if isinstance(one, Failure)]:
        raise failures[0]
    ids = [*([given] if answer.get("delivered", True) else []), *(node["id"] for node in below)]
    data = {**answer, "children": [one for one in stopped if one is not None]}
    return Result(data if below else answer, [f"{one} is being stopped" for one in ids], ids)


def _stop_top(call: Call, given: str, body: dict[str, Any], below: list[Node]) -> Any:
    """The answer; that it has ended already is no failure where there are others below it to stop."""
    try:
        return with_id(call, "session", given, lambda one: call.api.post(f"/api/sessions/{one}/stop", body))
    except Failure as failure:
        if not below or failure.code != "conflict":
            raise
        call.output.note(failure.message)
        return {"success": True, "sessionId": given, "delivered": False}


def _stopped(call: Call, node: Node, body: dict[str, Any]) -> Any:
    """The answer; None when it ended meanwhile, and the failure when it could not be stopped."""
    try:
        return call.api.post(f"/api/sessions/{node['id']}/stop", body)
    except Failure as failure:
        return None if failure.code in ("conflict", "resource_not_found") else failure


def _wanted(call: Call, given: str) -> str | None:
    """What `--children` says. Raises Failure when it is neither `stop` nor `keep`."""
    wanted = call.invocation.text("children")
    if wanted not in (None, "stop", "keep"):
        raise Failure(
            "invalid_request",
            f"--children must be stop or keep, not '{wanted}'",
            suggestion=f"maestro session stop {given} --children stop",
        )
    return wanted


def _are_to_stop(session: Node, below: list[Node]) -> bool:
    """Ask the person at the terminal; there is nothing to ask where nothing is below."""
    if not below:
        return False
    names = ", ".join(line(node["name"]) for node in below[:5]) + (", …" if len(below) > 5 else "")
    many = "1 live session" if len(below) == 1 else f"{len(below)} live sessions"
    print(f"{line(session['name'])} has {many} below it: {names}", file=sys.stderr)
    print("Stop them too? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _may_ask(call: Call) -> bool:
    """Whether a person sits there: a terminal on both sides, and no agent's pane."""
    output = call.output
    is_person = call.context.session_id is None and not (output.json or output.quiet)
    return is_person and output.is_terminal and sys.stdin.isatty()


def _session(call: Call, given: str) -> Node:
    session: Node = with_id(call, "session", given, lambda one: call.api.get(f"/api/sessions/{one}"))
    return session


def _below(call: Call, session: Node) -> list[Node]:
    """The sessions that this one started, each with those below it."""
    tree = call.api.get("/api/sessions/tree", projectId=session["projectId"])
    found = next((node for node in _walk(tree) if node["id"] == session["id"]), None)
    return found["children"] if found else []


def _live_below(call: Call, session: Node) -> list[Node]:
    return [node for node in _walk(_below(call, session)) if node["status"] in LIVE]


def _walk(nodes: list[Node]) -> Iterator[Node]:
    return (node for node, _ in _drawn(nodes))


def _kept(nodes: list[Node], keep: Callable[[Node], bool]) -> list[Node]:
    kept: dict[str, Node] = {}
    for node in reversed(list(_walk(nodes))):  # children before parents
        below = [kept[child["id"]] for child in node["children"] if child["id"] in kept]
        if below or keep(node):
            kept[node["id"]] = {**node, "children": below}
    return [kept[node["id"]] for node in nodes if node["id"] in kept]


def _drawn(nodes: list[Node]) -> Iterator[tuple[Node, str]]:
    """Every node, parents before children, with the lines that lead to it."""
    waiting = [(node, "", "") for node in reversed(nodes)]
    while waiting:
        node, lead, indent = waiting.pop()
        yield node, lead
        last = len(node["children"]) - 1
        branches = [
            (child, f"{indent}{'└─ ' if index == last else '├─ '}", f"{indent}{'   ' if index == last else '│  '}")
            for index, child in enumerate(node["children"])
        ]
        waiting += reversed(branches)


def _active(node: Node) -> str:
    return f"{ago(node['lastActivity'])} ago"
