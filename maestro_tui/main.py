"""The `maestro-tui` command and the composition root: the only module that knows both wings.

Everything heavy is imported by the command that needs it.
"""

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, NoReturn

from maestro_tui import operations
from maestro_tui.domain.errors import MaestroError
from maestro_tui.paths import Home
from maestro_tui.version import __version__

if TYPE_CHECKING:
    from maestro_tui.config.sources import LoadedSettings
    from maestro_tui.server.serving import ServerInfo

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 1 refused or failed, 2 usage, 130 interrupted."""
    arguments = _parser().parse_args(argv)
    try:
        sys.exit(arguments.run(arguments))
    except MaestroError as error:
        _complain(error.message, error.suggestion)
    except PermissionError as error:
        _complain(str(error), None)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(1)


def _complain(message: str, suggestion: str | None) -> None:
    print(f"maestro-tui: {message}", file=sys.stderr)
    if suggestion:
        print(f"  → {suggestion}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="maestro-tui", description="The terminal cockpit for people who run several AI coding agents at once."
    )
    parser.add_argument("--version", action="version", version=f"maestro-tui {__version__}")
    parser.add_argument("--port", type=int, help="port to serve on (default 4567; the next free one when taken)")
    parser.set_defaults(run=_run_cockpit)
    commands = parser.add_subparsers(title="commands", metavar="")

    serve = commands.add_parser("serve", help="run the server without a screen")
    serve.add_argument("--port", type=int, default=argparse.SUPPRESS, help="port to serve on")
    serve.set_defaults(run=_run_server)

    run = commands.add_parser("run", help="run agents without a screen, for a server that runs already or here")
    run.set_defaults(run=_run_runner)

    demo = commands.add_parser("demo", help="an example project with scripted agents, in a temporary home")
    demo.add_argument("--pace", type=float, default=1.0, help="seconds a beat of the play lasts (default 1)")
    demo.set_defaults(run=_run_demo)

    operations.add_commands(commands)
    return parser


def _run_cockpit(arguments: argparse.Namespace) -> int:
    _require_terminal()
    home = _prepare(Home.from_environment())
    return asyncio.run(_cockpit(home, _settings(home, arguments)))


def _run_server(arguments: argparse.Namespace) -> int:
    home = _prepare(Home.from_environment())
    loaded = _settings(home, arguments)
    return asyncio.run(_headless(home, loaded, with_runner=False))


def _run_runner(arguments: argparse.Namespace) -> int:
    home = _prepare(Home.from_environment())
    return asyncio.run(_headless(home, _settings(home, arguments), with_runner=True))


def _run_demo(arguments: argparse.Namespace) -> int:
    from maestro_tui.demo.example import temporary_home

    _require_terminal()
    with temporary_home(arguments.pace) as home:
        return asyncio.run(_cockpit(home, _settings(home, arguments), demo=True))


def _prepare(home: Home) -> Home:
    from maestro_tui.files import ensure_private_directory

    ensure_private_directory(home.root)
    return home


def _settings(home: Home, arguments: argparse.Namespace) -> "LoadedSettings":
    from maestro_tui.config.sources import load_settings

    return load_settings(home.config, flags={("server", "port"): arguments.port})


def _require_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise MaestroError(
            "the cockpit needs a terminal", suggestion="without one: maestro-tui serve, or maestro-tui run"
        )


async def _cockpit(home: Home, loaded: "LoadedSettings", *, demo: bool = False) -> int:
    """One cockpit: a server of its own or the one that runs already, a feed, a runner, the screens."""
    from maestro_tui.client.feed import Feed
    from maestro_tui.files import ensure_private_directory
    from maestro_tui.runner.runner import Runner, runner_id
    from maestro_tui.runner.terminals import Terminals
    from maestro_tui.telemetry.logs import log_to_file
    from maestro_tui.tui.app import CockpitApp

    log_to_file(ensure_private_directory(home.logs) / "cockpit.log")
    identity = runner_id(home)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(_reach_server(home, loaded))
        feed = await stack.enter_async_context(Feed(server.url, server.token, runner_id=identity))
        terminals = await stack.enter_async_context(Terminals())
        await stack.enter_async_context(Runner(feed, home, loaded.settings, terminals, runner_id=identity))
        if demo:
            from maestro_tui.demo.example import begin

            await begin(feed.api, str(home.root))
        app = CockpitApp(
            feed,
            terminals,
            settings=loaded.settings,
            theme_directories=(home.themes,),
            notices=[str(finding) for finding in loaded.findings],
        )
        await app.run_async()
        return app.return_code or 0


async def _headless(home: Home, loaded: "LoadedSettings", *, with_runner: bool) -> int:
    """The server, or a runner with the server it needs, until SIGINT or SIGTERM."""
    from maestro_tui.telemetry.logs import log_as_json

    log_as_json()
    for finding in loaded.findings:
        print(f"maestro-tui: {finding}", file=sys.stderr)
    async with AsyncExitStack() as stack:
        if with_runner:
            server = await stack.enter_async_context(_reach_server(home, loaded))
            await stack.enter_async_context(_running_runner(home, loaded, server))
        else:
            server = await stack.enter_async_context(_own_server(home, loaded))
        print(f"maestro-tui: serving {home.root} on {server.url} (process {os.getpid()})", flush=True)
        await _until_told_to_stop()
    return 0


@asynccontextmanager
async def _running_runner(home: Home, loaded: "LoadedSettings", server: "ServerInfo") -> AsyncIterator[None]:
    from maestro_tui.client.feed import Feed
    from maestro_tui.runner.runner import Runner, runner_id
    from maestro_tui.runner.terminals import Terminals

    identity = runner_id(home)
    async with (
        Feed(server.url, server.token, runner_id=identity) as feed,
        Terminals() as terminals,
        Runner(feed, home, loaded.settings, terminals, runner_id=identity),
    ):
        yield


@asynccontextmanager
async def _reach_server(home: Home, loaded: "LoadedSettings") -> AsyncIterator["ServerInfo"]:
    """A server of our own, or the one that already owns the data directory."""
    from maestro_tui.server.serving import DirectoryInUse

    async with AsyncExitStack() as stack:
        try:
            server = await stack.enter_async_context(_own_server(home, loaded))
        except DirectoryInUse as taken:
            if taken.info is None:
                raise
            server = taken.info
        yield server


@asynccontextmanager
async def _own_server(home: Home, loaded: "LoadedSettings") -> AsyncIterator["ServerInfo"]:
    from maestro_tui.server.serving import serve

    async with serve(home, loaded.settings) as info:
        yield info


async def _until_told_to_stop() -> None:
    import signal

    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    with contextlib.suppress(asyncio.CancelledError):
        await told.wait()
