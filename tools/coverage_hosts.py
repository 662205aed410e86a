"""A pytest plugin that lets coverage.py see into PTY hosts: `-p tools.coverage_hosts`.

A host runs isolated and without `site`, which is where coverage.py begins in other processes. Those
that the tests themselves start begin it on their own here; how the rest of a host comes about stays.
"""

from pathlib import Path

import coverage
import pytest

__all__ = ["measured"]

LIBRARIES = str(Path(coverage.__file__).parents[1])
BEGIN = f"sys.path.append({LIBRARIES!r}); import coverage; coverage.process_startup(); "


def pytest_configure(config: pytest.Config) -> None:
    from maestro_tui.ptyhost import starting  # now that what importing it runs is measured

    starting._CODE = measured(starting._CODE)


def measured(code: str) -> str:
    """What a host runs, with coverage.py begun before the first of its modules is imported."""
    before, after = code.split("from maestro_tui", 1)
    return f"{before}{BEGIN}from maestro_tui{after}"
