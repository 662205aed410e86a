"""Mutation testing: does a test notice when the code that matters most is changed?

    python -m tools.mutate [--sample N] [--seed SEED] [PART …]

Every part (hub, claims, store, host) is mutated by cosmic-ray in a copy of the checkout, one change at a
time, and the part's own tests are run on each. A full run takes hours, so a sample of the mutants is drawn,
always the same for one seed. Prints each mutant that survived, and the score: killed of all tried.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["PARTS", "Part", "Score", "main"]

ROOT = Path(__file__).resolve().parents[1]
SKIPPED = shutil.ignore_patterns(".git", ".venv", "build", "dist", "__pycache__", ".*_cache", ".hypothesis")
TESTS = ("-m", "pytest", "-x", "-q", "-n0", "--timeout=60")
ONCE_MORE = "--last-failed"
"""A test that fails is run again: one that only came too late has noticed nothing."""
UNION = "_BitOr_"
"""In the names of mutants of `|`, which are left out: nearly all are in annotations."""
LONGEST = 600.0
"""Seconds for the tests of one mutant; one that hangs them is killed like one that fails them."""


class Part(NamedTuple):
    """modules: what is mutated; tests: what has to notice, the quick ones first."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


PARTS = {
    "hub": Part(
        ("maestro_tui/server/hub.py", "maestro_tui/server/connection.py"),
        ("tests/server/test_hub.py", "tests/server/test_websocket.py"),
    ),
    "claims": Part(
        ("maestro_tui/services/claims.py", "maestro_tui/services/leases.py"),
        ("tests/services/test_claims.py", "tests/services/test_approvals.py"),
    ),
    "store": Part(
        ("maestro_tui/store/json_files/writer.py", "maestro_tui/files.py"),
        (
            "tests/foundation/test_files.py",
            "tests/store/test_writer.py",
            "tests/store/test_contract.py",
            "tests/store/test_recovery.py",
            "tests/store/test_edits_by_hand.py",
        ),
    ),
    "host": Part(
        (
            "maestro_tui/ptyhost/host.py",
            "maestro_tui/ptyhost/service.py",
            "maestro_tui/ptyhost/viewers.py",
            "maestro_tui/ptyhost/output_log.py",
        ),
        tuple(f"tests/ptyhost/test_{name}.py" for name in ("output_log", "viewing", "refusals", "ending", "host")),
    ),
}


class Score(NamedTuple):
    """mutants: how many there are; survivors: of those tried, what nobody noticed, as diffs."""

    mutants: int
    tried: int
    survivors: tuple[str, ...]

    def __str__(self) -> str:
        killed = self.tried - len(self.survivors)
        share = 100 * killed / self.tried if self.tried else 100.0
        return f"{killed} of {self.tried} killed ({share:.0f} %), sampled from {self.mutants}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="mutate", description=__doc__.partition("\n")[0])
    parser.add_argument("--sample", type=int, default=40, help="mutants per part (default 40); 0 for all")
    parser.add_argument("--seed", type=int, default=1, help="what the sample is drawn with (default 1)")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    scores = {}
    for name in chosen.parts or PARTS:
        began = time.monotonic()
        scores[name] = mutate(PARTS[name], chosen.sample, chosen.seed)
        for survivor in scores[name].survivors:
            print(survivor)
        print(f"{name}: {scores[name]}, {time.monotonic() - began:.0f} s\n", flush=True)
    for name, score in scores.items():
        print(f"{name:<8} {score}")
    return 0


def mutate(part: Part, sample: int, seed: int) -> Score:
    """Try a sample of a part's mutants in a copy of the checkout; the checkout itself is not touched."""
    with tempfile.TemporaryDirectory(prefix="mutate-") as directory:
        copy = Path(directory) / "copy"
        shutil.copytree(ROOT, copy, ignore=SKIPPED, symlinks=True)
        session = Path(directory) / "session.sqlite"
        (copy / "cosmic-ray.toml").write_text(_configuration(part))
        _require_passing(copy, part)
        _run(copy, "init", "cosmic-ray.toml", str(session))
        mutants = draw(session, sample, seed)
        _run(copy, "exec", "cosmic-ray.toml", str(session))
        return score(session, mutants)


def draw(session: Path, sample: int, seed: int) -> int:
    """Mark all mutants but a sample as skipped; how many there are in all."""
    from cosmic_ray.work_db import WorkDB, use_db
    from cosmic_ray.work_item import WorkerOutcome, WorkResult

    with use_db(session, WorkDB.Mode.open) as database:
        items = sorted(database.work_items, key=_place)  # their ids differ from run to run
        sensible = [item.job_id for item in items if UNION not in item.mutations[0].operator_name]
        kept = random.Random(seed).sample(sensible, min(sample or len(sensible), len(sensible)))
        skipped = [item.job_id for item in items if item.job_id not in kept]
        database.set_multiple_results(skipped, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))
    return len(sensible)


def score(session: Path, mutants: int) -> Score:
    """What became of the mutants that were tried."""
    from cosmic_ray.work_db import WorkDB, use_db
    from cosmic_ray.work_item import TestOutcome, WorkerOutcome

    tried, survivors = 0, []
    with use_db(session, WorkDB.Mode.open) as database:
        places = {item.job_id: " ".join(map(str, _place(item))) for item in database.work_items}
        for job, result in database.results:
            if result.worker_outcome is WorkerOutcome.SKIPPED:
                continue
            tried += 1
            if result.test_outcome is TestOutcome.SURVIVED:
                survivors.append(f"survived: {places[job]}\n{_changed_lines(result.diff or '')}")
    return Score(mutants, tried, tuple(survivors))


def _place(item: Any) -> tuple[str, int, int, str, int]:
    mutation = item.mutations[0]
    line, column = mutation.start_pos
    return str(mutation.module_path), line, column, mutation.operator_name, mutation.occurrence


def _changed_lines(diff: str) -> str:
    lines = [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return "\n".join(f"    {line}" for line in lines)


def _configuration(part: Part) -> str:
    tests = " ".join((*TESTS, *part.tests))
    modules = ", ".join(f'"{module}"' for module in part.modules)
    first = f"{sys.executable} {tests}"
    command = f"sh -c '{first} || {first} {ONCE_MORE}'"
    return (
        f"[cosmic-ray]\nmodule-path = [{modules}]\ntimeout = {LONGEST}\nexcluded-modules = []\n"
        f'test-command = "{command}"\n[cosmic-ray.distributor]\nname = "local"\n'
    )


def _require_passing(copy: Path, part: Part) -> None:
    """Tests that fail by themselves would kill every mutant."""
    command = [sys.executable, *TESTS, *part.tests]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, env=_environment(copy), check=False)
    if done.returncode:
        raise SystemExit(f"mutate: the tests fail without any change:\n{done.stdout[-3000:]}")


def _environment(copy: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(copy)}  # before the checkout that is installed


def _run(copy: Path, *arguments: str) -> None:
    command = [str(Path(sys.executable).with_name("cosmic-ray")), *arguments]
    subprocess.run(command, cwd=copy, check=True, stdout=subprocess.DEVNULL, env=_environment(copy))


if __name__ == "__main__":
    sys.exit(main())
