"""The `maestro` a pane finds first on PATH: starts the bundled command with this very interpreter."""

import shlex
import sys
from pathlib import Path

from maestro_tui.files import ensure_private_directory, write_whole

__all__ = ["install_shim"]

PACKAGE_PLACE = Path(__file__).parents[2]


def install_shim(directory: Path) -> Path:
    """Write `maestro` into directory, unless it is there as it should be. Returns its path; raises OSError."""
    ensure_private_directory(directory)
    path = directory / "maestro"
    content = _script(sys.executable, PACKAGE_PLACE).encode()
    if not path.is_file() or path.read_bytes() != content or path.stat().st_mode & 0o777 != 0o700:
        write_whole(path, content, mode=0o700, durable=False)
    return path


def _script(interpreter: str, place: Path) -> str:
    # Isolated and without `site`: it starts in half the time, and a PYTHONPATH or a project's
    # own modules in the working directory cannot change what runs.
    code = (
        f"import sys; sys.path.append({str(place)!r}); sys.argv[0] = 'maestro'; "
        "from maestro_tui.cli.entry import main; sys.exit(main())"
    )
    return f'#!/bin/sh\nexec {shlex.quote(interpreter)} -I -S -c {shlex.quote(code)} "$@"\n'
