"""The shape of the source: small modules, quiet packages, each importable by itself."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "maestro_tui"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 500


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


def test_no_imports_run_in_a_circle() -> None:
    """So that every module can be the first one imported."""
    known = {name_of(path) for path in MODULES}
    graph = {name_of(path): imported_by(path) & known - {name_of(path)} for path in MODULES}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def imported_by(path: Path) -> set[str]:
    """The modules that importing this one loads at once: not those in functions or for type checkers alone."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("path", sorted((PACKAGE / "tui").rglob("*.py")), ids=name_of)
def test_a_worker_makes_its_coroutine_itself(path: Path) -> None:
    """One that is given up before it began would leave a coroutine behind that nobody awaits."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    given = [ast.unparse(call.args[0]) for call in calls if getattr(call.func, "attr", "") == "run_worker"]
    assert [one for one in given if "(" in one and not one.startswith("Later(")] == []
