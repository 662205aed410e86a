"""The socket's protocol without the socket: text in, items out, never a gap and never a double.

The position survives connections; a snapshot half received does not. A server that is short
of room for us sends one update in the place of several: the survivor comes later and says
from where on it counts (`seqFrom`), so events behind a gap are held until it is covered.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson
from pydantic import ValidationError

from maestro_tui.client.errors import Incompatible, PositionLost, ProtocolError
from maestro_tui.client.items import Item, Snapshot, WireEvent
from maestro_tui.domain.document import Document
from maestro_tui.domain.order import Order
from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task

__all__ = ["Hello", "Pong", "Wire"]

LOG = logging.getLogger(__name__)

PROTOCOL = 1
WIDEST_GAP = 10_000
D = TypeVar("D", bound=Document)


@dataclass(frozen=True, slots=True)
class Hello:
    """The server's greeting. seq: the newest event there was; heartbeat: its interval in seconds."""

    epoch: str
    seq: int
    mode: str
    heartbeat: float
    server_version: str


@dataclass(frozen=True, slots=True)
class Pong:
    id: str


@dataclass(slots=True)
class _Assembly:
    """A snapshot as it comes in, and the events that wait behind it."""

    expected: int = 1
    projects: list[Project] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    waiting: list[WireEvent] = field(default_factory=list)


class Wire:
    """One client's reading of the stream, over as many connections as it takes.

    filtered: the server shows us a part of what happens, so places in the journal are
    missing by right.
    """

    def __init__(self, *, filtered: bool = False) -> None:
        self.epoch: str | None = None
        self.seq = 0
        self._filtered = filtered
        self._hello: Hello | None = None
        self._assembly: _Assembly | None = None
        self._missing: set[int] = set()
        self._held: list[WireEvent] = []

    def open(self) -> str:
        """Begin a connection. Returns the `since` to connect with."""
        self._hello = self._assembly = None
        self._forget_gap()
        return "0" if self.epoch is None else f"{self.epoch}:{self.seq}"

    @property
    def is_caught_up(self) -> bool:
        """Whether everything that was there at the hello has been delivered."""
        hello = self._hello
        return hello is not None and self._assembly is None and self.seq >= hello.seq

    @property
    def has_gap(self) -> bool:
        """Whether an event is missing; when it does not come soon, connect again."""
        return bool(self._missing)

    def receive(self, text: str) -> list[Item | Order | Hello | Pong]:
        """What one frame brings: often one thing, sometimes none.

        Raises PositionLost when an event is missing, Incompatible when the server speaks
        another protocol, ProtocolError when the frame is none of it.
        """
        frame = _parse(text)
        match frame.get("type"):
            case "hello":
                return [self._greet(_data(frame))]
            case "pong":
                return [Pong(str(frame.get("id", "")))]
            case "snapshot":
                return [*self._take_part(frame)]
            case "order":
                return [*_order(_data(frame))]
            case "heartbeat":
                self._check_position(_data(frame))
                return []
        return [*self._take_event(frame)] if "seq" in frame else []

    def _greet(self, data: dict[str, Any]) -> Hello:
        if data.get("protocol", PROTOCOL) != PROTOCOL:
            raise Incompatible(
                f"The server speaks protocol {data['protocol']}, this cockpit {PROTOCOL}",
                suggestion="Use the same version of maestro-tui on both sides.",
            )
        mode = data.get("mode")
        if mode not in ("replay", "snapshot"):
            raise ProtocolError(f"The server greets with an unknown mode: {mode!r}")
        if mode == "replay" and _text(data, "epoch") != self.epoch:
            raise ProtocolError("The server replays a journal that we have never seen")
        self._hello = Hello(
            _text(data, "epoch"),
            _number(data, "seq"),
            mode,
            max(_number(data, "heartbeatMs"), 1) / 1000,
            str(data.get("serverVersion", "")),
        )
        self._assembly = _Assembly() if mode == "snapshot" else None
        return self._hello

    def _take_part(self, frame: dict[str, Any]) -> list[Item]:
        assembly, data = self._assembly, _data(frame)
        if assembly is None or self._hello is None:
            raise ProtocolError("A snapshot came that nobody announced")
        part, of = _number(data, "part"), _number(data, "of")
        if part != assembly.expected or part > of:
            raise ProtocolError(f"Part {part} of the snapshot came where part {assembly.expected} was due")
        assembly.expected += 1
        assembly.projects += _documents(Project, data.get("projects"), assembly.unreadable)
        assembly.tasks += _documents(Task, data.get("tasks"), assembly.unreadable)
        assembly.sessions += _documents(Session, data.get("sessions"), assembly.unreadable)
        return self._complete(assembly, frame) if part == of else []

    def _complete(self, assembly: _Assembly, frame: dict[str, Any]) -> list[Item]:
        assert self._hello is not None
        epoch = self._hello.epoch
        seq = _number(frame, "seq") if "seq" in frame else self._hello.seq
        snapshot = Snapshot(
            epoch,
            seq,
            tuple(assembly.projects),
            tuple(assembly.tasks),
            tuple(assembly.sessions),
            rewound=epoch == self.epoch and seq < self.seq,
            unreadable=tuple(assembly.unreadable),
        )
        self.epoch, self.seq, self._assembly = epoch, seq, None
        return [snapshot, *(item for event in assembly.waiting for item in self._follow(event, event.seq))]

    def _take_event(self, frame: dict[str, Any]) -> list[Item]:
        if self._hello is None:
            raise ProtocolError("An event came before the hello")
        event = WireEvent(
            _text(frame, "type"),
            _data(frame),
            _number(frame, "timestamp"),
            _text(frame, "epoch"),
            _number(frame, "seq"),
        )
        if event.epoch != self._hello.epoch:
            raise PositionLost("The journal was replaced while we were connected")
        if self._assembly is not None:
            self._assembly.waiting.append(event)
            return []
        return self._follow(event, _number(frame, "seqFrom") if "seqFrom" in frame else event.seq)

    def _follow(self, event: WireEvent, covered_from: int) -> list[Item]:
        """The events that may be delivered now that this one has come."""
        last = self._held[-1].seq if self._held else self.seq
        if event.seq <= last:
            return []
        if not self._filtered:
            self._note_gap(last + 1, event.seq)
            self._missing.difference_update(range(max(covered_from, self.seq + 1), event.seq))
        self._held.append(event)
        if self._missing:
            return []
        events: list[Item] = [*self._held]
        self._forget_gap()
        self.seq = event.seq
        return events

    def _check_position(self, data: dict[str, Any]) -> None:
        announced = _number(data, "seq")
        if self._hello is None or self._assembly is not None or announced <= self.seq:
            return
        if not self._filtered:
            raise PositionLost(f"The server is at {announced}, we are at {self.seq}")
        self.seq = announced

    def _note_gap(self, start: int, end: int) -> None:
        if end - start > WIDEST_GAP:
            raise PositionLost(f"Events {start} to {end - 1} are missing")
        self._missing.update(range(start, end))

    def _forget_gap(self) -> None:
        self._missing.clear()
        self._held.clear()


def _order(data: dict[str, Any]) -> Iterator[Order]:
    try:
        yield Order.model_validate(data)
    except ValidationError as error:  # of a newer server: it goes unanswered, and whoever gave it learns that
        LOG.warning("An order is not one we know: %s", error.errors()[0]["msg"])


def _parse(text: str) -> dict[str, Any]:
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ProtocolError(f"The server sent what is not JSON: {error}") from None
    if not isinstance(frame, dict):
        raise ProtocolError("The server sent a frame that is not one object")
    return frame


def _data(frame: dict[str, Any]) -> dict[str, Any]:
    data = frame.get("data")
    if not isinstance(data, dict):
        raise ProtocolError(f"A frame '{frame.get('type')}' has no data")
    return data


def _number(data: dict[str, Any], name: str) -> int:
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ProtocolError(f"'{name}' of a frame is not a whole number: {value!r}")
    return value


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise ProtocolError(f"'{name}' of a frame is not a text: {value!r}")
    return value


def _documents(model: type[D], values: Any, unreadable: list[str]) -> list[D]:
    if not isinstance(values, list | None):
        raise ProtocolError(f"{model.__name__}s of a snapshot are not a list")
    documents: list[D] = []
    for value in values or ():
        try:
            documents.append(model.model_validate(value))
        except ValidationError as error:
            unreadable.append(f"{model.__name__} {_identifier(value)}: {error.errors()[0]['msg']}")
    return documents


def _identifier(value: Any) -> str:
    return str(value.get("id", "without an id")) if isinstance(value, dict) else "that is no object"
