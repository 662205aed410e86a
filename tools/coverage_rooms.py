"""Branch coverage of every room: `python -m tools.coverage_rooms [--report-only] [PYTEST ARGUMENTS …]`.

Runs the tests with coverage in every process they start (servers, cockpits, PTY hosts, commands),
prints a line per room, and fails when one is below the limit: with its statements and branches
together, or with its branches alone. A room is a directory of the package, or a module that lies
beside them.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["LIMIT", "Room", "main", "rooms_in"]

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "maestro_tui"
LIMIT = 90.0
"""The least a room may have, in percent: of its statements and branches together, and of its branches alone."""
TESTS = ("-m", "pytest", "-p", "tools.coverage_everywhere", "-n", "auto", "--dist", "loadgroup", "-q")
TESTS += ("--cov", "--cov-report=")
WORST = 3
"""How many files a room below the limit names."""


class Room(NamedTuple):
    """What the tests have been through in one room. worst: its files with the most that is missing."""

    name: str
    statements: int
    branches: int
    covered: int
    covered_branches: int
    worst: tuple[str, ...]

    @property
    def percent(self) -> float:
        """Of statements and branches together, as coverage.py counts with branches."""
        every = self.statements + self.branches
        return 100.0 if every == 0 else 100 * (self.covered + self.covered_branches) / every

    @property
    def branch_percent(self) -> float:
        return 100.0 if self.branches == 0 else 100 * self.covered_branches / self.branches

    @property
    def is_low(self) -> bool:
        return min(self.percent, self.branch_percent) < LIMIT


def main() -> int:
    arguments = sys.argv[1:]
    tested = 0
    if arguments[:1] == ["--report-only"]:
        arguments = arguments[1:]
    else:
        tested = subprocess.run([sys.executable, *TESTS, *arguments], cwd=ROOT, check=False).returncode
    with tempfile.TemporaryDirectory() as directory:
        target = Path(directory) / "coverage.json"
        export = [sys.executable, "-m", "coverage", "json", "-q", "-o", str(target)]
        if subprocess.run(export, cwd=ROOT, check=False).returncode:
            return 2
        rooms = rooms_in(json.loads(target.read_text()))
    print(f"\n{'room':<28} {'statements':>10} {'branches':>9} {'covered':>8} {'of branches':>12}")
    for room in rooms:
        mark = f"  below {LIMIT:g} %: {', '.join(room.worst)}" if room.is_low else ""
        print(
            f"{room.name:<28} {room.statements:>10,} {room.branches:>9,} {room.percent:>7.1f}% "
            f"{room.branch_percent:>11.1f}%{mark}"
        )
    low = sum(room.is_low for room in rooms)
    print(f"{len(rooms)} rooms, {low} below {LIMIT:g} %")
    return tested or bool(low)


def rooms_in(report: Mapping[str, Any]) -> list[Room]:
    """The rooms of a coverage report (`coverage json`), by name. Files without statements do not count."""
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    missing: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for path, file in report["files"].items():
        parts = Path(path).parts
        inside = parts[parts.index(PACKAGE) + 1 :]
        totals = file["summary"]
        if not totals["num_statements"]:
            continue
        room = inside[0]
        sums[room].update(
            statements=totals["num_statements"],
            branches=totals["num_branches"],
            covered=totals["covered_lines"],
            covered_branches=totals["covered_branches"],
        )
        missing[room].append((totals["missing_lines"] + totals["missing_branches"], "/".join(inside[1:]) or room))
    return [
        Room(name, **counts, worst=tuple(file for _, file in sorted(missing[name], reverse=True)[:WORST]))
        for name, counts in sorted(sums.items())
    ]


if __name__ == "__main__":
    sys.exit(main())
