"""A terminal's whole state as bytes: screens, scrollback, modes, and a sequence cut in the middle.

The engine trusts what it decodes, and damaged bytes could end the process. So a snapshot
carries the engine's version and a digest, and nothing is decoded unless both are right.
"""

import json
from hashlib import sha256
from typing import Any, NamedTuple

from maestro_tui.domain.errors import Invalid
from maestro_tui.terminal.library import Library

__all__ = ["Beside", "decode", "encode"]

LARGEST_CONTINUATION = 64 * 1024
"""How much of an unfinished sequence is kept, in bytes."""

_FORMAT = b"maestro-terminal-4 "
_DIGEST_BYTES = 32
_LENGTH_BYTES = 4


class Beside(NamedTuple):
    """What the engine does not know of a terminal.

    unfinished: what is remembered of a sequence it is in the middle of. titles: those put aside, the newest last.
    """

    unfinished: bytes
    titles: tuple[str, ...]


def encode(library: Library, terminal: Any, beside: Beside) -> bytes | None:
    """The state of a terminal of the library; None in the middle of a sequence that cannot be kept."""
    pointer, length = library.new("uint8_t**"), library.new("size_t*")
    result = library.lib.ghostty_snapshot_encode_alloc(terminal, library.ffi.NULL, pointer, length)
    if result == library.lib.GHOSTTY_INVALID_VALUE:
        return None
    library.check(result, "write a snapshot")
    try:
        state = bytes(library.ffi.buffer(pointer[0], length[0]))
    finally:
        library.lib.ghostty_free(library.ffi.NULL, pointer[0], length[0])
    told = json.dumps([beside.unfinished.decode("latin-1"), *beside.titles]).encode()
    body = len(told).to_bytes(_LENGTH_BYTES) + told + state
    return _header(library) + sha256(body).digest() + body


def decode(library: Library, data: bytes) -> tuple[Any, Beside]:
    """A new terminal of the library in that state, and what the library does not know of it.

    Raises Invalid for bytes that are no snapshot, are damaged, or come from another version of the engine.
    """
    ffi, lib = library.ffi, library.lib
    body = _body(library, data)
    state_start = _LENGTH_BYTES + int.from_bytes(body[:_LENGTH_BYTES])
    unfinished, *titles = json.loads(body[_LENGTH_BYTES:state_start])
    state = body[state_start:]
    source = ffi.from_buffer(state)
    decoder, terminal = library.new("GhosttySnapshotDecoder*"), library.new("GhosttyTerminal*")
    if lib.ghostty_snapshot_decoder_new_buf(ffi.NULL, decoder, source, len(state)):
        raise _unreadable()
    try:
        if lib.ghostty_snapshot_decoder_decode(decoder[0], terminal):
            raise _unreadable()
    finally:
        lib.ghostty_snapshot_decoder_free(decoder[0])
    return terminal[0], Beside(unfinished.encode("latin-1"), tuple(titles))


def _header(library: Library) -> bytes:
    return _FORMAT + library.version.encode() + b"\n"


def _body(library: Library, data: bytes) -> bytes:
    header = _header(library)
    digest, body = data[len(header) : len(header) + _DIGEST_BYTES], data[len(header) + _DIGEST_BYTES :]
    if not data.startswith(header) or sha256(body).digest() != digest:
        raise _unreadable()
    return body


def _unreadable() -> Invalid:
    return Invalid(
        "The terminal snapshot is damaged or was written by another version",
        suggestion="Replay the output log from its start instead",
    )
