"""Hunt for flaky tests: all of them, so many times, each time in another order.

    python -m tools.hunt [--runs N] [--seed SEED] [--stalls] [PYTEST ARGUMENTS …]

Prints for each run its seed and what failed, and at the end every test that failed at least once with
the seeds it failed under. All that pytest said of a failure is kept in build/hunt/SEED.txt.
`pytest -p tools.shuffled --shuffle SEED` runs one of them again.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from tools.stalls import stalls

__all__ = ["Run", "main", "read_results"]

ROOT = Path(__file__).resolve().parents[1]
TESTS = ("-m", "pytest", "-p", "tools.shuffled", "-n", "auto", "--dist", "loadgroup", "-q", "--no-header")
KEPT = ROOT / "build" / "hunt"
CRASHED = "the run itself"
"""What failed when pytest ended badly and named no test."""


class Run(NamedTuple):
    """tests: how many were run; failed: their names, each with all that was said of it, the reason first."""

    tests: int
    failed: Mapping[str, str]


def main() -> int:
    parser = argparse.ArgumentParser(prog="hunt", description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=20, help="how often (default 20)")
    parser.add_argument("--seed", type=int, help="of the first run; the others follow it (default: drawn)")
    parser.add_argument(
        "--stalls", action="store_true", help="stop processes for a moment again and again (Linux)"
    )
    chosen, more = parser.parse_known_args()
    first = random.SystemRandom().randrange(1_000_000) if chosen.seed is None else chosen.seed
    failures: dict[str, list[int]] = defaultdict(list)
    tests = 0
    for seed in range(first, first + chosen.runs):
        began = time.monotonic()
        run = once(seed, more, stalled=chosen.stalls)
        tests += run.tests
        print(
            f"run {seed - first + 1} of {chosen.runs}, seed {seed}: {run.tests} tests, {len(run.failed)} failed, "
            f"{time.monotonic() - began:.0f} s",
            flush=True,
        )
        for name, why in run.failed.items():
            reason, *_ = why.splitlines() or [""]
            print(f"  {name}: {reason}", flush=True)
            failures[name].append(seed)
        if run.failed:
            keep(seed, run.failed)
    print(f"\n{chosen.runs} runs, {tests} tests, {len(failures)} of them failed at least once")
    for name, seeds in sorted(failures.items()):
        print(f"  {name}: seeds {', '.join(map(str, seeds))}")
    return bool(failures)


def once(seed: int, arguments: list[str], *, stalled: bool) -> Run:
    """All tests in the order of that seed. stalled: while processes stand still now and then."""
    with tempfile.TemporaryDirectory() as directory:
        results = Path(directory) / "results.xml"
        command = [sys.executable, *TESTS, "--shuffle", str(seed), f"--junit-xml={results}", *arguments]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with stalls(process.pid, seed) if stalled else nullcontext():
            shown, complained = process.communicate()
        run = read_results(results)
    if process.returncode and not run.failed:
        return Run(run.tests, {CRASHED: shown[-2000:] + complained[-2000:]})
    return run


def said(why: ElementTree.Element) -> str:
    return f"{why.get('message', '')}\n{why.text or ''}"


def keep(seed: int, failed: Mapping[str, str]) -> None:
    """Keep what was said of the failures: some of them cannot be had again."""
    KEPT.mkdir(parents=True, exist_ok=True)
    text = "\n\n".join(f"{'=' * 20} {name}\n{why}" for name, why in failed.items())
    (KEPT / f"{seed}.txt").write_text(f"{text}\n")


def read_results(path: Path) -> Run:
    """What a JUnit file of pytest says; nothing at all when there is no such file."""
    if not path.exists():
        return Run(0, {})
    cases = list(ElementTree.parse(path).iter("testcase"))
    failed = {
        f"{case.get('classname', '').replace('.', '/')}::{case.get('name')}": said(why)
        for case in cases
        for why in (*case.iter("failure"), *case.iter("error"))
    }
    return Run(len(cases), dict(sorted(failed.items())))


if __name__ == "__main__":
    sys.exit(main())
