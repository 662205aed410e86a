"""The C types of the engine that are used here, read from their names all at once.

cffi goes through everything that the engine declares whenever it meets a name for the first time:
some 10 ms for each, and a terminal needs nearly fifty of them before it shows its first row.
"""

from typing import Any

__all__ = ["C_TYPES", "GRID_REF", "SCROLL_VIEWPORT", "TRACK", "read"]

GRID_REF = "GhosttyResult(*)(GhosttyTerminal, GhosttyPointS, GhosttyGridRef*)"
TRACK = "GhosttyResult(*)(GhosttyTerminal, GhosttyPointS, GhosttyTrackedGridRef*)"
SCROLL_VIEWPORT = "void(*)(GhosttyTerminal, MaestroScroll)"
"""Functions that take a tagged union by value, as functions of a struct like it, which cffi can pass."""

C_TYPES = (
    GRID_REF,
    TRACK,
    SCROLL_VIEWPORT,
    "GhosttyTerminalBellFn",
    "GhosttyTerminalClipboardWriteFn",
    "GhosttyTerminalColorSchemeFn",
    "GhosttyTerminalDesktopNotificationFn",
    "GhosttyTerminalProgressReportFn",
    "GhosttyTerminalPwdChangedFn",
    "GhosttyTerminalRenderHoldFn",
    "GhosttyTerminalSizeFn",
    "GhosttyTerminalTitleChangedFn",
    "GhosttyTerminalWritePtyFn",
    "GhosttyTerminalXtversionFn",
    "GhosttyCell*",
    "GhosttyCellsView*",
    "GhosttyClipboardWriteReply*",
    "GhosttyColorRgb*",
    "GhosttyColorRgb[256]",
    "GhosttyFormatter*",
    "GhosttyFormatterTerminalOptions*",
    "GhosttyGridRef*",
    "GhosttyKeyEncoder*",
    "GhosttyKeyEvent*",
    "GhosttyKittyKeyFlags*",
    "GhosttyMouseEncoder*",
    "GhosttyMouseEncoderSize*",
    "GhosttyMouseEvent*",
    "GhosttyMousePosition*",
    "GhosttyOptionAsAlt*",
    "GhosttyPointCoordinate*",
    "GhosttyPointS*",
    "GhosttyRenderState*",
    "GhosttyRenderStateColors*",
    "GhosttyRenderStateCursor*",
    "GhosttyRenderStateDirty*",
    "GhosttyRenderStateRowCells*",
    "GhosttyRenderStateRowIterator*",
    "GhosttyRenderStateRowSelection*",
    "GhosttyRow*",
    "GhosttyRowSemanticPrompt*",
    "GhosttySelection*",
    "GhosttySnapshotDecoder*",
    "GhosttyString*",
    "GhosttyStyle*",
    "GhosttyTerminal*",
    "GhosttyTerminalCompressionResult*",
    "GhosttyTerminalCursorStyle*",
    "GhosttyTerminalModeConfig*",
    "GhosttyTerminalScreen*",
    "GhosttyTerminalScrollbar*",
    "GhosttyTerminalSelectLineOptions*",
    "GhosttyTerminalSelectWordOptions*",
    "GhosttyTerminalSelectionFormatOptions*",
    "GhosttyTrackedGridRef*",
    "MaestroScroll*",
    "bool*",
    "char*",
    "char[]",
    "size_t*",
    "uint16_t*",
    "uint16_t[2]",
    "uint32_t*",
    "uint32_t[]",
    "uint64_t*",
    "uint8_t*",
    "uint8_t**",
    "uint8_t[]",
)

_DECLARED_HERE = """
char *strstr(const char *, const char *);
typedef struct { GhosttyTerminalScrollViewportTag tag; int64_t value; uint64_t padding; } MaestroScroll;
"""


def read(ffi: Any) -> dict[str, Any]:
    """cffi's types by the names in C_TYPES. ffi: the engine's; what is declared here becomes part of it."""
    ffi.cdef(_DECLARED_HERE)
    takes_them_all = ffi.typeof(f"void(*)({', '.join(map(_pointer_to, C_TYPES))})")
    return {name: pointer.item for name, pointer in zip(C_TYPES, takes_them_all.args, strict=True)}


def _pointer_to(ctype: str) -> str:
    """The type of a pointer to one: what a parameter keeps as it is, as it would not an array."""
    if "(*)" in ctype:
        return ctype.replace("(*)", "(**)", 1)
    item, bracket, size = ctype.partition("[")
    return f"{item}(*){bracket}{size}" if bracket else f"{ctype}*"
