"""The whole check of a home. It reads, and changes nothing."""

from collections import Counter

from maestro_tui.paths import Home
from maestro_tui.store.checking.databases import database_findings
from maestro_tui.store.checking.documents import Reading, read_all
from maestro_tui.store.checking.findings import CheckFinding, FindingKind, Report
from maestro_tui.store.checking.relations import Relations
from maestro_tui.store.checking.surroundings import files_below, leftovers, other_findings, wrong_modes
from maestro_tui.store.json_files.layout import Kind, Layout
from maestro_tui.store.json_files.scanning import scan

__all__ = ["check"]


def check(home: Home, *, served: bool) -> Report:
    """Look at everything in home. Blocking.

    served: a server runs, so unfinished writes are its own, and what seems missing is looked for twice.
    """
    layout = Layout(home.data)
    found = scan(layout)
    reading = read_all(layout, found.documents)
    findings = [
        *wrong_modes(home),
        *reading.findings,
        *other_findings(found),
        *_relations(layout, reading, served=served),
        *([] if served else _leftover_findings(home)),
        *database_findings(layout, reading.unsettled),
    ]
    counts = Counter(key.kind for key in reading.present)
    return Report({kind.value: counts[kind] for kind in Kind}, tuple(findings), files_below(layout.quarantine))


def _relations(layout: Layout, reading: Reading, *, served: bool) -> list[CheckFinding]:
    """While somebody writes, two documents are read at different moments: only what is wrong twice is wrong."""
    findings = list(Relations(layout, reading).findings())
    if served and findings:
        again = read_all(layout, scan(layout).documents)
        findings = [finding for finding in Relations(layout, again).findings() if finding in findings]
    return findings


def _leftover_findings(home: Home) -> list[CheckFinding]:
    message = "was left behind by a program that was killed"
    repair = "move it into the quarantine"
    return [CheckFinding(str(path), message, kind=FindingKind.LEFTOVER, repair=repair) for path in leftovers(home)]
