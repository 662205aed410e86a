"""The databases beside the documents: sound, and in step with the files?"""

import time
from collections.abc import Collection, Iterator

from maestro_tui.store.checking.findings import CheckFinding, FindingKind
from maestro_tui.store.json_files.layout import DocumentKey, Layout
from maestro_tui.store.json_files.looking import SidecarView, damage_of
from maestro_tui.store.json_files.reading import RETRIES, RETRY_SECONDS
from maestro_tui.store.json_files.scanning import by_kind, scan

__all__ = ["database_findings", "out_of_step"]

_REBUILD = "rebuild it from the documents"


def database_findings(layout: Layout, unsettled: Collection[DocumentKey]) -> Iterator[CheckFinding]:
    """Blocking. An index that is not there is no finding: the next server makes one.

    unsettled: documents of which it may know nothing, or another version.
    """
    sidecar = str(layout.sidecar)
    if damage := damage_of(layout.sidecar):
        yield CheckFinding(sidecar, f"is damaged: {damage}", kind=FindingKind.INDEX, repair=_REBUILD)
    elif changed := out_of_step(layout, unsettled):
        message = f"{len(changed)} documents are not as the index knows them, among them {layout.path(changed[0])}"
        yield CheckFinding(sidecar, message, kind=FindingKind.INDEX, repair=_REBUILD)
    if damage := damage_of(layout.history):
        repair = "move it into the quarantine; clients then take a snapshot"
        yield CheckFinding(str(layout.history), f"is damaged: {damage}", kind=FindingKind.HISTORY, repair=repair)


def out_of_step(layout: Layout, unsettled: Collection[DocumentKey]) -> list[DocumentKey]:
    """The documents whose files are not as the index knows them, even after a server had time to take them in."""
    changed = [key for key in _differences(layout) if key not in unsettled]
    for _ in range(RETRIES):
        if not changed:
            break
        time.sleep(RETRY_SECONDS)
        again = set(_differences(layout))
        changed = [key for key in changed if key in again]
    return changed


def _differences(layout: Layout) -> list[DocumentKey]:
    with SidecarView(layout.sidecar) as sidecar:
        known = sidecar.records()
    return [] if known is None else scan(layout, by_kind(known)).differing
