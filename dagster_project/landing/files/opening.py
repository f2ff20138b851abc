"""Opening a file that somebody else wrote: what it is, and how much it would take, before anything is made of it.

Belongs here: plain files, gzip, and the limits of size that any format has.
Does not belong here: formats (the modules beside it).
"""

import gzip
import hashlib
import io
import os
import re
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from dagster_project.settings import Settings

PIECE = 1 << 20
# what no row of an extract is near; a file of one line is held in memory twice to find that out
LONGEST_LINE = 16 * PIECE
# a field takes sixteen bytes when it is read, so a file of nothing but separators swells to sixteen times its size
MANY_FIELDS, BYTES_PER_FIELD = 10_000_000, 3


class Unreadable(Exception):
    """Why a file cannot be taken: what was found, what is the matter (after the file's name), and in which column."""

    def __init__(self, found: str, message: str, column: str | None = None) -> None:
        super().__init__()
        self.found, self.message, self.column = found, message, column


def is_plain(path: Path) -> bool:
    """Whether a plain file lies there: no link, no folder, no pipe."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def content(path: Path, max_file_mb: int) -> bytes:
    """The bytes of a file as it lies there. Raises Unreadable where it is too large, or is being written to."""
    try:
        with _open(path) as file:
            before = os.fstat(file.fileno())
            if before.st_size > max_file_mb * 1_000_000:
                raise _too_large(max_file_mb)
            data = file.read(before.st_size + 1)
            after = os.fstat(file.fileno())
    except OSError:
        raise Unreadable("cannot be opened", "cannot be opened.") from None
    if (len(data), after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise Unreadable("changed", "was written to while it was read; it must be complete before the night.")
    return data


def fingerprint(path: Path, max_file_mb: int) -> str:
    """SHA-256 of the bytes that `content` gives; of nothing where it gives none."""
    try:
        with _open(path) as file:
            if os.fstat(file.fileno()).st_size <= max_file_mb * 1_000_000:
                return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    except OSError:
        pass
    return hashlib.sha256(b"").hexdigest()


def text(data: bytes, is_packed: bool, settings: Settings) -> bytes:
    """The bytes of a text file, unpacked. Raises Unreadable where they are no gzip, or more than is read.

    They are counted first, and what is counted is let go.
    """
    size = fields = 0
    for piece in _lines_of(_unpacked(data) if is_packed else _cut(data)):
        columns = 0 if size else re.split(rb"[\r\n]", piece, maxsplit=1)[0].count(b";") + 1
        if columns > settings.max_columns:
            told = f"has over {settings.max_columns:,} columns (BOLIG_MAX_COLUMNS); more are not read."
            raise Unreadable(f"over {settings.max_columns:,} columns", told)
        size += len(piece)
        fields += piece.count(b";") + piece.count(b"\n")
        if size > settings.max_file_mb * 1_000_000:
            raise _too_large(settings.max_file_mb)
        if fields > max(MANY_FIELDS, size / BYTES_PER_FIELD):
            raise Unreadable(f"over {fields:,} fields", "is made of separators, with next to nothing between them.")
    return gzip.decompress(data) if is_packed else data


def _open(path: Path) -> IO[bytes]:
    """The plain file; what took its place since it was listed (a link, a pipe that never answers) is an OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("no plain file")
    return os.fdopen(descriptor, "rb")


def _cut(data: bytes) -> Iterator[bytes]:
    return (data[at : at + PIECE] for at in range(0, len(data), PIECE))


def _unpacked(data: bytes) -> Iterator[bytes]:
    try:
        with gzip.open(io.BytesIO(data)) as file:
            while piece := file.read(PIECE):
                yield piece
    except (OSError, EOFError, zlib.error):
        raise Unreadable("broken gzip", "is no gzip file that can be unpacked.") from None


def _lines_of(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces as they come. Raises Unreadable where one line goes on over many of them."""
    length = 0
    for piece in pieces:
        length = 0 if b"\n" in piece or b"\r" in piece else length + len(piece)
        if length > LONGEST_LINE:
            raise Unreadable("an endless line", f"has a line of over {LONGEST_LINE // PIECE} million characters.")
        yield piece


def _too_large(max_file_mb: int) -> Unreadable:
    return Unreadable(
        f"over {max_file_mb:,} MB", f"has over {max_file_mb:,} MB of text (BOLIG_MAX_FILE_MB); more is not read."
    )
