"""Names of files that tell when they were made."""

from datetime import UTC, datetime

__all__ = ["utc_name"]


def utc_name(now_ms: int) -> str:
    """A moment (Unix ms) as a part of a file name: `20260131T094500Z`."""
    return datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
