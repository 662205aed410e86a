"""Tests that look at a process in a way that not every platform has."""

import os
import resource
import subprocess
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

__all__ = ["descriptors", "needs_prlimit", "needs_proc", "process_state"]

needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc, which is not here")
needs_prlimit = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="sets limits of another process")


def descriptors() -> Counter[str]:
    """What this process has open, by the kernel's name for it; nothing where there is no /proc."""
    opened: Counter[str] = Counter()
    with suppress(FileNotFoundError):
        for number in os.listdir("/proc/self/fd"):
            with suppress(FileNotFoundError):  # the one of the listing itself, or closed since
                opened[os.readlink(f"/proc/self/fd/{number}")] += 1
    return opened


def process_state(pid: int) -> str:
    """The letter for what a process does, as Z for a zombie and T for one that was stopped; empty once it is gone.

    proc(5), stat field 3; ps(1) where there is no /proc.
    """
    if Path("/proc/self/stat").exists():
        with suppress(FileNotFoundError, ProcessLookupError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
        return ""
    shown = subprocess.run(("ps", "-o", "stat=", "-p", str(pid)), capture_output=True, text=True, check=False)
    return shown.stdout[:1]
