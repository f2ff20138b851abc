"""CSV: a row is a line, whatever stands on it.

Belongs here: reading a text file into fields. Does not belong here: what a field may hold (rules.py).
"""

import re

import polars as pl

from dagster_project.landing.files.extract import FIELDS, LINE, Extract, extract_of, header, trimmed, utf8
from dagster_project.landing.files.opening import Unreadable as _Unreadable
from dagster_project.vocabulary.contracts import Table

# ---------------------------------------------------------------------------------------------- CSV


def read(table: Table, file: str, data: bytes) -> Extract:
    data = text_of(data)
    if not data or data.isspace():
        raise _Unreadable("no bytes", "is empty: it has not even a header.")
    extract = _read_plain(table, file, data) or _read_any(table, file, data)
    if extract.rows != [extract.frame.height]:  # a row lost without a word would be worse than a file refused
        raise _Unreadable("unreadable", "cannot be read line by line.")
    return extract


def text_of(data: bytes) -> bytes:
    """The text in UTF-8, every line of which ends in \\n or \\r\\n: \\r alone is an end too. Raises _Unreadable."""
    data = utf8(data)
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data


def _read_plain(table: Table, file: str, data: bytes) -> Extract | None:
    """The fast way for a file without quotes whose every line has the header's number of fields; None for any other."""
    head = data[: data.find(b"\n")] if b"\n" in data else data  # partition would copy the rest
    names = head.decode().removesuffix("\r").split(";")
    if any(mark in data for mark in (b'"', b"\0")) or not head.strip() or len(names) < 2:
        return None
    positions, ignored = header(table, names)
    try:
        frame = _fields_of(data, len(names), skip_lines=1, quote_char=None)
    except pl.exceptions.PolarsError:  # a line with too many fields
        return None
    rows = _count_lines(data) - 1
    if frame.height != rows:  # blank lines, most likely
        return None
    # No line has too many fields, so none has too few where the last field is always there, or where the sum is right.
    separators = len(names) - 1
    if frame[str(separators)].null_count() and data.count(b";") != separators * (rows + 1):
        return None
    frame = frame.select(pl.col(str(at)).alias(name) for name, at in positions.items())
    blanks = not data.isascii() or any(blank in data for blank in (b" ", b"\t", b"\r", b"\v", b"\f"))
    if blanks:
        frame = trimmed(frame)
    extract = extract_of(table, file, frame, ignored, pl.int_range(2, rows + 2, dtype=pl.UInt32, eager=True))
    extract.rows, extract.may_hold_nul = [rows], False
    return extract


# a field of a line: without quotation marks, or between two of them, and doubled within
_FIELD = r'(?:[^";]*|"(?:[^"]|"")*")'
_LOOSE_FIELD = re.compile(r'(?:^|;)(?:"((?:[^"]|"")*+)"(?=;|\Z)|([^;]*))')


def _read_any(table: Table, file: str, data: bytes) -> Extract:
    """The careful way: quotes, blank lines, lines with too many or too few fields or with a quotation mark astray.

    A line is a row, and no parser is asked where it ends: what is wrong with a line stays on it.
    """
    lines = lines_of(data)
    lines_in_all = lines.height
    lines = lines.filter(pl.col("line").str.strip_chars() != "")
    if not lines.height:
        raise _Unreadable("no bytes", "is empty: it has not even a header.")
    head, rows = lines.head(1), lines.slice(1)
    if not _are_sound(head["line"]).all():
        raise _Unreadable(
            f"quotation mark, line {head[LINE].item()}",
            'has a quotation mark (") in its header that does not stand around a whole name.',
        )
    names = _loose_fields(head["line"].item())
    positions, ignored = header(table, names)
    is_good = _are_sound(rows["line"], len(names))
    good, bad = rows.filter(is_good), rows.filter(~is_good)
    # each of these lines can be read by itself, so that a parser of whole files finds no other rows
    is_whole = lines_in_all == 1 + good.height
    body = data if is_whole else "\n".join(good["line"]).encode()
    frame = _fields_of(body, len(names), skip_lines=int(is_whole)).select(
        *(pl.col(str(at)).alias(name) for name, at in positions.items()),
        good[LINE],
        pl.lit(None, pl.UInt32).alias(FIELDS),
    )
    if bad.height:
        loose = [_loose_fields(line) for line in bad["line"]]
        columns = {name: [each[at] if at < len(each) else None for each in loose] for name, at in positions.items()}
        counts = pl.Series(FIELDS, [len(each) for each in loose], dtype=pl.UInt32).set(~_are_sound(bad["line"]), 0)
        astray = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)).with_columns(bad[LINE], counts)
        frame = frame.vstack(astray).sort(LINE)
    extract = extract_of(table, file, trimmed(frame.select(*positions)), ignored, frame[LINE], frame[FIELDS])
    extract.rows = [rows.height]
    return extract


def lines_of(data: bytes) -> pl.DataFrame:
    """Every line with its number."""
    lines = pl.read_lines(data, row_index_name=LINE, row_index_offset=1)
    if lines.height != _count_lines(data):
        raise _Unreadable("unreadable", "cannot be read line by line.")
    return lines


def _are_sound(lines: pl.Series, width: int | None = None) -> pl.Series:
    """Which lines have no quotation mark astray, and so many fields."""
    repeated = f"{{{width - 1}}}" if width else "*"
    return lines.str.contains(f"^{_FIELD}(?:;{_FIELD}){repeated}$")


def _loose_fields(line: str) -> list[str]:
    """The fields of a line, as far as they can be told apart where a quotation mark stands astray."""
    return [quoted.replace('""', '"') or plain for quoted, plain in _LOOSE_FIELD.findall(line)]


def _count_lines(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n"))


def _fields_of(data: bytes, width: int, *, skip_lines: int, quote_char: str | None = '"') -> pl.DataFrame:
    """The fields of every line as text, in columns 0, 1, 2 ..."""
    return pl.read_csv(
        data,
        separator=";",
        quote_char=quote_char,
        has_header=False,
        skip_lines=skip_lines,
        schema={str(i): pl.String for i in range(width)},
        raise_if_empty=False,
    )
