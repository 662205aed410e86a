"""The wheel carries its data and starts."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    return next(target.glob("*.whl"))


def test_it_holds_skills_and_themes(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "maestro_tui/bundled/skills/maestro-cli/skill.md",
        "maestro_tui/bundled/skills/maestro-worker/manifest.json",
        "maestro_tui/bundled/themes/maestro-dark.toml",
        "maestro_tui/demo/agents/worker.py",
        "maestro_tui/py.typed",
    ):
        assert wanted in names
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]


@pytest.mark.timeout(120)
def test_both_commands_start_from_it(wheel: Path, tmp_path: Path) -> None:
    """Installed beside nothing but this environment's libraries, which .pth lends to it."""
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=False)
    site = next((environment / "lib").glob("python3.*/site-packages"))
    site.joinpath("libraries.pth").write_text("\n".join(p for p in sys.path if p.endswith("-packages")) + "\n")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    python = environment / "bin" / "python"
    program = (
        "from maestro_tui.paths import bundled; import maestro_tui;"
        "assert bundled('skills').joinpath('maestro-cli/skill.md').is_file();"
        "assert bundled('themes').joinpath('maestro-dark.toml').is_file(); print(maestro_tui.__file__)"
    )
    shown = subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert str(site) in shown.stdout
    for module in ("maestro_tui", "maestro_tui.cli"):
        command = [python, "-I", "-m", module, "--help"]
        assert subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
