"""Build what is released, and check it: `python -m tools.release [--output DIRECTORY]`.

Builds wheel and sdist twice, each from a fresh copy, and compares them byte by byte; looks at them with
twine and check-wheel-contents; installs the wheel, and the sdist, in a clean environment each, and starts
both commands and reads both man pages there. The time in the files is that of the last commit
(SOURCE_DATE_EPOCH), so anybody who builds the same commit gets the same bytes.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from pathlib import Path

from maestro_tui.version import __version__

__all__ = ["build", "differing", "main"]

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = ("maestro", "maestro-tui")


def main() -> int:
    parser = argparse.ArgumentParser(prog="release", description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=ROOT / "dist", help="where the files go (default: dist)")
    output: Path = parser.parse_args().output
    with tempfile.TemporaryDirectory(prefix="release-") as name:
        directory = Path(name)
        first, second = (build(ROOT, directory / turn) for turn in ("first", "second"))
        if different := differing(first, second):
            print(f"release: two builds differ in {', '.join(different)}", file=sys.stderr)
            return 1
        files = sorted(first.iterdir())
        check("twine", "check", "--strict", *map(str, files))
        check("check-wheel-contents", *(str(file) for file in files if file.suffix == ".whl"))
        for file in files:
            try_out(file, directory / f"clean-{file.suffix.removeprefix('.')}")
        output.mkdir(exist_ok=True)
        for file in files:
            shutil.copy2(file, output / file.name)
            print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}")
    print(f"release: version {__version__}, built twice with the same bytes, checked, installed and started")
    return 0


def build(source: Path, target: Path) -> Path:
    """Wheel and sdist of a checkout; the directory they are in."""
    copy = target.with_name(f"{target.name}-source")
    tracked = _output("git", "-C", str(source), "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, tracked.split("\0")):
        if (source / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, copy / name)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), str(copy)]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": _commit_time(source)}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return target


def differing(first: Path, second: Path) -> list[str]:
    """The files that are not the same bytes in both directories, those that only one has included."""
    names = sorted({path.name for directory in (first, second) for path in directory.iterdir()})
    return [name for name in names if _bytes(first / name) != _bytes(second / name)]


def check(program: str, *arguments: str) -> None:
    """Run a program of this environment. Raises CalledProcessError, its output shown."""
    subprocess.run([str(Path(sys.executable).with_name(program)), *arguments], check=True)


def try_out(file: Path, place: Path) -> None:
    """Install a file in an environment of its own, start what it brings, and look for its man pages."""
    venv.create(place, with_pip=True)
    quiet: Mapping[str, str] = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run([place / "bin" / "pip", "install", "--quiet", str(file)], check=True, env=quiet)
    for command in COMMANDS:
        said = _output(str(place / "bin" / command), "--version").strip()
        if said != f"{command} {__version__}":
            raise SystemExit(f"release: {command} of {file.name} says '{said}', not version {__version__}")
        page = place / "share" / "man" / "man1" / f"{command}.1"
        if not page.read_text().startswith(".TH"):
            raise SystemExit(f"release: {file.name} installs no man page {page.name}")


def _commit_time(source: Path) -> str:
    return (
        os.environ.get("SOURCE_DATE_EPOCH")
        or _output("git", "-C", str(source), "log", "-1", "--format=%ct").strip()
    )


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
