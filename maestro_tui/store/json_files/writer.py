"""The one thread that writes: files first, the sidecar second, the answer last.

Writes that wait while another is being flushed are taken together: all files are written, then
flushed side by side, then renamed, then each directory is flushed once and the sidecar commits
once. Flushes that the disk gets at the same time cost it little more than one, so many writers
share the price, and a lone one waits for nobody.
"""

import asyncio
import contextlib
import errno
import os
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Protocol

from maestro_tui import files
from maestro_tui.store.json_files.codec import Entity
from maestro_tui.store.json_files.records import ABSENT, Record, Stamp, stamp_of
from maestro_tui.telemetry.metrics import FSYNC_SECONDS, STORE_BATCH_SIZE, STORE_WAITING, STORE_WRITES

__all__ = ["Call", "Drop", "Ledger", "Overtaken", "Put", "Writer"]

LARGEST_BATCH = 64
FLUSHERS = 8
"""Threads that do nothing but wait for the disk, while the writer waits for them."""


class Overtaken(Exception):
    """Another hand changed the file since we last looked; nothing was written."""


@dataclass(frozen=True, slots=True)
class Put:
    """Write a document. expected: the file as we know it. obsolete: where that is, if it moves away from there."""

    path: str
    content: bytes
    record: Record
    entity: Entity
    expected: Stamp
    obsolete: str | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """Unlink a document's file."""

    path: str
    record: Record
    expected: Stamp


@dataclass(frozen=True, slots=True)
class Call:
    """Run something in the writer's thread, in its turn."""

    function: Callable[[], Any]


class Ledger(Protocol):
    """Hears of every finished write before its answer leaves. Called in the writer's thread; never raises."""

    def note(self, puts: Sequence[tuple[Record, Entity, bytes]], drops: Sequence[Record]) -> None: ...


Operation = Put | Drop | Call
_Waiting = tuple[Operation, "asyncio.Future[Any]"]
_Begun = tuple[tuple[Put | Drop, files.Begun | None], "asyncio.Future[Any]"]
_Staged = tuple[Put | Drop, files.Staged | None]
_Attempt = _Staged | Exception
_Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]


class Writer:
    """Start it on a running event loop; `do` from that loop alone."""

    def __init__(self, ledger: Ledger | None = None, *, durable: bool = True) -> None:
        self._ledger = ledger
        self._durable = durable
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def do(self, operation: Operation) -> "asyncio.Future[Any]":
        """Queue an operation. The future holds the Record as written, or what the Call returned.

        It raises Overtaken, or OSError when the write failed.
        """
        future: asyncio.Future[Any] = self._loop.create_future()
        STORE_WAITING.inc()
        self._queue.put((operation, future))
        return future

    async def stop(self) -> None:
        """Finish what is queued, then end the thread."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        ending = False
        with ThreadPoolExecutor(FLUSHERS, thread_name_prefix="store-flusher") as flushers:
            while not ending:
                waiting, ending = self._gather()
                outcomes: list[_Outcome] = []
                if changes := [item for item in waiting if not isinstance(item[0], Call)]:
                    outcomes += _Batch(changes, self._ledger, flushers, durable=self._durable).run()
                outcomes += [_called(item[0], item[1]) for item in waiting if isinstance(item[0], Call)]
                STORE_WAITING.dec(len(outcomes))
                if outcomes:
                    self._loop.call_soon_threadsafe(_deliver, outcomes)

    def _gather(self) -> tuple[list[_Waiting], bool]:
        """What waits, at least one; and whether the end was asked for."""
        waiting: list[_Waiting] = []
        item = self._queue.get()
        while item is not None:
            waiting.append(item)
            if len(waiting) == LARGEST_BATCH:
                return waiting, False
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return waiting, False
        return waiting, True


class _Batch:
    """Some writes on their way to the disk together; no two of the same document."""

    def __init__(
        self, waiting: Iterable[_Waiting], ledger: Ledger | None, flushers: Executor, *, durable: bool
    ) -> None:
        self._todo = list(waiting)
        self._ledger = ledger
        self._flushers = flushers
        self._durable = durable
        self._failed: list[_Outcome] = []

    def run(self) -> list[_Outcome]:
        STORE_BATCH_SIZE.observe(len(self._todo))
        begun = self._each(self._todo, self._begin)
        staged = self._each(self._flushed(begun), _result_of)
        written = self._each(staged, self._publish)
        self._sync_directories(written)
        self._note(written)
        STORE_WRITES.labels("done").inc(len(written))
        STORE_WRITES.labels("failed").inc(len(self._failed))
        return self._failed + [(future, _result(operation), None) for operation, future in written]

    def _each(self, waiting: Iterable[Any], step: Callable[[Any], Any]) -> list[Any]:
        """Apply step to every operation; those that fail leave the batch alone."""
        passed = []
        for operation, future in waiting:
            try:
                passed.append((step(operation), future))
            except Exception as error:
                self._failed.append((future, None, error))
        return passed

    def _begin(self, operation: Put | Drop) -> tuple[Put | Drop, files.Begun | None]:
        if isinstance(operation, Drop):
            return operation, None
        _require_no_link(os.path.dirname(operation.path))  # noqa: PTH120 - hot path
        try:
            return operation, files.begin(operation.path, operation.content)
        except FileNotFoundError:  # the first document of its directory
            self._make_directory(os.path.dirname(operation.path))  # noqa: PTH120 - hot path
            return operation, files.begin(operation.path, operation.content)

    def _flushed(self, begun: list[_Begun]) -> list[tuple[_Attempt, "asyncio.Future[Any]"]]:
        """Flush what was begun, several files at once: each by itself fails or is on disk."""
        steps = [step for step, _ in begun]
        if len(steps) == 1 or not self._durable:
            attempts = self._flush(steps)
        else:
            shares = [steps[start::FLUSHERS] for start in range(min(FLUSHERS, len(steps)))]
            done = list(self._flushers.map(self._flush, shares))
            attempts = [done[number % FLUSHERS][number // FLUSHERS] for number in range(len(steps))]
        return [(attempt, future) for attempt, (_, future) in zip(attempts, begun, strict=True)]

    def _flush(self, steps: Iterable[tuple[Put | Drop, files.Begun | None]]) -> list[_Attempt]:
        attempts: list[_Attempt] = []
        for operation, begun in steps:
            try:
                with _timed("file"):
                    staged = None if begun is None else files.finish(begun, durable=self._durable)
            except Exception as error:
                attempts.append(error)
            else:
                attempts.append((operation, staged))
        return attempts

    def _make_directory(self, path: str) -> None:
        """One level only: where the root is gone, everything in it would seem deleted if it came back empty."""
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)  # noqa: PTH102
        if self._durable:
            files.sync_directory(os.path.dirname(path))  # noqa: PTH120

    def _publish(self, step: tuple[Put | Drop, files.Staged | None]) -> Put | Drop:
        operation, staged = step
        if staged is None:
            return self._unlink(operation)
        assert isinstance(operation, Put)
        try:
            if operation.obsolete is not None:
                _require(operation.path, ABSENT)
            _require(operation.obsolete or operation.path, operation.expected)
        except BaseException:
            files.discard(staged)
            raise
        files.publish(staged)
        if operation.obsolete is not None:
            os.unlink(operation.obsolete)  # noqa: PTH108
        record = operation.record._replace(stamp=stamp_of(staged.status))
        return replace(operation, record=record)

    def _unlink(self, operation: Put | Drop) -> Put | Drop:
        _require(operation.path, operation.expected)
        os.unlink(operation.path)  # noqa: PTH108
        return operation

    def _sync_directories(self, written: list[tuple[Put | Drop, "asyncio.Future[Any]"]]) -> None:
        """Flush each directory once; a failure fails every write in it."""
        if not self._durable:
            return
        results: dict[str, OSError | None] = {}
        for operation, future in tuple(written):
            for directory in _directories(operation):
                if directory not in results:
                    results[directory] = _sync(directory)
                if (error := results[directory]) is not None:
                    written.remove((operation, future))
                    self._failed.append((future, None, error))
                    break

    def _note(self, written: list[tuple[Put | Drop, "asyncio.Future[Any]"]]) -> None:
        if self._ledger is None or not written:
            return
        operations = [operation for operation, _ in written]
        puts = [(put.record, put.entity, put.content) for put in operations if isinstance(put, Put)]
        self._ledger.note(puts, [operation.record for operation in operations if isinstance(operation, Drop)])


def _require(path: str, expected: Stamp) -> None:
    """Raise Overtaken unless the file is the one we know."""
    try:
        found = stamp_of(os.lstat(path))
    except FileNotFoundError:
        found = ABSENT
    if found != expected:
        raise Overtaken(path)


def _require_no_link(directory: str) -> None:
    """Raise OSError when the directory was replaced by a link: what is written would land elsewhere."""
    if os.path.islink(directory):  # noqa: PTH114 - hot path
        raise OSError(errno.ELOOP, "is a symbolic link, not a directory of ours", directory)


def _directories(operation: Put | Drop) -> set[str]:
    paths = [operation.path]
    if isinstance(operation, Put) and operation.obsolete is not None:
        paths.append(operation.obsolete)
    return {os.path.dirname(path) for path in paths}  # noqa: PTH120 - hot path


def _sync(directory: str) -> OSError | None:
    try:
        with _timed("directory"):
            files.sync_directory(directory)
    except OSError as error:
        return error
    return None


def _timed(what: str) -> AbstractContextManager[object]:
    return FSYNC_SECONDS.labels(what).time()


def _result_of(attempt: _Attempt) -> _Staged:
    if isinstance(attempt, Exception):
        raise attempt
    return attempt


def _result(operation: Put | Drop) -> Record:
    return operation.record


def _called(operation: Operation, future: "asyncio.Future[Any]") -> _Outcome:
    assert isinstance(operation, Call)
    try:
        return future, operation.function(), None
    except Exception as error:
        return future, None, error


def _deliver(outcomes: Iterable[_Outcome]) -> None:
    for future, result, error in outcomes:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
