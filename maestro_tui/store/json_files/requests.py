"""Which document a keyed request made: the requests of a day, so that older ones cost nothing."""

from collections import OrderedDict

from maestro_tui.store.json_files.idempotency import KEEP_MS
from maestro_tui.store.json_files.records import Record

__all__ = ["Requests"]


class Requests:
    """Document ids by the digest of the request that made them.

    It may name a document that is gone or no longer carries the mark: compare with its record.
    """

    def __init__(self) -> None:
        self._made: OrderedDict[str, tuple[int, str]] = OrderedDict()

    def put(self, record: Record) -> None:
        """Remember who made the record, and forget what was made a day before it."""
        if not record.request:
            return
        known = self._made.get(record.request)
        if known is not None and known >= record.age:
            return
        self._made[record.request] = record.age
        self._made.move_to_end(record.request)
        while next(iter(self._made.values()))[0] <= record.created_at - KEEP_MS:
            self._made.popitem(last=False)

    def made_by(self, digest: str) -> str | None:
        """The id of the newest document that the request made."""
        known = self._made.get(digest)
        return None if known is None else known[1]
