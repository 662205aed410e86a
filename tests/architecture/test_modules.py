"""The shape of the source: small modules, quiet packages, each importable by itself."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "maestro_tui"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 500
SCRIPTS = {PACKAGE / "__main__.py", *(PACKAGE / "demo" / "agents").glob("*.py")}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", [p for p in MODULES if p.name == "__init__.py"], ids=name_of)
def test_a_package_holds_a_docstring_only(path: Path) -> None:
    body = ast.parse(path.read_text()).body
    assert len(body) == 1, f"{path}: importing a package must import nothing else"
    assert isinstance(body[0], ast.Expr)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_short_and_says_what_it_is_for(path: Path) -> None:
    source = path.read_text()
    assert len(source.splitlines()) <= LONGEST
    assert ast.get_docstring(ast.parse(source)), f"{path} has no docstring"


def test_each_module_imports_alone() -> None:
    """In one fresh interpreter per module a cycle or a missing import shows; forks of one keep it fast."""
    names = [name_of(path) for path in MODULES if path not in SCRIPTS and path.name != "__main__.py"]
    program = (
        "import os, sys\n"
        "failed = []\n"
        "for name in sys.argv[1:]:\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        try:\n"
        "            __import__(name)\n"
        "        except BaseException as error:\n"
        "            print(f'{name}: {error!r}', flush=True)\n"
        "            os._exit(1)\n"
        "        os._exit(0)\n"
        "    failed += [name] if os.waitpid(child, 0)[1] else []\n"
        "sys.exit(bool(failed))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *names], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
