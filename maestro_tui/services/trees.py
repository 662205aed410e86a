"""Nodes that name their parents, hung below them."""

from collections.abc import Mapping
from typing import Any

__all__ = ["Node", "rooted"]

Node = dict[str, Any]


def rooted(nodes: Mapping[str, Node], parents: Mapping[str, str | None]) -> list[Node]:
    """The roots among nodes by id, every other node in the `children` of its parent, in the order given.

    A node whose parent is missing counts as a root, and so does one of a circle that somebody
    made by hand: every node is in the tree exactly once.
    """
    above = dict(parents)
    roots = []
    for node_id, node in nodes.items():
        parent_id = above[node_id]
        if parent_id is not None and parent_id in nodes and not _closes_circle(node_id, above):
            nodes[parent_id]["children"].append(node)
        else:
            above[node_id] = None
            roots.append(node)
    return roots


def _closes_circle(node_id: str, parents: Mapping[str, str | None]) -> bool:
    """Whether the way up from the node comes back to it."""
    seen: set[str] = set()
    above = parents[node_id]
    while above is not None and above not in seen:
        if above == node_id:
            return True
        seen.add(above)
        above = parents.get(above)
    return False
