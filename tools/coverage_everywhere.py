"""A pytest plugin that lets coverage.py see every program the tests start: `-p tools.coverage_everywhere`.

coverage.py begins in another Python by itself when the environment tells it to, where `site` is loaded.
A program that is started with an environment of its own is told so here, unless that environment says
with an empty value that it is not to be measured. PTY hosts run without `site`; those that the tests
themselves start begin coverage.py on their own.
"""

import os
import subprocess
from pathlib import Path
from typing import Any

import coverage
import pytest

__all__ = ["VARIABLE", "measured", "told"]

VARIABLE = "COVERAGE_PROCESS_CONFIG"
LIBRARIES = str(Path(coverage.__file__).parents[1])
BEGIN = f"sys.path.append({LIBRARIES!r}); import coverage; coverage.process_startup(); "


def pytest_configure(config: pytest.Config) -> None:
    from maestro_tui.ptyhost import starting  # now that what importing it runs is measured

    starting._CODE = measured(starting._CODE)
    begin = subprocess.Popen.__init__

    def begin_measured(process: Any, *arguments: Any, **options: Any) -> None:
        if options.get("env") is not None:
            options["env"] = told(options["env"])
        begin(process, *arguments, **options)

    subprocess.Popen.__init__ = begin_measured  # type: ignore[method-assign]


def measured(code: str) -> str:
    """What a host runs, with coverage.py begun before the first of its modules is imported."""
    before, after = code.split("from maestro_tui", 1)
    return f"{before}{BEGIN}from maestro_tui{after}"


def told(environment: dict[str, str]) -> dict[str, str]:
    """The environment, with what coverage.py needs to begin."""
    mine = os.environ.get(VARIABLE)
    return environment if mine is None else {VARIABLE: mine, **environment}
