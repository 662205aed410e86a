"""A runner that kills itself with SIGKILL at one step of a start. Arguments: the home, and the step.

Steps: `claimed`, before anything is started; `launched`, when the agent runs and nobody was told.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from maestro_tui import discovery
from maestro_tui.client.feed import Feed
from maestro_tui.config.sources import load_settings
from maestro_tui.paths import Home
from maestro_tui.runner import holding
from maestro_tui.runner import runner as runners
from maestro_tui.runner.launch import Launched, Launcher
from maestro_tui.runner.terminals import Terminals

LEASE_MS = 1500
"""Short, so that the next runner need not wait for long."""


class DyingLauncher(Launcher):
    step = ""

    async def launch(self, *values: Any, **named: Any) -> Launched:
        if self.step == "claimed":
            os.kill(os.getpid(), signal.SIGKILL)
        launched = await super().launch(*values, **named)
        os.kill(os.getpid(), signal.SIGKILL)
        return launched


async def main() -> None:
    root, DyingLauncher.step = sys.argv[1:]
    environ = {**os.environ, "HOME": root, "MAESTRO_HOME": str(Path(root) / ".maestro")}
    home = Home.from_environment(environ)
    server = discovery.read(home)
    assert server is not None
    holding.LEASE_MS, runners.Launcher = LEASE_MS, DyingLauncher  # type: ignore[misc]
    name = runners.runner_id_for(home)
    async with Feed(server.url, server.token, runner_id=name) as feed:
        settings = load_settings(home.config).settings
        await runners.Runner(feed, home, settings, Terminals(), runner_id=name, environ=environ).run()


asyncio.run(main())
