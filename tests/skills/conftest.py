import json
from collections.abc import Callable
from pathlib import Path

import pytest

WriteSkill = Callable[..., Path]


@pytest.fixture
def write_skill() -> WriteSkill:
    """Writes a skill folder into a library directory; keywords change its manifest."""

    def write(library: Path, name: str, *, instructions: str = "# Do it\n", folder: str | None = None, **manifest):
        directory = library / (folder or name)
        directory.mkdir(parents=True)
        fields = {"name": name, "version": "1.0.0", "description": f"About {name}", **manifest}
        (directory / "manifest.json").write_text(json.dumps(fields))
        (directory / "skill.md").write_text(instructions)
        return directory

    return write
