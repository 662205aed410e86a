"""The garbage collector may run anywhere, even while the engine's binding holds its lock."""

import ast
from pathlib import Path

from maestro_tui.terminal import library

ROOM = Path(library.__file__).parent


def used_by_finalizers():
    """Every library function in a module's `_free`, and every one that is given to `weakref.finalize`."""
    for path in ROOM.glob("*.py"):
        tree = ast.parse(path.read_text())
        bodies = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "_free"]
        bodies += [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "weakref.finalize"
        ]
        for body in bodies:
            names = (node.attr for node in ast.walk(body) if isinstance(node, ast.Attribute))
            yield from (name for name in names if name.startswith("ghostty_"))


def test_what_finalizers_use_is_looked_up_beforehand():
    """cffi looks a function up under a lock that is not reentrant: a finalizer that did so would wait for ever."""
    names = set(used_by_finalizers())
    loaded = library.load().lib
    assert len(names) >= 7
    assert names <= set(vars(loaded)), "each must be named in _USED_BY_FINALIZERS"
