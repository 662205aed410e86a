"""The commands that look after a home: `backup`, `restore` and `fsck`.

They work on files, with or without a running server. Everything heavy is imported by the
command that needs it.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maestro_tui.domain.text import clean_line
from maestro_tui.paths import Home

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maestro_tui.store.backups.manifest import Manifest
    from maestro_tui.store.checking.findings import Report

__all__ = ["add_commands"]


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the three commands; each sets `run`, which takes the parsed arguments and returns an exit status."""
    backup = commands.add_parser("backup", help="write everything into one file, while a server runs or not")
    backup.add_argument("file", nargs="?", type=Path, help="default: maestro-backup-<utc>.tar.gz here")
    backup.add_argument("--with-output", action="store_true", help="with the recorded output of every session")
    backup.add_argument("--with-keys", action="store_true", help="with token.key and the command's own settings")
    backup.set_defaults(run=_back_up)

    restore = commands.add_parser("restore", help="put a backup back; no server may run")
    restore.add_argument("file", type=Path)
    restore.add_argument("--force", action="store_true", help="move aside what is there; nothing is deleted")
    restore.set_defaults(run=_restore)

    fsck = commands.add_parser("fsck", help="check every document; 0 clean, 1 findings")
    fsck.add_argument("--repair", action="store_true", help="mend what is safe to mend; no server may run")
    fsck.add_argument("--json", action="store_true", help="the report as JSON")
    fsck.set_defaults(run=_check)


def _back_up(arguments: argparse.Namespace) -> int:
    """0 a whole backup, 1 something that belongs in it could not be read."""
    from maestro_tui.store.backups.writing import back_up, default_name

    target = Path.cwd() if arguments.file is None else arguments.file.absolute()
    if target.is_dir():
        target /= default_name(time.time_ns() // 1_000_000)
    home = _existing_home()
    manifest = back_up(home, target, with_output=arguments.with_output, with_keys=arguments.with_keys)
    for missing in manifest.left_out:
        _say(f"left out: {missing.path}: {missing.reason}", error=True)
    _say(f"{target}: {_held(manifest)}, read back and right")
    return 0 if manifest.is_whole else 1


def _restore(arguments: argparse.Namespace) -> int:
    from maestro_tui.store.backups.restoring import restore

    home = Home.from_environment()
    restored = restore(home, arguments.file.absolute(), force=arguments.force)
    for path in restored.aside:
        _say(f"what was there is kept: {path}")
    _say(f"{home.root}: {_held(restored.manifest)}, restored")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    """0 clean, 1 findings."""
    from dataclasses import replace

    from maestro_tui import discovery
    from maestro_tui.store.checking.fsck import check
    from maestro_tui.store.checking.repairing import repair

    home = _existing_home()
    repaired = repair(home) if arguments.repair else ()
    report = replace(check(home, served=discovery.read(home) is not None), repaired=repaired)
    if arguments.json:
        print(json.dumps(report.to_wire(), indent=2))
    else:
        _tell(report)
    return 0 if report.is_clean else 1


def _tell(report: "Report") -> None:
    for done in report.repaired:
        _say(f"repaired: {done}")
    for finding in report.findings:
        mend = f" (--repair: {finding.repair})" if finding.repair else ""
        _say(f"{finding.kind.value}: {finding.path}: {finding.message}{mend}")
    if report.quarantined:
        files, them = (
            ("file of earlier repairs is", "it")
            if report.quarantined == 1
            else ("files of earlier repairs are", "them")
        )
        _say(f"{report.quarantined} {files} in .quarantine; delete {them} when you are sure")
    count = len(report.findings)
    verdict = "clean" if not count else f"{count} finding{'s' * (count != 1)}"
    _say(f"{_listed(report.counts)}: {verdict}")


def _existing_home() -> Home:
    from maestro_tui.domain.errors import NotFound

    home = Home.from_environment()
    if not home.root.is_dir() and not home.data.is_dir():
        raise NotFound(
            f"There is no home at {home.root}", suggestion="Set MAESTRO_HOME, or start maestro-tui once."
        )
    return home


def _held(manifest: "Manifest") -> str:
    return f"{_listed(manifest.counts)}; {len(manifest.members)} files, {manifest.size} bytes"


def _listed(counts: "Mapping[str, int]") -> str:
    return ", ".join(f"{count} {kind}{'s' * (count != 1)}" for kind, count in counts.items())


def _say(line: str, *, error: bool = False) -> None:
    """Paths and messages hold what others wrote: no control characters reach the terminal."""
    print(clean_line(line), file=sys.stderr if error else sys.stdout)
