"""The program that reads a workbook, in a process of its own, which may fall over it: workbook.py starts it.

Belongs here: what is in the file. Does not belong here: what of it is wanted, and anything that takes long to import:
every workbook of a night starts this anew.

It gets a request (a line of JSON) and the workbook on standard input, and answers with a line of JSON and the cells:
rows that end in ROW, of fields that end in FIELD, two characters that no XML can hold.
"""

import io
import json
import math
import re
import resource
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from xml.parsers import expat

FIELD, ROW = "\x1f", "\x1e"

# a workbook of this project has ten parts; a few hundred come with pictures and links
MOST_PARTS = 10_000
PIECE = 1 << 20


class Refused(Exception):
    """What was found in the workbook, and what is the matter with it, after its name."""

    def __init__(self, found: str, message: str) -> None:
        super().__init__()
        self.found, self.message = found, message


NO_WORKBOOK = ("no workbook", "is no workbook that can be opened.")


def main() -> None:
    """Read the request and the workbook, and answer."""
    request = json.loads(sys.stdin.buffer.readline())
    memory, seconds = request["memory"], request["seconds"]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    data = sys.stdin.buffer.read()
    try:
        answer = _read(data, request)
    except MemoryError:
        sys.exit(1)
    except BaseException as error:  # calamine may panic; other errors have no common class, and may quote the sheet
        refusal = error if isinstance(error, Refused) else Refused(*NO_WORKBOOK)
        answer = [_line({"found": refusal.found, "message": refusal.message})]
    sys.stdout.buffer.writelines(answer)


def _line(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said).encode() + b"\n"


def _read(data: bytes, request: Mapping[str, Any]) -> list[bytes]:
    from python_calamine import CalamineWorkbook

    _measure(data, request["max_bytes"])
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    names = [name.strip().lower() for name in workbook.sheet_names]
    sheets: list[dict[str, Any] | None] = []
    bodies: list[bytes] = []
    for wanted, columns in request["sheets"]:
        if wanted is not None and wanted not in names:
            sheets.append(None)
            continue
        at = names.index(wanted) if wanted is not None else 0
        scan = _Scan(request["max_rows"], request["max_columns"])
        _parse_sheet(data, workbook.sheet_names, at, scan)
        sheet, body = _cells(workbook.get_sheet_by_index(at), scan.special, columns)
        sheets.append(sheet | {"length": len(body)})
        bodies.append(body)
    return [_line({"names": workbook.sheet_names, "sheets": sheets}), *bodies]


# ---------------------------------------------------------------------------------------------- the archive


def _measure(data: bytes, max_bytes: int) -> None:
    """Unpack every part, count it and let it go. Raises Refused where the archive is not what it says that it is.

    Whoever reads it afterwards finds in every part what it declares and no more.
    """
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused(
            "no .xlsx", "is protected by a password, or of an Excel before 2007; save it as .xlsx without one."
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception:
        raise Refused(*NO_WORKBOOK) from None
    parts = archive.infolist()
    names = [part.filename.lower() for part in parts]
    if len(parts) > MOST_PARTS or len(set(names)) < len(names):
        raise Refused("parts", "has parts that stand in it twice, or too many of them.")
    if any(part.flag_bits & 1 for part in parts):
        raise Refused("encrypted", "is protected by a password; save it without one.")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Refused("macros", "holds macros; save it as .xlsx without them.")
    if "xl/workbook.xml" not in names:
        raise Refused("no .xlsx", "is no .xlsx workbook.")
    total, end = 0, 0
    for part in sorted(parts, key=lambda part: part.header_offset):
        if part.header_offset < end or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused(*NO_WORKBOOK)
        name_length, more = struct.unpack("<HH", data[part.header_offset + 26 : part.header_offset + 30])
        begin = part.header_offset + 30 + name_length + more
        end = begin + part.compress_size
        size = 0
        for piece in _pieces(data[begin:end], part.compress_type):
            size += piece
            if total + size > max_bytes:
                raise Refused(
                    f"over {max_bytes // 1_000_000:,} MB unpacked",
                    f"unpacks to over {max_bytes // 1_000_000:,} MB (BOLIG_MAX_FILE_MB); more is not read.",
                )
        if size != part.file_size or end > len(data):
            raise Refused(*NO_WORKBOOK)
        total += size


def _pieces(packed: bytes, method: int) -> Iterator[int]:
    """The sizes of the pieces that this unpacks to, to the end of its stream, wherever it says that this is."""
    if method == zipfile.ZIP_STORED:
        yield len(packed)
        return
    stream, rest = zlib.decompressobj(-15), packed
    while not stream.eof:
        piece = stream.decompress(rest, PIECE)
        if not piece and not stream.unconsumed_tail:
            break
        rest = stream.unconsumed_tail
        yield len(piece)
    if not stream.eof or stream.unused_data:
        raise Refused(*NO_WORKBOOK)


# ---------------------------------------------------------------------------------------------- the sheet's XML


def _parse_sheet(data: bytes, names: Sequence[str], at: int, scan: "_Scan") -> None:
    """Go through the sheet at this place. Raises Refused where it is not surely the one that calamine takes for it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = _elements(archive.read("xl/workbook.xml"), "sheet")
        targets = _elements(archive.read("xl/_rels/workbook.xml.rels"), "Relationship")
        if [sheet["name"] for sheet in sheets] != names or len({each["Id"] for each in targets}) < len(targets):
            raise Refused(*NO_WORKBOOK)
        (relation,) = (value for name, value in sheets[at].items() if name.endswith(":id"))
        (target,) = (each["Target"] for each in targets if each["Id"] == relation)
        with archive.open(target.lstrip("/") if target.startswith("/") else f"xl/{target}") as stream:
            # large pieces: what does not end within a piece is looked at again from its beginning with the next one
            while piece := stream.read(PIECE):
                scan.parser.Parse(piece, False)
        scan.parser.Parse(b"", True)


def _elements(xml: bytes, name: str) -> list[dict[str, str]]:
    """The attributes of every element of this name, whatever its namespace is called."""
    found: list[dict[str, str]] = []
    parser = _parser()
    parser.StartElementHandler = lambda tag, given: found.append(given) if tag.rpartition(":")[2] == name else None
    parser.Parse(xml, True)
    return found


def _parser() -> Any:
    """A parser that knows no entities: a workbook has no document type."""
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise Refused(*NO_WORKBOOK)

    parser.StartDoctypeDeclHandler = refuse
    return parser


class _Scan:
    """One way through a sheet's XML, cell by cell.

    `special`: formula and error cells by row and column from 0, which calamine does not tell from plain ones.
    Raises Refused where the sheet is larger than is read: calamine makes room for all that lies between two cells.
    """

    def __init__(self, max_rows: int, max_columns: int) -> None:
        self.max_rows, self.max_columns = max_rows, max_columns
        self.special: dict[int, dict[int, str]] = {}
        self.row = self.column = -1
        self.is_error = False
        self.parser = _parser()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = tag.rpartition(":")[2] if ":" in tag else tag
        if name == "c":
            if reference := attributes.get("r"):
                self.row, self.column = _place(reference)
            else:
                self.column += 1
            self.is_error = attributes.get("t") == "e"
            self.parser.CharacterDataHandler = None
        elif name in ("v", "is", "f"):
            self._measure(self.row + 1, self.column + 1)
            if name == "f":
                self.special.setdefault(self.row, {})[self.column] = "formula"
                self.is_error = False
            elif self.is_error:
                self.special.setdefault(self.row, {}).setdefault(self.column, "")
                self.parser.CharacterDataHandler = self._error
        elif name == "row":
            self.row = int(attributes.get("r") or self.row + 2) - 1
            self.column = -1
            self.parser.CharacterDataHandler = None
        elif name == "dimension":
            row, column = _place(attributes.get("ref", "A1").rpartition(":")[2].replace("$", ""))
            self._measure(row + 1, column + 1)

    def _error(self, text: str) -> None:
        self.special[self.row][self.column] += text

    def _measure(self, rows: int, columns: int) -> None:
        if rows > self.max_rows:
            raise Refused(
                f"row {rows:,}",
                f"reaches to row {rows:,}; no more than {self.max_rows:,} (BOLIG_MAX_SHEET_ROWS) are read.",
            )
        if columns > self.max_columns:
            raise Refused(
                f"column {columns:,}",
                f"reaches to column {columns:,}; no more than {self.max_columns:,} (BOLIG_MAX_COLUMNS) are read."
                " Delete what stands, or only has a format, to the right of the table.",
            )


def _place(reference: str) -> tuple[int, int]:
    """Row and column from 0 of a cell as it is called, like B12. Raises Refused where it is called otherwise."""
    found = re.fullmatch("([A-Z]+)([1-9][0-9]*)", reference)
    if not found:
        raise Refused(*NO_WORKBOOK)
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]) - 1, column - 1


# ---------------------------------------------------------------------------------------------- cells


def _cells(
    sheet: Any, special: Mapping[int, Mapping[int, str]], types: Mapping[str, str]
) -> tuple[dict[str, Any], bytes]:
    """The first row that holds something, and of what stands below it the columns that are wanted, as text.

    Rows without anything are left out, as blank lines of a text file are. `odd`: by column the rows (from 0) whose
    cell is of a kind that the column's type cannot hold.
    """
    header: list[str] | None = None
    wanted: list[tuple[int, str]] = []
    odd: dict[int, list[int]] = {}
    rows: list[str] = []
    for at, cells in _rows(sheet, special):
        if not any(_is_filled(cell) for cell in cells):
            continue
        if header is None:
            header = [cell if isinstance(cell, str) else "" for cell in cells]
            wanted = [
                (place, types[name.strip().lower()])
                for place, name in enumerate(header)
                if name.strip().lower() in types
            ]
            continue
        fields = [str(at + 1)]
        for place, type_ in wanted:
            text, fits = _text(cells[place], type_) if place < len(cells) else ("", True)
            fields.append(text.replace(FIELD, "\ufffd").replace(ROW, "\ufffd"))
            if not fits:
                odd.setdefault(place, []).append(len(rows))
        rows.append(FIELD.join(fields) + ROW)
    return {
        "header": header,
        "places": [place for place, _ in wanted],
        "odd": odd,
        "rows": len(rows),
    }, "".join(rows).encode("utf-8", "replace")


def _rows(sheet: Any, special: Mapping[int, Mapping[int, str]]) -> Iterator[tuple[int, Sequence[Any]]]:
    """Every row from the first of the sheet on, each cell where it stands, special ones in place of their values."""
    start = sheet.start
    before = [""] * start[1] if start else []
    at = -1
    for at, row in enumerate(sheet.iter_rows() if start else ()):
        yield at, _with_special([*before, *row], special.get(at))
    for beyond in sorted(row for row in special if row > at):
        yield beyond, _with_special([], special[beyond])


def _with_special(cells: list[Any], special: Mapping[int, str] | None) -> list[Any]:
    if special:
        cells += [""] * (max(special) + 1 - len(cells))
        for place, shown in special.items():
            cells[place] = _Special(shown or "error")
    return cells


class _Special:
    """A formula or an error cell."""

    def __init__(self, shown: str) -> None:
        self.shown = shown


def _is_filled(cell: Any) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None


def _text(cell: Any, wanted: str) -> tuple[str, bool]:
    """A typed cell as the text of a CSV file, and whether its kind fits the column's type."""
    if isinstance(cell, str):
        return cell, True
    if cell is None:
        return "", True
    if isinstance(cell, _Special):
        return cell.shown, False
    if isinstance(cell, bool):
        return "ja" if cell else "nei", wanted == "boolean"
    if isinstance(cell, int | float):
        if not math.isfinite(cell):
            return str(cell), False
        # a comma: in a number that is typed as one, three decimals are not ambiguous
        text = format(Decimal(repr(cell)), "f").replace(".", ",")
        return (text.rstrip("0").rstrip(",") if "," in text else text), wanted in ("integer", "decimal")
    if isinstance(cell, datetime) and cell.time() != datetime.min.time():
        return cell.isoformat(" "), False
    if isinstance(cell, date):
        if wanted == "month" and cell.day == 1:
            return f"{cell:%m.}{cell.year:04d}", True
        return f"{cell:%d.%m.}{cell.year:04d}", wanted == "date"
    return str(cell), False


if __name__ == "__main__":
    main()
