"""What the agents did while no cockpit was open, in a sentence. Pure."""

from maestro_tui.runner.hosts import Meanwhile

__all__ = ["told", "told_orphans", "told_unknown"]


def told(meanwhile: Meanwhile, waiting: int) -> str:
    """As in `3 agents kept working, 1 finished, 1 needs you`; empty when there is nothing to tell.

    waiting: how many agents wait for the person now.
    """
    parts = [
        (len(meanwhile.kept), "kept working"),
        (len(meanwhile.started), "started"),
        (len(meanwhile.finished), "finished"),
        (len(meanwhile.failed), "failed"),
        (len(meanwhile.stopped), "stopped"),
        (len(meanwhile.lost), "lost"),
        (waiting, "needs you" if waiting == 1 else "need you"),
    ]
    present = [(number, words) for number, words in parts if number]
    if not present:
        return ""
    (number, words), *rest = present
    first = f"{number} agent{'s' * (number != 1)} {words}"
    return ", ".join([first, *(f"{number} {words}" for number, words in rest)])


def told_orphans(number: int, key: str) -> str:
    """That agents run on here whose hosts died, and the key that shows them."""
    if number == 1:
        return f"1 agent runs on here without its host, out of reach; {key} shows it, to stop it"
    return f"{number} agents run on here without their hosts, out of reach; {key} shows them, to stop them"


def told_unknown(number: int, key: str) -> str:
    """That agents run here which the server does not know, and the key that shows them."""
    if number == 1:
        return f"1 agent runs here that the server does not know; {key} shows it, to adopt or stop it"
    return f"{number} agents run here that the server does not know; {key} shows them, to adopt or stop them"
