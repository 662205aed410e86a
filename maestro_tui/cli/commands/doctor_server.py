"""What a doctor asks the server: whether it runs, takes the token, can read its files, and has runners."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from maestro_tui import environment
from maestro_tui.cli.call import Call
from maestro_tui.cli.checks import Check
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.paths import bundled
from maestro_tui.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["server_checks"]

BUNDLED_SKILLS = ("maestro-cli", "maestro-worker", "maestro-orchestrator")


def server_checks(call: Call) -> Iterator[Check]:
    """Of the server that would be asked, and of all that only it can tell."""
    yield _discovery(call)
    yield from _reached(call)


def _discovery(call: Call) -> Check:
    """Whether the server of this home has published itself, and still runs."""
    path = call.context.home.discovery
    if (found := call.context.discovered()) is not None:
        return Check("discovery", "ok", f"{path} names the running server, pid {found.pid}")
    given = any(call.context.setting(name) for name in (environment.API_URL, environment.SERVER_URL))
    if not path.exists():
        message = "no server of this home is running"
        return Check("discovery", "ok", f"{message}; the address is given") if given else _not_running(message)
    if (pid := _pid(path)) is None:
        return _not_running(f"{path} cannot be read, or is not what a server writes")
    return _not_running(f"{path} was left by a server that has ended (pid {pid}), and counts for nothing")


def _not_running(message: str) -> Check:
    return Check("discovery", "warning", message, "start maestro-tui serve, or maestro-tui, which brings its own")


def _pid(path: Path) -> int | None:
    import json

    try:
        pid = json.loads(path.read_bytes())["pid"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return pid if isinstance(pid, int) else None


def _reached(call: Call) -> Iterator[Check]:
    api = call.connect(retries=0, timeout_seconds=5.0)
    try:
        health = api.get("/health")
    except Failure as failure:
        yield Check("server", "failed", failure.message, failure.suggestion, exit_code=failure.exit_code)
        return
    version = health.get("version")
    where = f"{api.server.url} [{api.server.source}]"
    if version not in (None, __version__):
        yield Check("server", "warning", f"{where} is version {version}, this is {__version__}", "restart it")
    else:
        yield Check("server", "ok", where)
    token = _token(call)
    yield token
    if token.state == "ok":
        yield from _findings(call)
        yield _runner(call)


def _token(call: Call) -> Check:
    try:
        projects = call.api.get("/api/projects")
    except Failure as failure:
        return Check("token", "failed", failure.message, _token_advice(call), exit_code=failure.exit_code)
    return Check("token", "ok", f"accepted; {len(projects)} projects can be read")


def _token_advice(call: Call) -> str:
    given = [
        name
        for name in (environment.TOKEN, environment.API_URL, environment.SERVER_URL)
        if call.context.value(name)
    ]
    if given:
        return f"unset {' '.join(given)}, or set MAESTRO_HOME to the home of that server, where its token is"
    return "it is the server of another home: set MAESTRO_HOME to that, or start your own with maestro-tui serve"


def _findings(call: Call) -> Iterator[Check]:
    """Stored files and skills with something wrong in them, which only the owner is told."""
    try:
        found = call.api.get("/api/findings")
    except Failure as failure:
        yield Check("documents", "warning", failure.message, "run it outside of a session's pane")
        return
    yield _documents(found)
    yield _skills(found["skills"])


def _skills(findings: list[dict[str, Any]]) -> Check:
    missing = [name for name in BUNDLED_SKILLS if not (bundled("skills") / name).is_dir()]
    if missing:
        return Check(
            "skills",
            "failed",
            f"{', '.join(missing)}: not there, in {bundled('skills')}",
            "install maestro-tui again",
        )
    if not findings:
        return Check("skills", "ok", "all can be read")
    first = findings[0]
    told = ": ".join(filter(None, (first["file"], first["field"], first["message"])))
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return Check("skills", "warning", f"{told}{more}", "correct it; maestro skill validate names them all")


def _documents(found: dict[str, Any]) -> Check:
    troubles = [f"{name}: {result}" for name, result in found["checks"].items() if result != "ok"]
    if troubles:
        return Check("documents", "failed", "; ".join(troubles), "free some space, or look at the permissions")
    files = found["files"]
    if not files:
        return Check("documents", "ok", "all can be read")
    first = files[0]
    more = f" (and {len(files) - 1} more)" if len(files) > 1 else ""
    return Check(
        "documents",
        "failed",
        f"{first['path']}: {first['message']}{more}",
        "mend the file, the server takes it over; maestro-tui fsck names them all",
    )


def _runner(call: Call) -> Check:
    try:
        clients = call.api.get("/ws-status").get("clients", [])
    except Failure as failure:
        return Check("runner", "warning", failure.message, "maestro status")
    runners = [client for client in clients if client.get("runner")]
    if runners:
        return Check("runner", "ok", f"{len(runners)} connected: spawned sessions will start")
    return Check(
        "runner", "warning", "none is connected: spawned sessions wait", "start maestro-tui, or maestro-tui run"
    )
