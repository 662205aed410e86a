"""`maestro doctor`: one line per check, and what to do where one fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from maestro_tui.cli.call import Call
from maestro_tui.cli.checks import Check
from maestro_tui.cli.commands.doctor_server import server_checks
from maestro_tui.cli.layout import line, status_word
from maestro_tui.cli.output import Result
from maestro_tui.domain.text import clean_line
from maestro_tui.version import __version__

__all__ = ["doctor"]

AGENTS = ("claude", "codex", "gemini", "opencode", "aider")
OURS = b"maestro_tui"
SMALLEST = 80, 24
_MULTIPLEXERS = (("tmux", "TMUX"), ("zellij", "ZELLIJ"), ("screen", "STY"))
LARGEST_SCRIPT = 65_536
VERSION_SECONDS = 5.0


def doctor(call: Call) -> Result:
    checks = [
        _python(),
        _path(call.context.environ),
        _home(call),
        *server_checks(call),
        _context(call),
        _agents(call.context.environ),
        _terminal(call.context.environ),
    ]
    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        lines.append(
            f"{status_word(f'{check.state:<7}', call.output)}  {check.name:<{width}}  {line(check.message)}"
        )
        if check.advice:
            lines.append(f"{'':<9}{'':<{width}}  → {line(check.advice)}")
    exit_code = max(check.exit_code for check in checks)
    told = [check.to_json() for check in checks]
    if wanted := call.invocation.text("report"):
        from maestro_tui.cli.commands.report_bundle import write_report

        size = write_report(call, Path(wanted).expanduser(), told)
        lines.append(f"written: {line(wanted)}, {size} bytes; have a look inside before you send it")
    return Result(told, lines, exit_code=exit_code)


def _python() -> Check:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Check("python", "ok", f"{version} at {sys.executable}; maestro {__version__}")


def _path(environ: Mapping[str, str]) -> Check:
    """Which `maestro` a shell finds first; several programs are called that."""
    found = list(dict.fromkeys(_all_on_path("maestro", environ.get("PATH", ""))))
    if not found:
        return Check("path", "warning", "no maestro is on PATH", "add the directory it was installed to")
    foreign = [program for program in found if not _is_ours(program)]
    if foreign and foreign[0] == found[0]:
        return Check(
            "path",
            "failed",
            f"{found[0]} is another program called maestro",
            "put the directory of ours before it on PATH; in panes it already stands first",
        )
    others = f"; {len(foreign)} other program of that name comes later" if foreign else ""
    return Check("path", "ok", f"{found[0]}{others}")


def _all_on_path(name: str, path: str) -> Iterator[str]:
    for directory in path.split(os.pathsep):
        if directory and (program := shutil.which(name, path=directory)):
            yield program


def _is_ours(program: str) -> bool:
    try:
        with Path(program).open("rb") as file:
            return OURS in file.read(LARGEST_SCRIPT)
    except OSError:
        return False


def _home(call: Call) -> Check:
    root = call.context.home.root
    if not root.exists():
        return Check("home", "warning", f"{root} does not exist yet", "the first start of maestro-tui makes it")
    if not os.access(root, os.W_OK | os.X_OK):
        is_mounted_so = bool(os.statvfs(root).f_flag & os.ST_RDONLY)
        message = f"{root} {'is on a read-only file system' if is_mounted_so else 'cannot be written'}"
        advice = "mount it writable" if is_mounted_so else f"chmod u+rwx {root}"
        return Check("home", "failed", message, f"{advice}, or set MAESTRO_HOME to a place of yours")
    discovery = call.context.home.discovery
    if _is_open(discovery):
        message = f"{discovery} can be read by others, and the token in it"
        return Check("home", "failed", message, f"chmod go-rwx {discovery}, then maestro-tui token rotate")
    free = shutil.disk_usage(root).free // 1_048_576
    if free < 64:
        return Check("home", "failed", f"{root}: only {free} MiB are free", "free some space")
    if _is_open(root):
        return Check("home", "warning", f"{root} can be looked into by others", f"chmod go-rwx {root}")
    return Check("home", "ok", f"{root}, {free} MiB free")


def _is_open(path: Path) -> bool:
    """Whether other users of this machine get at it."""
    try:
        return bool(path.stat().st_mode & 0o077)
    except OSError:
        return False


def _context(call: Call) -> Check:
    project = call.context.project()
    if project is None:
        return Check("project", "warning", "none is chosen", "maestro project use ID")
    return Check("project", "ok", f"{project.value} [{project.source}]")


def _agents(environ: Mapping[str, str]) -> Check:
    path = environ.get("PATH")
    programs = {agent: program for agent in AGENTS if (program := shutil.which(agent, path=path))}
    if programs:
        asked = [(agent, _ask_version(program, environ)) for agent, program in programs.items()]
        return Check(
            "agents", "ok", ", ".join(f"{agent} {_version(process)}".rstrip() for agent, process in asked)
        )
    return Check(
        "agents", "warning", "none is installed; sessions get a shell", f"install one of {', '.join(AGENTS)}"
    )


def _ask_version(program: str, environ: Mapping[str, str]) -> subprocess.Popen[str] | None:
    """Asked all at once, since some take a second to say it."""
    try:
        return subprocess.Popen(
            [program, "--version"],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError:
        return None


def _version(process: subprocess.Popen[str] | None) -> str:
    """The number in what it says; empty when it says none in time."""
    if process is None:
        return "(cannot be started)"
    try:
        said, _ = process.communicate(timeout=VERSION_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "(does not say its version)"
    numbers = [word for word in said[:LARGEST_SCRIPT].split() if word.lstrip("v")[:1].isdigit()]
    return clean_line(numbers[0])[:40] if numbers else ""


def _terminal(environ: Mapping[str, str]) -> Check:
    """What the cockpit would find: kind, colours, characters, size, and what stands between."""
    kind = environ.get("TERM", "")
    if kind in ("", "dumb"):
        return Check("terminal", "warning", "TERM says nothing of use", "export TERM=xterm-256color")
    outer = next((name for name, variable in _MULTIPLEXERS if environ.get(variable)), None)
    true_colour = environ.get("COLORTERM") in ("truecolor", "24bit")
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    columns, rows = _size()
    told = [
        f"{environ['TERM_PROGRAM']} ({kind})" if environ.get("TERM_PROGRAM") else kind,
        "16 million colours" if true_colour else "256 colours or fewer",
        "UTF-8" if "utf" in locale.lower() else "no UTF-8 locale",
        *([f"{columns}×{rows}"] if columns else []),
        *([f"inside {outer}: the prefix key is ^g there"] if outer else []),
    ]
    advice = ""
    if "utf" not in locale.lower():
        advice = "export LANG=C.UTF-8"
    elif columns and (columns < SMALLEST[0] or rows < SMALLEST[1]):
        advice = f"make the window {SMALLEST[0]}×{SMALLEST[1]} or larger for the cockpit"
    elif outer == "tmux" and not true_colour:
        advice = "in tmux.conf: set -as terminal-features ',*:RGB'; in the shell: export COLORTERM=truecolor"
    return Check("terminal", "warning" if advice else "ok", ", ".join(told), advice)


def _size() -> tuple[int, int]:
    """Columns and rows of the terminal this runs in; zeros where it runs in none."""
    for descriptor in (2, 1, 0):
        try:
            size = os.get_terminal_size(descriptor)
            return size.columns, size.lines
        except OSError:
            continue
    return 0, 0
