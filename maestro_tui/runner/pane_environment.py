"""The environment an agent starts with: the person's own, without traces of the outer terminal."""

import os
from collections.abc import Mapping
from pathlib import Path

from maestro_tui.environment import PANE_TERMINAL, UNSET_IN_PANES

__all__ = ["pane_environment"]

OUR_PREFIX = "MAESTRO_"


def pane_environment(
    inherited: Mapping[str, str],
    *,
    profile: Mapping[str, str],
    session: Mapping[str, str],
    pane: Mapping[str, str],
    shims: Path,
    home: Path,
) -> dict[str, str]:
    """The whole environment of one agent, later parts over earlier ones.

    inherited: the runner's own. profile: of the agent. session: asked for by the spawn.
    pane: the MAESTRO_ variables, which nothing overrides. shims: found first on PATH.
    """
    kept = {name: value for name, value in inherited.items() if not _is_of_outside(name)}
    merged = kept | dict(PANE_TERMINAL) | dict(profile) | dict(session)
    merged["PATH"] = f"{shims}{os.pathsep}{merged.get('PATH') or os.defpath}"
    return merged | {"MAESTRO_HOME": str(home)} | dict(pane)


def _is_of_outside(name: str) -> bool:
    """Whether a variable tells of the outer terminal, or of the work this process was started for itself."""
    if name.startswith(OUR_PREFIX) or name in ("TRACEPARENT", "TRACESTATE"):
        return True
    return any(
        name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern for pattern in UNSET_IN_PANES
    )
