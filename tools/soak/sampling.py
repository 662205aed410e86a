"""What processes use, read from /proc every few seconds and kept as lines of JSON."""

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TextIO

__all__ = ["Life", "Sampler", "Usage", "lives_in", "usage"]

TICKS = os.sysconf("SC_CLK_TCK")


class Usage(NamedTuple):
    """PSS and RSS in MB, open descriptors, threads, and CPU seconds so far."""

    pss: float
    rss: float
    descriptors: int
    threads: int
    cpu: float


class Life(NamedTuple):
    """One process of the run. samples: by figure, as (second of the run, value)."""

    role: str
    pid: int
    samples: dict[str, list[tuple[float, float]]]


def usage(pid: int) -> Usage | None:
    """What a process uses now; None when it has ended, also while its parent has not noticed. Linux only."""
    with suppress(FileNotFoundError, ProcessLookupError, PermissionError, KeyError):
        place = Path(f"/proc/{pid}")
        memory = dict(_fields((place / "smaps_rollup").read_text().splitlines()[1:]))
        threads = dict(_fields((place / "status").read_text().splitlines()))["Threads"]
        fields = (place / "stat").read_text(errors="replace").rpartition(")")[2].split()
        cpu = (int(fields[11]) + int(fields[12])) / TICKS
        descriptors = len(os.listdir(place / "fd"))
        return Usage(memory["Pss"] / 1024, memory["Rss"] / 1024, descriptors, threads, cpu)
    return None


def _fields(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    for line in lines:
        name, _, rest = line.partition(":")
        words = rest.split()
        if words and words[0].isdigit():
            yield name, int(words[0])


class Sampler:
    """Writes down what the processes use. file: gets one line of JSON per sample."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def take(self, at: float, processes: Iterable[tuple[str, int]], lags: list[float]) -> None:
        """One sample of each (role, pid), and the lags of the events since the last one, in ms."""
        for role, pid in processes:
            if (used := usage(pid)) is not None:
                self._write({"at": round(at, 1), "role": role, "pid": pid, **used._asdict()})
        if lags:
            ordered = sorted(lags)
            middle, high = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
            self._write(
                {"at": round(at, 1), "role": "events", "pid": 0, "p50": middle, "p99": high, "n": len(lags)}
            )

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()


FIGURES = {
    "pss": "PSS",
    "rss": "RSS",
    "descriptors": "descriptors",
    "threads": "threads",
    "p50": "lag p50",
    "p99": "lag p99",
}


def lives_in(path: Path, since: float = 0.0) -> list[Life]:
    """Everything sampled from that second of the run on, one life per process."""
    found: dict[tuple[str, int], dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for line in path.read_text().splitlines():
        sample = json.loads(line)
        if sample["at"] < since:
            continue
        for key, figure in FIGURES.items():
            if key in sample:
                found[sample["role"], sample["pid"]][figure].append((sample["at"], sample[key]))
    return [Life(role, pid, dict(samples)) for (role, pid), samples in found.items()]
