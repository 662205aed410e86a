#!/usr/bin/env python3
"""Run maestro-tui from a checkout with nothing but Python 3.11 or newer.

    python3 bootstrap.py cockpit    start the cockpit
    python3 bootstrap.py demo       start it with an example and scripted agents
    python3 bootstrap.py test       run the tests
    python3 bootstrap.py check      format, lint, types, import contracts, tests
    python3 bootstrap.py attacks    carry out the numbered attacks of docs/security.md
    python3 bootstrap.py bench      run the benchmarks
    python3 bootstrap.py coverage   run the tests, and print the branch coverage of every room
    python3 bootstrap.py hunt       run the tests 20 times, each time in another order
    python3 bootstrap.py fuzz       call the whole interface with what nobody would send
    python3 bootstrap.py mutate     change the code that matters most, and see whether a test notices
    python3 bootstrap.py soak       an hour of ordinary use with faults; does anything grow?
    python3 bootstrap.py release    build, compare, check and try out what is released
    python3 bootstrap.py shell -- COMMAND …   run anything inside the environment

The first call makes an environment in `.venv` and installs the project into it; later calls
reuse it until `pyproject.toml` changes. More arguments go to the program that is started.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = Path(os.environ.get("MAESTRO_VENV", ROOT / ".venv"))
BIN = ENVIRONMENT / "bin"
STAMP = ENVIRONMENT / "installed-for"
OLDEST = (3, 11)

TESTS = [["python", "-m", "pytest", "-n", "auto", "--dist", "loadgroup"]]
CHECKS = [
    ["ruff", "format", "--check", "."],
    ["ruff", "check", "."],
    ["mypy"],
    ["lint-imports"],
    *TESTS,
]
ACTIONS = {
    "cockpit": [["maestro-tui"]],
    "demo": [["maestro-tui", "demo"]],
    "test": TESTS,
    "check": CHECKS,
    "attacks": [["python", "-m", "pytest", "-n", "auto", "--dist", "loadgroup", "-m", "attack", "-q"]],
    "bench": [["python", "-m", "benchmarks"]],
    "coverage": [["python", "-m", "tools.coverage_rooms"]],
    "hunt": [["python", "-m", "tools.hunt"]],
    "fuzz": [["python", "-m", "tools.fuzz"]],
    "mutate": [["python", "-m", "tools.mutate"]],
    "soak": [["python", "-m", "tools.soak"]],
    "release": [["python", "-m", "tools.release"]],
}
EXTRAS = {"cockpit": "", "demo": "", "fuzz": "dev,fuzz", "mutate": "dev,mutate", "release": "dev,release"}
"""What an action needs beside the product; the others take `dev`."""


def main() -> NoReturn:
    action, rest = (sys.argv[1] if len(sys.argv) > 1 else "cockpit"), sys.argv[2:]
    if action == "shell":
        commands = [rest[1:] if rest[:1] == ["--"] else rest]
    elif action in ACTIONS:
        commands = [*ACTIONS[action][:-1], [*ACTIONS[action][-1], *rest]]
    else:
        print(__doc__)
        sys.exit(0 if action in ("help", "-h", "--help") else 2)
    ensure_environment(EXTRAS.get(action, "dev"))
    run_all(commands)


def run_all(commands: list[list[str]]) -> NoReturn:
    """Run the commands in order, the last one in place of this process; the first failure ends the run."""
    environment = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "VIRTUAL_ENV": str(ENVIRONMENT),
    }
    for command in commands[:-1]:
        if code := subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, env=environment).returncode:
            sys.exit(code)
    program, *arguments = commands[-1]
    executable = BIN / program
    os.chdir(ROOT if program == "python" else Path.cwd())
    os.execvpe(str(executable) if executable.exists() else program, [program, *arguments], environment)


def ensure_environment(extras: str) -> None:
    """Make `.venv` and install the project, unless that was done for this very pyproject.toml."""
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    installed = STAMP.read_text().split() if STAMP.exists() else []
    present = installed[1:] if installed[:1] == [wanted] else []
    missing = [extra for extra in extras.split(",") if extra and extra not in present]
    if installed[:1] == [wanted] and not missing:
        return
    print(f"maestro-tui: preparing {ENVIRONMENT} (once; a minute or so) …", file=sys.stderr)
    make_environment()
    install = [str(BIN / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable"]
    if subprocess.run([*install, f"{ROOT}[{extras}]" if extras else str(ROOT)]).returncode:
        sys.exit("maestro-tui: the installation failed; see the lines above. Is the package index reachable?")
    STAMP.write_text(" ".join((wanted, *present, *missing)))


def make_environment() -> None:
    if (BIN / "python").exists():
        return
    python = suitable_python()
    if subprocess.run([python, "-m", "venv", str(ENVIRONMENT)]).returncode:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        sys.exit(
            "maestro-tui: could not make a virtual environment. On Debian or Ubuntu: apt install python3-venv"
        )


def suitable_python() -> str:
    """This interpreter when it is new enough, else the newest one found on PATH."""
    if sys.version_info[:2] >= OLDEST:
        return sys.executable
    for minor in range(14, OLDEST[1] - 1, -1):
        if found := shutil.which(f"python3.{minor}"):
            return found
    sys.exit(f"maestro-tui needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]}.")


if __name__ == "__main__":
    main()
