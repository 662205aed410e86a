"""A terminal's whole state as bytes: screens, scrollback, modes, and a sequence cut in the middle."""

from typing import Any

from maestro_tui.domain.errors import Invalid
from maestro_tui.terminal.library import Library

__all__ = ["decode", "encode"]

LARGEST_CONTINUATION = 64 * 1024
"""How much of an unfinished sequence is kept, in bytes."""


def encode(library: Library, terminal: Any) -> bytes:
    """The state of a terminal of the library."""
    pointer, length = library.ffi.new("uint8_t**"), library.ffi.new("size_t*")
    result = library.lib.ghostty_snapshot_encode_alloc(terminal, library.ffi.NULL, pointer, length)
    library.check(result, "write a snapshot")
    try:
        return bytes(library.ffi.buffer(pointer[0], length[0]))
    finally:
        library.lib.ghostty_free(library.ffi.NULL, pointer[0], length[0])


def decode(library: Library, data: bytes) -> Any:
    """A new terminal of the library in that state. Raises Invalid for bytes that are no snapshot."""
    ffi, lib = library.ffi, library.lib
    source = ffi.from_buffer(data)
    decoder, terminal = ffi.new("GhosttySnapshotDecoder*"), ffi.new("GhosttyTerminal*")
    if lib.ghostty_snapshot_decoder_new_buf(ffi.NULL, decoder, source, len(data)):
        raise _unreadable()
    try:
        if lib.ghostty_snapshot_decoder_decode(decoder[0], terminal):
            raise _unreadable()
    finally:
        lib.ghostty_snapshot_decoder_free(decoder[0])
    return terminal[0]


def _unreadable() -> Invalid:
    return Invalid(
        "The terminal snapshot is damaged or was written by another version",
        suggestion="Replay the output log from its start instead",
    )
