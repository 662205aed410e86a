"""The attach protocol between a PTY host and its viewers: a codec without I/O, shared by both sides.

A frame is `type(1) length(4, big endian) payload`. Numbers are big endian and unsigned; offsets
are absolute byte positions in the session's output, 64 bits wide. HELLO, WELCOME, STATE, EXIT and
ERROR carry a JSON object, whose unknown keys are ignored. A viewer speaks first (HELLO); the host
answers WELCOME or ERROR.

Hosts live for weeks, so an older one keeps working under a newer cockpit and the other way round:
both name their version, speak the lower one, and skip frames of a type they do not know. A type is
a capital letter. Version 2 added `due` and `left` to STATE.
"""

import json
import struct
from enum import IntEnum
from typing import Any, NamedTuple

__all__ = [
    "MAX_PAYLOAD",
    "OLDEST",
    "PROTOCOL",
    "Decoder",
    "Frame",
    "Kind",
    "ProtocolError",
    "agree",
    "delivered",
    "encode",
    "focus",
    "gap",
    "input_bytes",
    "message",
    "output",
    "parse_delivered",
    "parse_focus",
    "parse_gap",
    "parse_input",
    "parse_message",
    "parse_output",
    "parse_signal",
    "parse_size",
    "signal_number",
    "size",
]

PROTOCOL = 2
OLDEST = 1
"""The oldest version that is still spoken."""
MAX_PAYLOAD = 1 << 20
LARGEST_SIDE = 10_000


class Kind(IntEnum):
    """What a frame says. Viewer to host: HELLO to ACK; host to viewer: WELCOME to ERROR."""

    HELLO = ord("H")
    INPUT = ord("I")
    RESIZE = ord("R")
    FOCUS = ord("F")
    SIGNAL = ord("K")
    STOP = ord("S")
    ACK = ord("A")

    WELCOME = ord("W")
    OUTPUT = ord("O")
    GAP = ord("G")
    SIZE = ord("Z")
    DELIVERED = ord("D")
    STATE = ord("T")
    EXIT = ord("X")
    ERROR = ord("E")


class ProtocolError(Exception):
    """The other side sent bytes that are no frame, or a frame whose payload has the wrong shape."""


class Frame(NamedTuple):
    kind: Kind
    payload: bytes


_HEADER = struct.Struct(">BI")
_OFFSET = struct.Struct(">Q")
_RANGE = struct.Struct(">QQ")
_SIZE = struct.Struct(">HH")
_TICKET = struct.Struct(">I")
_KINDS = {int(kind): kind for kind in Kind}
_TYPES = range(ord("A"), ord("Z") + 1)


class Decoder:
    """Turns a stream of bytes, however it was cut, into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def buffered(self) -> int:
        """How many bytes of an unfinished frame are held."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that data completes, in order. Raises ProtocolError for bytes that are no frame."""
        buffer = self._buffer
        buffer += data
        frames, position = [], 0
        while len(buffer) - position >= _HEADER.size:
            kind, length = self._header(position)
            first = position + _HEADER.size
            if len(buffer) - first < length:
                break
            position = first + length
            if kind is not None:
                frames.append(Frame(kind, bytes(buffer[first:position])))
        del buffer[:position]
        return frames

    def _header(self, position: int) -> tuple[Kind | None, int]:
        """The frame's kind, None for one of a later version, and its payload's length."""
        number, length = _HEADER.unpack_from(self._buffer, position)
        if number not in _TYPES:
            raise ProtocolError(
                f"unknown frame type 0x{number:02x}; speak version {PROTOCOL} of the attach protocol"
            )
        kind = _KINDS.get(number)
        if length > MAX_PAYLOAD:
            name = kind.name if kind else chr(number)
            raise ProtocolError(f"{name} frame of {length} bytes; at most {MAX_PAYLOAD} are allowed")
        return kind, length


def encode(kind: Kind, payload: bytes = b"") -> bytes:
    """One frame as bytes. Raises ProtocolError when payload is longer than MAX_PAYLOAD."""
    if len(payload) > MAX_PAYLOAD:
        raise ProtocolError(f"{kind.name} frame of {len(payload)} bytes; at most {MAX_PAYLOAD} are allowed")
    return _HEADER.pack(kind, len(payload)) + payload


def message(kind: Kind, content: dict[str, Any]) -> bytes:
    """A HELLO, WELCOME, STATE, STOP, EXIT or ERROR frame."""
    return encode(kind, json.dumps(content, separators=(",", ":")).encode())


def parse_message(frame: Frame) -> dict[str, Any]:
    """The JSON object of a frame. Raises ProtocolError."""
    try:
        content = json.loads(frame.payload)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"{frame.kind.name} frame holds no JSON: {error}") from None
    if not isinstance(content, dict):
        raise ProtocolError(f"{frame.kind.name} frame must hold a JSON object")
    return content


def agree(theirs: Any) -> int:
    """The version both sides speak. theirs: what the other side named. Raises ProtocolError."""
    if type(theirs) is not int or theirs < OLDEST:
        raise ProtocolError(
            f"version {theirs!r} of the attach protocol is not spoken here; {OLDEST} to {PROTOCOL} are"
        )
    return min(theirs, PROTOCOL)


def output(offset: int, data: bytes) -> bytes:
    """OUTPUT: data begins at offset."""
    return _HEADER.pack(Kind.OUTPUT, _OFFSET.size + len(data)) + _OFFSET.pack(offset) + data


def parse_output(frame: Frame) -> tuple[int, bytes]:
    """Offset and data of an OUTPUT frame."""
    (offset,) = _unpack(_OFFSET, frame, exact=False)
    return offset, frame.payload[_OFFSET.size :]


def gap(first: int, end: int) -> bytes:
    """GAP: the bytes from first up to, not including, end are no longer held; the screen is unknown."""
    return encode(Kind.GAP, _RANGE.pack(first, end))


def parse_gap(frame: Frame) -> tuple[int, int]:
    first, end = _unpack(_RANGE, frame)
    return first, end


def size(kind: Kind, columns: int, rows: int) -> bytes:
    """RESIZE (a viewer's size) or SIZE (the terminal's from here on), 1 to 10,000 cells a side."""
    return encode(kind, _SIZE.pack(columns, rows))


def parse_size(frame: Frame) -> tuple[int, int]:
    """Columns and rows. Raises ProtocolError when one is out of range."""
    columns, rows = _unpack(_SIZE, frame)
    return check_size(columns, rows)


def check_size(columns: Any, rows: Any) -> tuple[int, int]:
    """The size, when both sides are whole numbers from 1 to 10,000. Raises ProtocolError otherwise."""
    if not (type(columns) is int and type(rows) is int):
        raise ProtocolError(f"a size is two whole numbers, not {columns!r} and {rows!r}")
    if not (0 < columns <= LARGEST_SIDE and 0 < rows <= LARGEST_SIDE):
        raise ProtocolError(f"a size of {columns}×{rows} cells; 1 to {LARGEST_SIDE} a side are allowed")
    return columns, rows


def input_bytes(ticket: int, data: bytes) -> bytes:
    """INPUT: bytes for the program. A ticket other than 0 is answered DELIVERED once all are in its terminal."""
    return encode(Kind.INPUT, _TICKET.pack(ticket) + data)


def parse_input(frame: Frame) -> tuple[int, bytes]:
    (ticket,) = _unpack(_TICKET, frame, exact=False)
    return ticket, frame.payload[_TICKET.size :]


def delivered(ticket: int) -> bytes:
    return encode(Kind.DELIVERED, _TICKET.pack(ticket))


def parse_delivered(frame: Frame) -> int:
    (ticket,) = _unpack(_TICKET, frame)
    return int(ticket)


def focus(has_focus: bool) -> bytes:
    """FOCUS: whether a person looks at this viewer; the last focused one sets the terminal's size."""
    return encode(Kind.FOCUS, bytes([has_focus]))


def parse_focus(frame: Frame) -> bool:
    return bool(_unpack(_BYTE, frame)[0])


def signal_number(number: int) -> bytes:
    """SIGNAL: for the program's process group."""
    return encode(Kind.SIGNAL, bytes([number]))


def parse_signal(frame: Frame) -> int:
    return int(_unpack(_BYTE, frame)[0])


_BYTE = struct.Struct(">B")


def _unpack(shape: struct.Struct, frame: Frame, *, exact: bool = True) -> tuple[Any, ...]:
    length = len(frame.payload)
    if length < shape.size or (exact and length != shape.size):
        raise ProtocolError(f"{frame.kind.name} frame of {length} bytes; {shape.size} expected")
    return shape.unpack_from(frame.payload)
