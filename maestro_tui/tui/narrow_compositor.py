"""Composing no more of the screen than what changed.

Where anything changed, Textual's compositor has every widget of the screen draw itself whole, and
throws away what did not change: ten milliseconds for a clock in the header, in which no key moves.
"""

from collections.abc import Iterable, Sequence

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip

__all__ = ["NarrowCompositor"]


class NarrowCompositor(Compositor):
    """Textual's, which asks those widgets that are to be written for the rows that are, and nobody for others."""

    def __init__(self) -> None:
        super().__init__()
        self._bands: Sequence[Region] | None = None
        self._dirty: Sequence[Region] = ()

    def render_partial_update(self) -> ChopsUpdate | None:
        self._dirty = tuple(self._dirty_regions)
        self._bands = _bands(self._dirty, self.size.width)
        try:
            return super().render_partial_update()
        finally:
            self._bands, self._dirty = None, ()

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        if self._bands is None:
            yield from super()._get_renders(crop)
            return
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            if not any(map(shown.overlaps, self._dirty)):
                continue
            for band in self._bands:
                clipped = clip.intersection(band)
                if part := region.intersection(clipped):
                    yield region, clipped, widget.render_lines(part.translate(-region.offset))


def _bands(regions: Iterable[Region], width: int) -> list[Region]:
    """The rows that regions touch, as regions of the whole width, neighbours joined."""
    bands: list[Region] = []
    for region in sorted(regions, key=lambda region: region.y):
        if bands and region.y <= bands[-1].bottom:
            bottom = max(bands[-1].bottom, region.bottom)
            bands[-1] = Region(0, bands[-1].y, width, bottom - bands[-1].y)
        else:
            bands.append(Region(0, region.y, width, region.height))
    return bands
