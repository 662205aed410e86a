"""Where a PTY host is put so that logging out does not end it: a scope of the user's service manager.

systemd-logind may kill all that a login session left behind (`KillUserProcesses=yes` in
logind.conf(5)), whatever process group or session it is in. A scope of the user manager belongs to
no login session; it lives as long as the manager does, which is for good where lingering is
enabled (`loginctl enable-linger`).
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

__all__ = ["scope_command"]

MANAGER = "systemd/private"
"""The user manager's own socket, below `$XDG_RUNTIME_DIR`."""


def scope_command(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The words before a host's command that put it into a scope of its own; none without a user manager.

    The command that follows takes the place of `systemd-run`, under the same process id.
    """
    runtime = environ.get("XDG_RUNTIME_DIR")
    if not runtime or not Path(runtime, MANAGER).exists():
        return ()
    program = shutil.which("systemd-run", path=environ.get("PATH"))
    if program is None:
        return ()
    return (
        program,
        *("--user", "--scope", "--quiet", "--collect"),
        "--description=an agent of maestro",
        "--",
    )
