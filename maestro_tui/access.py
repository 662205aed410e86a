"""The commands that look after who may talk to a running server: `token rotate` and `token revoke`."""

import argparse
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maestro_tui.cli.transport import Transport
    from maestro_tui.paths import Home

__all__ = ["add_commands", "owner_transport"]


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add `token`; each action sets `run`, which takes the parsed arguments and returns an exit status."""
    token = commands.add_parser("token", help="take tokens away: the owner's for a new one, a session's for good")
    actions = token.add_subparsers(title="actions", metavar="", required=True)
    rotate = actions.add_parser("rotate", help="the running server makes itself a new owner's token")
    rotate.set_defaults(run=_rotate)
    revoke = actions.add_parser("revoke", help="the token of a session opens nothing any more; its agent runs on")
    revoke.add_argument("session", help="its id")
    revoke.set_defaults(run=_revoke)


def _rotate(_: argparse.Namespace) -> int:
    _ask("POST", "/api/token/rotate", {})
    print("rotated: the new token is in server.json of the home; cockpits on this machine find it by themselves")
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    from maestro_tui.domain.errors import Invalid
    from maestro_tui.domain.ids import is_id

    if not is_id(arguments.session):
        raise Invalid("A session's id is letters, digits, '-' and '_'", suggestion="maestro session list")
    _ask("DELETE", f"/api/sessions/{arguments.session}/token", None)
    print(f"revoked: the token of {arguments.session}; restart the session to give it another")
    return 0


def _ask(method: str, path: str, body: dict[str, Any] | None) -> None:
    """Say it to the running server of this home, as its owner. Raises MaestroError."""
    from maestro_tui.cli.diagnostics import Failure
    from maestro_tui.domain.errors import MaestroError
    from maestro_tui.paths import Home

    transport = owner_transport(Home.from_environment(os.environ))
    try:
        transport.request(method, path, body)
    except Failure as failure:
        raise MaestroError(failure.message, suggestion=failure.suggestion) from None
    finally:
        transport.close()


def owner_transport(home: "Home") -> "Transport":
    """The way to the running server of a home, as its owner. Raises Unavailable when none runs."""
    from maestro_tui import discovery
    from maestro_tui.cli.context import Server
    from maestro_tui.cli.transport import Retries, Transport
    from maestro_tui.domain.errors import Unavailable

    found = discovery.read(home)
    if found is None:
        raise Unavailable(f"No server runs on {home.root}", suggestion="maestro-tui serve")
    server = Server(found.url, str(home.discovery))
    server.token = found.token
    return Transport(server, retries=Retries(0))
