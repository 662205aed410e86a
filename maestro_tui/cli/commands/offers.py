"""What a shell offers for the next word: commands, flags, words, and real ids with their titles.

A Tab must never hang: the server is asked once, with a short deadline for everything together, what it
said counts for some seconds, and so does that it said nothing.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator, Sequence

from maestro_tui.cli.call import Call
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.grammar import Argument, Command, Flag
from maestro_tui.cli.output import Result
from maestro_tui.cli.parser import find
from maestro_tui.cli.table import COMMANDS, GLOBAL_FLAGS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

__all__ = ["offers"]

Offer = tuple[str, str]

DEADLINE_SECONDS = 1.0
FRESH_SECONDS = 5.0
SHORTEST_TITLE_PART = 2
LARGEST_CACHE = 4_000_000
MOST_OFFERS = 500
LISTS = {
    "task": ("/api/tasks", "title"),
    "session": ("/api/sessions", "name"),
    "project": ("/api/projects", "name"),
    "skill": ("/api/skills", "description"),
}


def offers(call: Call) -> Result:
    """Candidates for the last of the words typed so far, one per line with a tab and a description."""
    typed = call.invocation.words("words")
    current = typed[-1] if typed else ""
    found = list(_matching(_candidates(call, typed[:-1], current), current))[:MOST_OFFERS]
    return Result(
        [{"value": value, "help": text} for value, text in found],
        [f"{value}\t{text}" if text else value for value, text in found],
        is_whole=True,
    )


def _matching(candidates: Iterable[Offer], current: str) -> Iterator[Offer]:
    """Those that begin like the word; where none does, those whose title holds it."""
    known = list(candidates)
    before, _, last = current.rpartition(",")
    lead = f"{before}," if before else ""
    matching = [offer for offer in known if offer[0].startswith(last)]
    if not matching and len(last) >= SHORTEST_TITLE_PART:
        matching = [offer for offer in known if "_" in offer[0] and last.casefold() in offer[1].casefold()]
    return ((lead + value, text) for value, text in matching)


def _candidates(call: Call, before: Sequence[str], current: str) -> Iterable[Offer]:
    path, given = _split(before)
    command = find(path)
    if command is None:
        return _next_words(path) if not current.startswith("-") else _flags(GLOBAL_FLAGS)
    if current.startswith("-") and not _takes_value(command, given):
        return [*_flags(command.flags), *_flags(GLOBAL_FLAGS)]
    flag = _takes_value(command, given)
    words = _positional(command, given)
    return _values(call, flag.offers if flag else _argument(command, words), words)


def _split(before: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words of the command's path, and what came after it."""
    path: list[str] = []
    skip = False
    for index, word in enumerate(before):
        if find(path) is not None:
            return path, list(before[index:])
        if skip or word.startswith("-"):
            skip = not skip and any(word in flag.names and flag.value for flag in GLOBAL_FLAGS)
        else:
            path.append(word)
    return path, []


def _next_words(path: Sequence[str]) -> Iterator[Offer]:
    seen = set()
    for command in COMMANDS:
        words = command.path.split()
        if command.hidden or words[: len(path)] != list(path) or len(words) == len(path):
            continue
        word = words[len(path)]
        if word not in seen:
            seen.add(word)
            yield word, command.summary if len(words) == len(path) + 1 else f"{word} …"


def _flags(flags: Iterable[Flag]) -> Iterator[Offer]:
    for flag in flags:
        if not flag.hidden:
            yield flag.names[0], flag.help


def _takes_value(command: Command, given: Sequence[str]) -> Flag | Argument | None:
    """The flag, or the argument given as a flag, whose value comes next."""
    last = given[-1] if given else ""
    for flag in (*command.flags, *GLOBAL_FLAGS):
        if flag.value and last in flag.names:
            return flag
    return next((argument for argument in command.arguments if last in argument.also), None)


def _positional(command: Command, given: Sequence[str]) -> list[str]:
    """The words that are arguments: no flags and no values of flags."""
    words = []
    for index, word in enumerate(given):
        if not word.startswith("-") and _takes_value(command, given[:index]) is None:
            words.append(word)
    return words


def _argument(command: Command, words: Sequence[str]) -> str:
    rest: Sequence[Argument] = command.arguments[len(words) :] or command.arguments[-1:]
    return rest[0].offers if rest and (len(words) < len(command.arguments) or rest[0].many) else ""


def _values(call: Call, offered: str, words: Sequence[str]) -> list[Offer]:
    if offered in LISTS:
        path, label = LISTS[offered]
        project = call.context.project()
        of_project = project is not None and offered in ("task", "session")
        return _listed(call, path, label, {"projectId": project.value} if project and of_project else {})
    if offered == "subtask":
        task = words[0] if words else next(iter(call.context.task_ids), None)
        return _listed(call, f"/api/tasks/{task}/subtasks", "title", {}) if task else []
    return [(word, "") for word in offered.split()]


def _listed(call: Call, path: str, label: str, filters: dict[str, str]) -> list[Offer]:
    """Ids and titles from the server; nothing where it does not answer at once."""
    cache = call.context.home.state / "completion.json"
    key = f"{call.context.server().url}{path}?{filters} for {call.context.session_id}"
    if (known := _remembered(cache, key)) is not None:
        return known
    found = _asked(call, path, label, filters)
    _remember(cache, key, found)
    return found


def _asked(call: Call, path: str, label: str, filters: dict[str, str]) -> list[Offer]:
    from maestro_tui.cli.layout import line

    try:
        with _Deadline(DEADLINE_SECONDS):
            rows: list[dict[str, Any]] = call.connect(retries=0, timeout_seconds=DEADLINE_SECONDS).get(
                path, **filters
            )
    except (Failure, TimeoutError) as failure:
        call.debug(str(failure))
        return []
    return [(str(row["id"]), line(row.get(label))) for row in rows]


class _Deadline:
    """Raises TimeoutError in the middle of whatever takes too long, however little it does at a time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGALRM, self._over)
        signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)

    def _over(self, *_: object) -> None:
        raise TimeoutError(f"no answer within {self._seconds:g} s")


def _remembered(cache: Path, key: str) -> list[Offer] | None:
    """What was answered a moment ago; None when nothing was, or it cannot be read."""
    import json

    try:
        with cache.open("rb") as file:
            known = json.loads(file.read(LARGEST_CACHE))
        if known["key"] == key and 0 <= time.time() - known["at"] < FRESH_SECONDS:
            return [(str(value), str(text)) for value, text in known["offers"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None


def _remember(cache: Path, key: str, found: Sequence[Offer]) -> None:
    """For this user alone, whole or not at all; where it cannot be kept, the server is asked again."""
    import json
    from contextlib import suppress

    with suppress(OSError):
        part = cache.with_suffix(f".{os.getpid()}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - of a descriptor
            json.dump({"key": key, "at": time.time(), "offers": found}, file)
        part.replace(cache)
