"""The report of a soak as Markdown, made from what it wrote down; also while it still runs."""

import json
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tools.soak.sampling import Life, lives_in
from tools.soak.verdict import LONG_LIFE, RULES, WARM_UP, Compared, compare, compare_lives

__all__ = ["compared_in", "write_report"]

ROLES = {
    "server": "the server",
    "cockpit": "the cockpit that is never killed",
    "cockpit-killed": "the cockpit that is killed again and again",
    "host": "PTY hosts, the middle one",
    "clients": "the ten clients, one process",
    "events": "events, server to client",
}


def compared_in(samples: Path, since: float) -> list[Compared]:
    """Every figure of every role over the run, and of each long life by itself."""
    roles: dict[str, list[Life]] = defaultdict(list)
    for life in lives_in(samples, since):
        roles[life.role].append(life)
    found = []
    for role, name in ROLES.items():
        for figure in RULES:
            parts = [life.samples[figure] for life in roles[role] if figure in life.samples]
            joined = [sample for part in parts for sample in part]
            if (over_the_run := compare(name, figure, joined)) is not None:
                found.append(over_the_run)
            if role == "server":
                found += compare_lives(name, figure, parts)
            if role == "host":
                found += _worst(compare_lives("PTY host", figure, parts))
    return found


def _worst(lives: Sequence[Compared]) -> list[Compared]:
    """Of many lives the one that came closest to its limit, or went furthest beyond."""
    return (
        [max(lives, key=lambda one: one.last - one.limit)._replace(who="the PTY host that grew most")]
        if lives
        else []
    )


def write_report(directory: Path, target: Path) -> bool:
    """Write the report of the run kept in directory; whether everything held."""
    facts = json.loads((directory / "facts.json").read_text())
    samples = directory / "samples.jsonl"
    compared = compared_in(samples, facts["settledAt"])
    facts["lasted"] = max(at for life in lives_in(samples) for figure in life.samples.values() for at, _ in figure)
    holds = all(one.is_flat for one in compared) and not facts["wrong"]
    target.write_text("\n".join(_lines(facts, compared, holds)) + "\n")
    return holds


def _lines(facts: dict[str, Any], compared: Sequence[Compared], holds: bool) -> Iterator[str]:
    verdict = "flat, and nothing went wrong" if holds else "NOT flat, or something went wrong: see below"
    yield "# Soak"
    yield from _paragraph(
        f"Made by `python3 bootstrap.py soak --minutes {facts['minutes']:g} --seed {facts['seed']}` at commit",
        f"{facts['commit']}, on {facts['machine']}, which others used at the same time.",
        f"**Verdict: {verdict}.**",
    )
    lasted = min(facts["minutes"], facts["lasted"] / 60)
    so_far = "" if lasted > facts["minutes"] * 0.98 else f" so far, of {facts['minutes']:g},"
    yield from _paragraph(
        f"{lasted:.0f} minutes{so_far} with {facts['agents']} agents that draw, print and call `maestro`, in two",
        "real cockpits in which somebody keeps pressing keys; six clients on the socket, four over HTTP. What is",
        "kept on purpose is kept small, so that everything else shows: documents of what has ended are deleted,",
        "scrollbacks are short (ED 3, or the alternate screen), recordings hold 1 MiB, and the terminals of ended",
        "sessions that a cockpit keeps are there before the first sample.",
    )
    yield from ("", "| what happened | times |", "|---|---|")
    yield from (f"| {what} | {number:,} |" for what, number in facts["counts"].items())
    if facts["wrong"]:
        yield from ("", "What must not happen, and did:", "", *(f"- {wrong}" for wrong in facts["wrong"]))
    else:
        yield from _paragraph(
            "What must not happen did not: an agent started twice, a client that ends with other documents than",
            "the server, a host or an agent left over, a client or a cockpit that gave up, a session that ended",
            "without having been hit.",
        )
    yield from ("", "## First and last quarter")
    yield from _paragraph(
        f"Medians of samples taken every {facts['every']:g} s, from second {facts['settledAt']:g} on. A figure is",
        "flat when the last quarter is at most the first, a share of it and an allowance for what comes and goes:",
        "; ".join(_rule(figure) for figure in RULES) + ".",
        f"A server or a PTY host that lives for {LONG_LIFE / 60:g} minutes is held to the same rule over its own",
        f"life, without the first {WARM_UP / 60:g} minutes of it.",
    )
    yield from ("", "| of | figure | first quarter | last quarter | highest | at most | flat |")
    yield "|---|---|---|---|---|---|---|"
    for one in compared:
        unit = RULES[one.figure].unit
        values = (f"{value:,.1f} {unit}".strip() for value in (one.first, one.last, one.highest, one.limit))
        yield f"| {one.who} | {one.figure} | {' | '.join(values)} | {'yes' if one.is_flat else '**no**'} |"


def _paragraph(*parts: str) -> Iterator[str]:
    yield ""
    yield from textwrap.wrap(" ".join(parts), 120, break_long_words=False, break_on_hyphens=False)


def _rule(figure: str) -> str:
    rule = RULES[figure]
    allowance = f"{rule.allowance:g} {rule.unit}".strip()
    return f"{figure} {rule.share:.0%} and {allowance}" if rule.share else f"{figure} {allowance}"
