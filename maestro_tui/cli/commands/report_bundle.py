"""`maestro doctor --report FILE`: what a bug report needs, in one file, without secrets.

Secrets are taken out by value (tokens, and variables whose names say so) and by shape; the
home's path becomes `~`. Documents, briefs and recorded output are not in it, only their sizes.
"""

from __future__ import annotations

import io
import json
import os
import platform
import re
import sys
import tarfile
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from maestro_tui.cli.call import Call
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.redaction import HIDDEN, is_secret_name, redact, secrets_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["write_report"]

LIBRARIES = ("maestro-tui", "textual", "rich", "aiohttp", "pydantic", "orjson", "watchfiles", "pyghostty")
LOG_BYTES = 256 * 1024
MOST_NAMES = 2_000
_ASSIGNMENT = re.compile(r"^(\s*)(\"?[\w.-]+\"?)(\s*=\s*)(.+)$")
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")


def write_report(call: Call, path: Path, checks: list[Any]) -> int:
    """Write the bundle to path, mode 0600, and return its size. Raises Failure when it is there or cannot be."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as bundle:
        for name, text in _parts(call, checks):
            content = _Redactor(call)(text).encode("utf-8", "replace")
            member = tarfile.TarInfo(f"maestro-report/{name}")
            member.size, member.mode, member.mtime = len(content), 0o600, int(time.time())
            bundle.addfile(member, io.BytesIO(content))
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            return file.write(packed.getvalue())
    except OSError as error:
        raise Failure(
            "invalid_request", f"{path}: {error.strerror}", suggestion="choose a file that does not exist"
        ) from None


class _Redactor:
    """Takes secrets and the person's own places out of a text."""

    def __init__(self, call: Call) -> None:
        self._secrets = secrets_of(call.context.environ)
        if found := call.context.discovered():
            self._secrets.add(found.token)
        self._places = {str(call.context.home.root): "$MAESTRO_HOME"}
        if home := call.context.environ.get("HOME"):
            self._places[home] = "~"

    def __call__(self, text: str) -> str:
        text = redact(text, sorted(self._secrets, key=len, reverse=True))
        for place, name in self._places.items():
            text = text.replace(place, name)
        return text


def _parts(call: Call, checks: list[Any]) -> Iterator[tuple[str, str]]:
    home = call.context.home
    yield "doctor.json", json.dumps(checks, indent=2)
    yield "versions.json", json.dumps(_versions(), indent=2)
    yield "environment.txt", "\n".join(_variables(call))
    yield "home.txt", "\n".join(_listing(home.root))
    yield "config.toml", _config(home.config)
    for log in sorted(home.logs.glob("*.log")):
        yield f"logs/{log.name}", _end_of(log)
    for name, path in (("ready.json", "/ready"), ("sockets.json", "/ws-status"), ("metrics.txt", "/metrics")):
        yield name, _asked(call, path)


def _versions() -> dict[str, str]:
    known = {"python": sys.version, "platform": platform.platform()}
    for library in LIBRARIES:
        try:
            known[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            known[library] = "not installed"
    return known


def _variables(call: Call) -> Iterator[str]:
    """What about the environment matters to us; values of secrets are left out."""
    wanted = ("MAESTRO_", "TERM", "COLORTERM", "LANG", "LC_", "TMUX", "ZELLIJ", "NO_COLOR", "SHELL", "XDG_RUNTIME")
    for name, value in sorted(call.context.environ.items()):
        if name.startswith(wanted):
            yield f"{name}={HIDDEN if is_secret_name(name) else value}"


def _listing(root: Path) -> Iterator[str]:
    """Mode, size and name of everything in the home; never a content."""
    for number, path in enumerate(sorted(root.rglob("*"))):
        if number == MOST_NAMES:
            yield "…"
            return
        try:
            status = path.lstat()
        except OSError:
            continue
        yield f"{status.st_mode:06o} {status.st_size:>10} {path.relative_to(root)}"


def _config(path: Path) -> str:
    """The settings file; strings in tables of variables, and of keys that sound secret, are hidden."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "# none"
    shown, in_variables = [], False
    for line in lines:
        if line.lstrip().startswith("["):
            in_variables = line.strip().strip("[]").endswith("env")
        match = _ASSIGNMENT.match(line)
        if match and (in_variables or match[2].strip('"') == "env" or is_secret_name(match[2])):
            hidden = _STRING.sub(f'"{HIDDEN}"', match[4])
            line = f"{match[1]}{match[2]}{match[3]}{hidden}"
        shown.append(line)
    return "\n".join(shown)


def _end_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_BYTES))
            return file.read(LOG_BYTES).decode("utf-8", "replace")
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _asked(call: Call, path: str) -> str:
    try:
        answer = call.api.request("GET", path, also_good=frozenset({503}))
    except Failure as failure:
        return failure.message
    return answer.body.decode("utf-8", "replace")
