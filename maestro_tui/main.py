"""The `maestro-tui` command and the composition root: the only module that knows both wings.

Everything heavy is imported by the command that needs it.
"""

import argparse
import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from maestro_tui import access, hosts, operations, settings_flags
from maestro_tui.attach.arguments import add_arguments
from maestro_tui.domain.errors import MaestroError
from maestro_tui.lifetime import in_background, on_signals, until_told_to_stop
from maestro_tui.paths import Home
from maestro_tui.version import __version__

if TYPE_CHECKING:
    from maestro_tui.client.feed import Feed
    from maestro_tui.config.settings import Settings
    from maestro_tui.config.sources import LoadedSettings
    from maestro_tui.runner.terminals import Terminals

__all__ = ["command_line", "main"]

SETTLE_SECONDS = 3.0
"""When everything a cockpit keeps for its lifetime has been imported and made."""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 1 refused or failed, 2 usage or unsafe, 130 interrupted."""
    arguments = command_line().parse_args(argv)
    try:
        sys.exit(arguments.run(arguments))
    except MaestroError as error:
        _complain(error.message, error.suggestion)
        sys.exit(2 if error.code == "UNSAFE_ADDRESS" else 1)
    except OSError as error:  # what the machine refuses: a directory, a file, the place of the output
        _complain(_reason(error), None)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(1)


def _complain(message: str, suggestion: str | None) -> None:
    print(f"maestro-tui: {message}", file=sys.stderr)
    if suggestion:
        print(f"  → {suggestion}", file=sys.stderr)


def _reason(error: OSError) -> str:
    text = error.strerror or str(error)
    return f"{error.filename}: {text}" if error.filename else text


def command_line() -> argparse.ArgumentParser:
    """The parser of the command line: what it runs is in `run` of what it parsed."""
    parser = argparse.ArgumentParser(
        prog="maestro-tui", description="The terminal cockpit for people who run several AI coding agents at once."
    )
    parser.add_argument("--version", action="version", version=f"maestro-tui {__version__}")
    parser.add_argument("--port", type=int, help="port to serve on (default 4567; the next free one when taken)")
    settings_flags.add(parser, absent=None)
    parser.set_defaults(run=_run_cockpit)
    commands = parser.add_subparsers(title="commands", metavar="")

    serve = commands.add_parser("serve", help="run the server without a screen")
    serve.add_argument("--port", type=int, default=argparse.SUPPRESS, help="port to serve on")
    settings_flags.add(serve, absent=argparse.SUPPRESS)
    serve.set_defaults(run=_run_server)

    run = commands.add_parser("run", help="run agents without a screen, for a server that runs already or here")
    settings_flags.add(run, absent=argparse.SUPPRESS)
    run.set_defaults(run=_run_runner)

    attach = commands.add_parser("attach", help="show one session alone in this terminal")
    add_arguments(attach)
    attach.set_defaults(run=_run_attach)

    demo = commands.add_parser("demo", help="an example project with scripted agents, in a temporary home")
    demo.add_argument("--pace", type=float, default=1.0, help="seconds a beat of the play lasts (default 1)")
    demo.set_defaults(run=_run_demo)

    hosts.add_commands(commands)
    operations.add_commands(commands)
    access.add_commands(commands)
    settings_flags.add_commands(commands)
    return parser


def _run_cockpit(arguments: argparse.Namespace) -> int:
    _require_terminal()
    home = _prepare(Home.from_environment())
    loaded = _settings(home, arguments)
    with _traces(loaded):
        return asyncio.run(_cockpit(home, loaded))


def _run_server(arguments: argparse.Namespace) -> int:
    home = _prepare(Home.from_environment())
    loaded = _settings(home, arguments)
    with _traces(loaded):
        return asyncio.run(_headless(home, loaded, with_runner=False))


def _run_runner(arguments: argparse.Namespace) -> int:
    home = _prepare(Home.from_environment())
    loaded = _settings(home, arguments)
    with _traces(loaded):
        return asyncio.run(_headless(home, loaded, with_runner=True))


def _run_attach(arguments: argparse.Namespace) -> int:
    from maestro_tui.attach.command import attach

    return attach(Home.from_environment(), arguments)


def _run_demo(arguments: argparse.Namespace) -> int:
    from maestro_tui.demo.example import temporary_home

    _require_terminal()
    with temporary_home(arguments.pace) as home:
        return asyncio.run(_cockpit(home, _settings(home, arguments), demo=True))


def _prepare(home: Home) -> Home:
    from maestro_tui.files import ensure_private_directory

    try:
        ensure_private_directory(home.root)
    except OSError as error:
        if error.errno is None:  # one that says itself what to do
            raise
        raise MaestroError(
            f"{home.root} cannot be made: {error.strerror}", suggestion="choose another MAESTRO_HOME"
        ) from error
    return home


def _settings(home: Home, arguments: argparse.Namespace) -> "LoadedSettings":
    from maestro_tui.config.sources import load_settings

    return load_settings(home.config, flags=settings_flags.given(arguments))


def _traces(loaded: "LoadedSettings") -> AbstractContextManager[None]:
    from maestro_tui.telemetry.tracing import exporting

    return exporting("maestro-tui", wanted=loaded.settings.telemetry.traces)


def _require_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise MaestroError(
            "the cockpit needs a terminal", suggestion="without one: maestro-tui serve, or maestro-tui run"
        )


async def _cockpit(home: Home, loaded: "LoadedSettings", *, demo: bool = False) -> int:
    """One cockpit: a server of its own or the one that runs already, a runner, the screens."""
    from maestro_tui.files import ensure_private_directory
    from maestro_tui.runner.hosts import Hosts
    from maestro_tui.telemetry.logs import log_to_file
    from maestro_tui.tui.app import CockpitApp
    from maestro_tui.tui.outer_terminal import leave_on_hangup

    log = ensure_private_directory(home.logs) / "cockpit.log"
    log_to_file(log)
    async with AsyncExitStack() as stack:
        feed, terminals = await stack.enter_async_context(_agents(home, loaded.settings))
        if demo:
            from maestro_tui.demo.example import begin, end

            stack.push_async_callback(end, terminals)
            await begin(feed.api, str(home.root))
        app = CockpitApp(
            feed,
            terminals,
            settings=loaded.settings,
            theme_directories=(home.themes,),
            state=home.state / "cockpit.json",
            notices=[str(finding) for finding in loaded.findings],
            hosts=Hosts(home),
            log=log,
        )
        on_signals((signal.SIGTERM,), app.exit)
        leave_on_hangup(app.exit)
        asyncio.get_running_loop().call_later(SETTLE_SECONDS, _settle)
        await app.run_async()
        return app.return_code or 0


async def _say(lines: Coroutine[Any, Any, list[str]]) -> None:
    for line in await lines:
        print(f"maestro-tui: {line}", flush=True)


def _settle() -> None:
    """Leave what the start made out of every later garbage collection: one took 60 ms, in which no key moves."""
    gc.collect()
    gc.freeze()


async def _headless(home: Home, loaded: "LoadedSettings", *, with_runner: bool) -> int:
    """The server, or a runner with the server it needs, until SIGINT or SIGTERM."""
    from maestro_tui.telemetry.logs import log_as_json

    log_as_json()
    for finding in loaded.findings:
        print(f"maestro-tui: {finding}", file=sys.stderr)
    lasting = _runner_alone if with_runner else _server_alone
    await until_told_to_stop(lasting(home, loaded.settings))
    return 0


async def _server_alone(home: Home, settings: "Settings") -> None:
    from maestro_tui.server.serving import serve

    async with serve(home, settings) as server:
        print(f"maestro-tui: serving {home.root} on {server.url}", flush=True)
        await asyncio.Event().wait()


async def _runner_alone(home: Home, settings: "Settings") -> None:
    from maestro_tui.look_back import here, look_back

    async with here(home) as left_at, _agents(home, settings) as (feed, _):
        print(f"maestro-tui: running agents of {home.root} for {feed.connection.url}", flush=True)
        async with in_background(_say(look_back(feed, home, left_at)), "look back"):
            await asyncio.Event().wait()


@asynccontextmanager
async def _agents(home: Home, settings: "Settings") -> AsyncIterator[tuple["Feed", "Terminals"]]:
    """A server, a feed from it, and a runner for its sessions. Leaving detaches; the agents live on."""
    from maestro_tui.client.address import discovered
    from maestro_tui.client.feed import Feed
    from maestro_tui.client.reconnect import delays_for
    from maestro_tui.runner.checkpoints import Checkpoints
    from maestro_tui.runner.runner import Runner, runner_id_for
    from maestro_tui.runner.terminals import Terminals
    from maestro_tui.server.joining import serving_or_joined

    identity = runner_id_for(home)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving_or_joined(home, settings))
        limits = settings.reconnect
        delays = delays_for(server.url, first=limits.first_seconds, longest=limits.longest_seconds)
        feed = Feed(
            server.url,
            server.token,
            runner_id=identity,
            state=home.state,
            locate=discovered(home),
            delays=delays,
        )
        await stack.enter_async_context(feed)
        checkpoints = Checkpoints(scrollback_lines=settings.sessions.scrollback_lines)
        terminals = Terminals(directory_of=home.session, checkpoints=checkpoints)
        stack.callback(terminals.close_all)
        runner = Runner(feed, home, settings, terminals, runner_id=identity)
        await stack.enter_async_context(in_background(runner.run(), "runner"))
        yield feed, terminals
