"""What a backup says about itself: its version, its time, and the size and digest of every member."""

from pydantic import ValidationError

from maestro_tui.domain.document import Part
from maestro_tui.domain.errors import Invalid

__all__ = ["FORMAT", "MANIFEST", "LeftOut", "Manifest", "Member", "parse_manifest"]

FORMAT = 1
MANIFEST = "MANIFEST.json"


class Member(Part):
    """A file of the backup. path: its name in the archive. size: bytes. sha256: hex."""

    path: str
    size: int
    sha256: str


class LeftOut(Part):
    """A file that is not in the backup, and why. wanted: it should be; links and sockets never are."""

    path: str
    reason: str
    wanted: bool


class Manifest(Part):
    """The last member of the archive. created_at: Unix ms. counts: documents by kind."""

    format: int = FORMAT
    version: str
    created_at: int
    counts: dict[str, int]
    members: tuple[Member, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all members."""
        return sum(member.size for member in self.members)

    @property
    def is_whole(self) -> bool:
        """Whether nothing that belongs in it is missing."""
        return not any(missing.wanted for missing in self.left_out)


def parse_manifest(content: bytes) -> Manifest:
    """Raises Invalid for one of a later version, or none at all."""
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError as error:
        raise Invalid("The backup's manifest cannot be read", suggestion="Use another backup.") from error
    if manifest.format != FORMAT:
        raise Invalid(
            f"The backup has format {manifest.format}, written by maestro-tui {manifest.version};"
            f" this version reads format {FORMAT}",
            suggestion="Update maestro-tui.",
        )
    return manifest
