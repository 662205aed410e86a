"""The command that looks after the PTY hosts of this machine: `hosts`, `hosts adopt` and `hosts stop`.

A host outlives whoever started it, so one may run here that the server does not know, or have died and
left its agent running. The list says what each is; what it says can be done with it, the two actions do.
"""

import argparse
import asyncio
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from maestro_tui.domain.errors import MaestroError, NotFound, Unavailable
from maestro_tui.domain.text import clean_line
from maestro_tui.paths import Home

if TYPE_CHECKING:
    from maestro_tui.cli.transport import Transport
    from maestro_tui.runner.hosts import Hosts, Orphan, UnknownHost

__all__ = ["add_commands", "described", "strangers"]


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add `hosts`; each action sets `run`, which takes the parsed arguments and returns an exit status."""
    hosts = commands.add_parser("hosts", help="agents that run on this machine and that nobody knows or reaches")
    hosts.set_defaults(run=_list)
    actions = hosts.add_subparsers(title="actions", metavar="")
    adopt = actions.add_parser("adopt", help="make the session of a host known to the server")
    adopt.add_argument("session", help="its id")
    adopt.add_argument("--project", help="the project it goes to; by default the one it was started for")
    adopt.set_defaults(run=_adopt)
    stop = actions.add_parser("stop", help="end what runs there: politely first, then firmly")
    stop.add_argument("session", help="its id")
    stop.set_defaults(run=_stop)


def strangers(unknown: "tuple[UnknownHost, ...]", orphans: "tuple[Orphan, ...]") -> list[str]:
    """What is to be said of hosts that nobody knows and of what dead ones left, with the commands that help."""
    lines = [*map(described, unknown), *map(described, orphans)]
    if unknown:
        lines.append("  adopt one: maestro-tui hosts adopt SESSION")
    if lines:
        lines.append("  end one:   maestro-tui hosts stop SESSION")
    return lines


def described(one: "UnknownHost | Orphan") -> str:
    """One line about it."""
    what = "its host died, out of reach" if hasattr(one, "pid") else "the server does not know it"
    started = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.started_at / 1000))
    return clean_line(f"{one.session_id}  {one.name}: {one.program}, since {started}; {what}")


def _list(_: argparse.Namespace) -> int:
    """0 nothing to do, 1 there is something that nobody knows or reaches."""
    unknown, orphans = asyncio.run(_found(_hosts()))
    lines = strangers(unknown, orphans)
    print("\n".join(lines) if lines else "nothing runs here that nobody knows or reaches")
    return 1 if lines else 0


def _adopt(arguments: argparse.Namespace) -> int:
    unknown, _ = asyncio.run(_found(_hosts()))
    host = next((one for one in unknown if one.session_id == arguments.session), None)
    if host is None:
        raise _no_such(arguments.session)
    project_id = arguments.project or host.project_id
    if not project_id:
        raise NotFound("Nobody knows which project it was started for", suggestion="--project ID")
    with _Server() as server:
        fields = host.fields() if project_id == host.project_id else {"name": host.fields()["name"]}
        tasks = [one for one in host.task_ids if server.knows(f"/api/tasks/{one}")]
        body = {"id": host.session_id, "status": "running", "projectId": project_id, "taskIds": tasks, **fields}
        server.ask("POST", "/api/sessions", body)
    print(f"adopted: {host.session_id}; the next cockpit or runner here shows it")
    return 0


def _stop(arguments: argparse.Namespace) -> int:
    """Ends only what the server cannot: a session that it knows is stopped by way of it, which notes who asked."""
    hosts = _hosts()
    unknown, orphans = asyncio.run(_found(hosts))
    left = {one.session_id for one in orphans}
    if arguments.session not in left | {one.session_id for one in unknown}:
        raise _no_such(arguments.session)
    try:
        asyncio.run(hosts.stop(arguments.session))
    except (OSError, TimeoutError) as error:
        raise Unavailable(
            f"It did not end: {error or 'some of it ignores KILL'}", suggestion="maestro-tui hosts"
        ) from error
    if arguments.session in left:
        _note_end(arguments.session)
    print(f"stopped: {arguments.session}")
    return 0


def _note_end(session_id: str) -> None:
    """A server that takes the session for lost learns that nothing of it runs any more."""
    reason = "its PTY host died; what it had left running was stopped by the owner"
    try:
        with _Server() as server:
            server.ask("PATCH", f"/api/sessions/{session_id}", {"status": "stopped", "reason": reason})
    except MaestroError as error:
        print(f"maestro-tui: {clean_line(error.message)}", file=sys.stderr)


async def _found(hosts: "Hosts") -> "tuple[tuple[UnknownHost, ...], tuple[Orphan, ...]]":
    """Those that nobody knows, as far as a server can be asked, and those out of reach."""
    unknown: tuple[UnknownHost, ...] = ()
    try:
        with _Server() as server:
            alive = await hosts.unknown(())
            unknown = tuple(one for one in alive if not server.knows(f"/api/sessions/{one.session_id}"))
    except Unavailable as error:
        print(f"maestro-tui: {error.message}, so only what dead hosts left is looked for", file=sys.stderr)
    return unknown, await hosts.orphans()


def _hosts() -> "Hosts":
    from maestro_tui.runner.hosts import Hosts

    return Hosts(Home.from_environment())


def _no_such(session_id: str) -> NotFound:
    return NotFound(
        f"No host '{clean_line(session_id)}' that nobody knows or reaches runs here",
        suggestion=f"maestro-tui hosts lists them; known ones: maestro session stop {clean_line(session_id)}",
    )


class _Server:
    """The running server of this home, asked as its owner. Every method raises MaestroError."""

    def __enter__(self) -> "_Server":
        from maestro_tui.access import owner_transport

        self._transport: Transport = owner_transport(Home.from_environment(os.environ))
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.close()

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        from maestro_tui.cli.diagnostics import Failure

        try:
            self._transport.request(method, path, body)
        except Failure as failure:
            raise MaestroError(failure.message, suggestion=failure.suggestion) from None

    def knows(self, path: str) -> bool:
        """Whether there is such a document."""
        from maestro_tui.cli.diagnostics import Failure

        try:
            self._transport.request("GET", path)
        except Failure as failure:
            if failure.code == "resource_not_found":
                return False
            raise MaestroError(failure.message, suggestion=failure.suggestion) from None
        return True
