"""How a measurement is printed: the figure, the alternative's, and the ratio between them."""

import statistics
import time
from collections.abc import Sequence

__all__ = ["latencies", "percentiles", "restlessness", "row"]


def row(what: str, ours: float, other: float, unit: str, alternative: str) -> None:
    """One line: our figure, and where it was measured the alternative's and ours divided by it."""
    line = f"{what:<44} {ours:>10.2f} {unit:<6}"
    if other:
        line += f" | {alternative}: {other:>10.2f} {unit:<6} | ratio {ours / other:.2f}"
    print(line, flush=True)


def latencies(what: str, ours: Sequence[float], other: Sequence[float], alternative: str) -> None:
    """Two lines, p50 and p99 of seconds. other: none where the alternative was not there to be measured."""
    theirs = percentiles(other) if other else (0.0, 0.0)
    for name, mine, its in zip(("p50", "p99"), percentiles(ours), theirs, strict=True):
        row(f"{what}, {name}", mine, its, "ms", alternative)


def restlessness(rounds: int = 200) -> None:
    """One line: how long one and the same half millisecond of work takes here, now and then.

    Whatever is above its p50 is the machine's own doing, and part of every latency measured on it.
    """
    taken = []
    for _ in range(rounds):
        time.sleep(0.03)
        begun = time.perf_counter()
        sum(range(25_000))
        taken.append(time.perf_counter() - begun)
    print("the same work again and again: p50 {:.2f} ms, p99 {:.2f} ms".format(*percentiles(taken)), flush=True)


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """p50 and p99 in milliseconds. Needs at least two samples."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return statistics.median(seconds) * 1000, cuts[98] * 1000
