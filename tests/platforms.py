"""Tests that look at a process in a way that not every platform has."""

import resource
from pathlib import Path

import pytest

__all__ = ["needs_prlimit", "needs_proc"]

needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc, which is not here")
needs_prlimit = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="sets limits of another process")
