"""The records of one kind in memory, and which of them a query means.

Each record lies in a handful of buckets. A query is answered from the fewest buckets that
hold every match: where they hold nothing else, a page costs its own length whatever the
number of documents.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

from maestro_tui.domain.status import ENDED, LIVE, Priority, TaskStatus
from maestro_tui.store.base import ANY, ProjectQuery, SessionQuery, TaskQuery, TaskSort
from maestro_tui.store.json_files.buckets import Bucket, SortKey, sort_key
from maestro_tui.store.json_files.records import Record

__all__ = [
    "Index",
    "Plan",
    "plan_projects",
    "plan_sessions",
    "plan_tasks",
    "project_facets",
    "session_facets",
    "task_facets",
]

Facet = tuple[Hashable, ...]
_ALL: Facet = ("all",)
_FEW = 1_000
_LIVE = frozenset(status.value for status in LIVE)


class Plan(NamedTuple):
    """How to answer a query.

    facets: disjoint buckets that hold every match; exact when they hold nothing else.
    fits: whether a record matches, as far as records can tell.
    """

    facets: Sequence[Facet]
    sort: TaskSort
    exact: bool
    fits: Callable[[Record], bool]
    offset: int
    limit: int | None


class Index:
    """Records by id and in buckets. facets: the buckets a record belongs to."""

    def __init__(self, facets: Callable[[Record], Iterable[Facet]]) -> None:
        self.records: dict[str, Record] = {}
        self._facets = facets
        self._buckets: dict[Facet, Bucket] = {}

    def load(self, records: Iterable[Record]) -> None:
        """Take many records at once into an empty index, far cheaper than one by one.

        Records with the same place and words lie in the same buckets, so these are looked up once.
        """
        self.records = {record.id: record for record in records}
        buckets: dict[tuple[Any, ...], list[Callable[[SortKey], None]]] = {}
        for age in sorted(record.age for record in self.records.values()):
            record = self.records[age[1]]
            places = (record.project_id, record.parent_id, record.root_id, record.links)
            alike = (*places, record.status, record.priority)
            if (appends := buckets.get(alike)) is None:
                appends = buckets[alike] = [self._bucket(facet).append for facet in self._facets(record)]
            for append in appends:
                append(age)

    def put(self, record: Record) -> None:
        """Add a record, or replace the one of the same id."""
        before = self.records.get(record.id)
        self.records[record.id] = record
        facets = tuple(self._facets(record))
        if before is None:
            self._admit(record, facets)
            return
        held = tuple(self._facets(before))
        stays = frozenset(held) & frozenset(facets) if before.age == record.age else frozenset()
        self._withdraw(before, (facet for facet in held if facet not in stays))
        self._admit(record, (facet for facet in facets if facet not in stays))
        for facet in stays:
            self._buckets[facet].replace(before, record)

    def drop(self, document_id: str) -> None:
        if (record := self.records.pop(document_id, None)) is not None:
            self._withdraw(record, self._facets(record))

    def find(self, plan: Plan) -> tuple[list[Record], int]:
        """The page a plan asks for, and how many match in all."""
        orders = [bucket.ordered(plan.sort, self.records) for bucket in self._chosen(plan)]
        end = None if plan.limit is None else plan.offset + plan.limit
        keys = orders[0] if len(orders) == 1 else merge(*orders)
        if plan.exact:
            return [self.records[key[-1]] for key in islice(keys, plan.offset, end)], sum(map(len, orders))
        found = [record for key in keys if plan.fits(record := self.records[key[-1]])]
        return found[plan.offset : end], len(found)

    def find_among(self, plan: Plan, ids: Collection[str]) -> tuple[list[Record], int]:
        """As `find`, of these ids alone: few are sorted, many are picked out of the buckets in their order."""
        end = None if plan.limit is None else plan.offset + plan.limit
        if len(ids) <= _FEW:
            known = (record for one in ids if (record := self.records.get(one)) is not None)
            found = sorted((record for record in known if plan.fits(record)), key=sort_key(plan.sort))
            return found[plan.offset : end], len(found)
        orders = [bucket.ordered(plan.sort, self.records) for bucket in self._chosen(plan)]
        picked = [[key for key in order if key[-1] in ids] for order in orders]
        if not plan.exact:
            picked = [[key for key in keys if plan.fits(self.records[key[-1]])] for keys in picked]
        page = islice(merge(*picked), plan.offset, end)
        return [self.records[key[-1]] for key in page], sum(map(len, picked))

    def _chosen(self, plan: Plan) -> Iterator[Bucket]:
        return (bucket for facet in plan.facets if (bucket := self._buckets.get(facet)) is not None)

    def _admit(self, record: Record, facets: Iterable[Facet]) -> None:
        age = record.age
        for facet in facets:
            self._bucket(facet).add(record, age)

    def _bucket(self, facet: Facet) -> Bucket:
        if (bucket := self._buckets.get(facet)) is None:
            bucket = self._buckets[facet] = Bucket()
        return bucket

    def _withdraw(self, record: Record, facets: Iterable[Facet]) -> None:
        for facet in facets:
            bucket = self._buckets[facet]
            bucket.discard(record)
            if not bucket:
                del self._buckets[facet]


def project_facets(record: Record) -> Iterable[Facet]:
    return (_ALL,)


def task_facets(record: Record) -> Iterable[Facet]:
    project, words = record.project_id, (record.status, record.priority)
    yield _ALL
    yield ("all", *words)
    yield ("project", project)
    yield ("project", project, *words)
    yield ("parent", record.parent_id)
    if record.parent_id is None:
        yield ("roots", project)
        yield ("roots", project, *words)


def session_facets(record: Record) -> Iterable[Facet]:
    live = record.status in _LIVE
    yield _ALL
    yield ("live", live)
    yield ("project", record.project_id)
    yield ("project live", record.project_id, live)
    yield ("parent", record.parent_id)
    yield ("root", record.root_id)
    for task_id in set(record.links):
        yield ("task", task_id)


def plan_projects(query: ProjectQuery) -> Plan:
    return Plan((_ALL,), "createdAt", True, lambda _: True, query.offset, query.limit)


def plan_tasks(query: TaskQuery) -> Plan:
    """Text is not the index's business: it is found in documents."""
    facets, exact = _task_buckets(query)
    return Plan(facets, query.sort, exact, lambda record: _task_fits(record, query), query.offset, query.limit)


def _task_buckets(query: TaskQuery) -> tuple[Sequence[Facet], bool]:
    if query.parent_id != ANY and (query.parent_id is not None or query.project_id is None):
        narrowed = query.project_id is not None or bool(query.statuses) or query.priority is not None
        return (("parent", query.parent_id),), not narrowed
    family: Facet = _ALL if query.project_id is None else ("project", query.project_id)
    if query.parent_id is None:
        family = ("roots", query.project_id)
    if not query.statuses and query.priority is None:
        return (family,), True
    statuses = query.statuses or frozenset(TaskStatus)
    priorities = (query.priority,) if query.priority is not None else tuple(Priority)
    return [(*family, status.value, priority.value) for status in statuses for priority in priorities], True


def plan_sessions(query: SessionQuery) -> Plan:
    facet, covered = _narrowest(query)
    asked = {
        "project": query.project_id is not None,
        "task": query.task_id is not None,
        "live": query.live is not None,
        "parent": query.parent_session_id is not None,
        "root": query.root_session_id is not None,
        "status": bool(query.statuses),
    }
    rest = {name for name, wanted in asked.items() if wanted} - covered
    return Plan(
        (facet,), "createdAt", not rest, lambda record: _session_fits(record, query), query.offset, query.limit
    )


def _narrowest(query: SessionQuery) -> tuple[Facet, set[str]]:
    live = query.live
    if live is None and query.statuses:
        live = True if query.statuses <= LIVE else False if query.statuses <= ENDED else None
    if query.task_id is not None:
        return ("task", query.task_id), {"task"}
    if query.parent_session_id is not None:
        return ("parent", query.parent_session_id), {"parent"}
    if query.root_session_id is not None:
        return ("root", query.root_session_id), {"root"}
    if query.project_id is not None:
        place: Facet = ("project", query.project_id)
        return (
            (place, {"project"})
            if live is None
            else (("project live", query.project_id, live), {"project", "live"})
        )
    return (_ALL, set()) if live is None else (("live", live), {"live"})


def _task_fits(record: Record, query: TaskQuery) -> bool:
    return (
        (query.project_id is None or record.project_id == query.project_id)
        and (query.parent_id == ANY or record.parent_id == query.parent_id)
        and (not query.statuses or record.status in query.statuses)
        and (query.priority is None or record.priority == query.priority)
    )


def _session_fits(record: Record, query: SessionQuery) -> bool:
    return (
        (query.project_id is None or record.project_id == query.project_id)
        and (query.task_id is None or query.task_id in record.links)
        and (not query.statuses or record.status in query.statuses)
        and (query.live is None or (record.status in _LIVE) == query.live)
        and (query.parent_session_id is None or record.parent_id == query.parent_session_id)
        and (query.root_session_id is None or record.root_id == query.root_session_id)
    )
