"""Files that were made to stop the night: each in an otherwise good delivery of a municipality of its own.

Belongs here: how each is made, from code, and whether its delivery is to be refused. Does not belong here: what is
asserted of them (tests/unit/test_hostile_files.py, tests/pipeline/test_hostile_night.py).

    CASES["xlsx: a cell at row 4,000,000,000"].write(delivery)
"""

import gzip
import io
import json
import os
import socket
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.deliveries import csv_text, path_of, person, rows

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


@dataclass(frozen=True)
class Case:
    """A file, and what is to become of its delivery: where it is harmless it is taken like any other."""

    write: Callable[[Path], None]
    is_refused: bool = True


CASES: dict[str, Case] = {}


def case(name: str, *, is_refused: bool = True) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    """Enter what writes the file into the corpus."""

    def enter(write: Callable[[Path], None]) -> Callable[[Path], None]:
        CASES[name] = Case(write, is_refused)
        return write

    return enter


# -------------------------------------------------------------------------------------------------- workbooks


def row(at: int, *cells: str) -> str:
    return f'<row r="{at}">' + "".join(cells) + "</row>"


def cell(reference: str, value: str, attributes: str = 't="str"') -> str:
    return f'<c r="{reference}" {attributes}><v>{value}</v></c>'


def sheet(more: str = "", *, head: str = "", dimension: str = "A1:G2", doctype: str = "") -> str:
    """The XML of a sheet of decisions with one good row, and more rows after it."""
    table = rows("decision", {"vedtak_dato": "15.03.2010"})
    names = list(table[0])
    lines = [names, ["" if table[0][name] is None else str(table[0][name]) for name in names]]
    given = "".join(
        f'<row r="{at}">' + "".join(cell(f"{chr(65 + place)}{at}", text) for place, text in enumerate(line)) + "</row>"
        for at, line in enumerate(lines, 1)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{doctype}<worksheet xmlns="{MAIN}"><dimension ref="{dimension}"/>'
        f"{head}<sheetData>{given}{more}</sheetData></worksheet>"
    )


def parts(**changed: str | bytes | None) -> dict[str, bytes]:
    """The parts of a good workbook; by the last word of their names others, or none."""
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    packages = "http://schemas.openxmlformats.org/package/2006"
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    good: dict[str, str | bytes | None] = {
        "[Content_Types].xml": f'<Types xmlns="{packages}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{types}.sheet.main+xml"/>'
        f'<Override PartName="/{SHEET}" ContentType="{types}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{packages}/relationships"><Relationship Id="r1"'
        f' Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{relations}"><sheets>'
        '<sheet name="Ark1" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{packages}/relationships">'
        f'<Relationship Id="r1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{relations}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        SHEET: sheet(),
        STRINGS: f'<sst xmlns="{MAIN}"/>',
    }
    names = {"book": "xl/workbook.xml", "relations": "xl/_rels/workbook.xml.rels", "sheet": SHEET, "strings": STRINGS}
    good |= {names.get(name, name): content for name, content in changed.items()}
    return {
        name: content.encode() if isinstance(content, str) else content
        for name, content in good.items()
        if content is not None
    }


def packed(of: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in of.items():
            archive.writestr(name, content)
    return file.getvalue()


def archive(entries: list[tuple[str, bytes, int, int]]) -> bytes:
    """A zip archive by hand: names, what stands there (deflated), the declared size, and the declared method."""
    content, directory = b"", b""
    for name, packed_, size, method in entries:
        fields = (20, 0, method, 0, 0x21, 0, len(packed_), size, len(name), 0)
        directory += struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, *fields[:9], 0, 0, 0, 0, 0, len(content))
        directory += name.encode()
        content += struct.pack("<4s5H3I2H", b"PK\x03\x04", *fields) + name.encode() + packed_
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, len(entries), len(entries), len(directory), len(content), 0)
    return content + directory + end


def bomb(size_mb: int, of: bytes = b" ", begin: bytes = b"") -> bytes:
    """A deflated stream that unpacks to so many megabytes: one block, over and over."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = packer.compress(begin) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(of * (1_000_000 // len(of))) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * size_mb + packer.flush()


def with_bomb(name: str, size_mb: int, declared: int | None = None) -> bytes:
    """A good workbook but for one part, which swells."""
    entries = [(each, *_deflated(content)) for each, content in parts().items() if each != name]
    begin = parts()[name]
    size = size_mb * 1_000_000 + len(begin) if declared is None else declared
    return archive([*entries, (name, bomb(size_mb, begin=begin), size, zipfile.ZIP_DEFLATED)])


def _deflated(content: bytes) -> tuple[bytes, int, int]:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush(), len(content), zipfile.ZIP_DEFLATED


def enter_workbook(name: str, content: Callable[[], bytes], *, is_refused: bool = True) -> None:
    def write(delivery: Path) -> None:
        path_of(delivery, "decision").unlink()
        (delivery / "allocation" / "decision.xlsx").write_bytes(content())

    CASES[f"xlsx: {name}"] = Case(write, is_refused)


def enter_sheet(name: str, xml: Callable[[], str | bytes], *, is_refused: bool = True) -> None:
    enter_workbook(name, lambda: packed(parts(sheet=xml())), is_refused=is_refused)


LAUGHS = '<!ENTITY l0 "ha">' + "".join(f"<!ENTITY l{n} '" + f"&l{n - 1};" * 10 + "'>" for n in range(1, 10))
OTHER_FILE = '<!DOCTYPE x [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>'

enter_sheet("a cell at row 4,000,000,000", lambda: sheet(row(4000000000, cell("A4000000000", "x"))))
enter_sheet("a cell one row too far", lambda: sheet(row(1048577, cell("A1048577", "x"))))
enter_sheet("a cell at column 16,384", lambda: sheet(row(3, cell("XFD3", "x"))))
enter_sheet("a cell beyond any column", lambda: sheet(row(3, cell("ZZZZZZZ3", "x"))))
enter_sheet("two cells with 200 million between them", lambda: sheet(row(1048576, cell("GR1048576", "x"))))
enter_sheet("a cell at row 0", lambda: sheet(row(0, cell("A0", "x"))))
enter_sheet("a cell at row -5", lambda: sheet(row(-5, cell("A-5", "x"))))
enter_sheet("cells that are nowhere", lambda: sheet(row(3, cell("$$$", "x"))))
enter_sheet("a cell twice", lambda: sheet(row(3, cell("A3", "V2") + cell("A3", "V3"))), is_refused=False)
enter_sheet("a dimension of a whole sheet", lambda: sheet(dimension="A1:XFD1048576"))
enter_sheet("a dimension of no sheet", lambda: sheet(dimension="A1:ZZZZZZ99999999999999"))
enter_sheet("a dimension that is no reference", lambda: sheet(dimension="everything"))
enter_sheet("a dimension that is far too small", lambda: sheet(dimension="A1"), is_refused=False)
enter_sheet(
    "everything merged",
    lambda: sheet(head='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'),
    is_refused=False,
)
enter_sheet("two hundred thousand rows of nothing", lambda: sheet("<row/>" * 200_000), is_refused=False)
enter_sheet("two hundred thousand formulas", lambda: sheet("<row><c><f>1</f></c></row>" * 200_000), is_refused=False)
enter_sheet(
    "a formula on another workbook",
    lambda: sheet('<row r="3"><c r="A3" t="str"><f>[1]Ark1!A1</f><v>x</v></c></row>'),
    is_refused=False,
)
enter_sheet(
    "numbers of 309 digits",
    lambda: sheet("".join(row(n, cell(f"A{n}", f"V{n}"), cell(f"C{n}", "1e308", "")) for n in range(3, 9))),
    is_refused=False,
)
enter_sheet(
    "days beyond the calendar",
    lambda: sheet("".join(row(n, cell(f"A{n}", f"V{n}"), cell(f"C{n}", "99999-99-99", 't="d"')) for n in range(3, 9))),
    is_refused=False,
)
enter_sheet("a string that no table of strings has", lambda: sheet(row(3, cell("A3", "4294967295", 't="s"'))))
enter_sheet("the string of number -1", lambda: sheet(row(3, cell("A3", "-1", 't="s"'))))
enter_sheet("a NUL", lambda: sheet(row(3, cell("A3", "&#0;"))))
enter_sheet("two hundred thousand elements deep", lambda: sheet("<a>" * 200_000 + "</a>" * 200_000), is_refused=False)
enter_sheet("an attribute of 30 MB", lambda: sheet('<row spans="' + "1" * 30_000_000 + '"/>'), is_refused=False)
enter_sheet("XML that ends too soon", lambda: sheet()[:-30])
enter_sheet("no XML", lambda: b"\x00" * 1000)
enter_sheet("a billion laughs", lambda: sheet(cell("A3", "&l9;"), doctype=f"<!DOCTYPE x [{LAUGHS}]>"))
enter_sheet("a file of the machine's", lambda: sheet(cell("A3", "&l9;"), doctype=OTHER_FILE))
enter_workbook(
    "a billion laughs among the strings",
    lambda: packed(
        parts(
            sheet=sheet(row(3, cell("A3", "0", 't="s"'))),
            strings=f'<!DOCTYPE x [{LAUGHS}]><sst xmlns="{MAIN}"><si><t>&l9;</t></si></sst>',
        )
    ),
)
enter_workbook(
    "a file of the machine's among the strings",
    lambda: packed(
        parts(
            sheet=sheet(row(3, cell("A3", "0", 't="s"'))),
            strings=f'{OTHER_FILE}<sst xmlns="{MAIN}"><si><t>&l9;</t></si></sst>',
        )
    ),
)
enter_workbook(
    "a string of 10 MB a hundred thousand times",
    lambda: packed(
        parts(
            sheet=sheet("".join(row(n, cell(f"A{n}", "0", 't="s"')) for n in range(3, 100_000))),
            strings=f'<sst xmlns="{MAIN}"><si><t>{"x" * 10_000_000}</t></si></sst>',
        )
    ),
)
enter_workbook("a sheet of 3 GB", lambda: with_bomb(SHEET, 3000))
enter_workbook("strings of 3 GB", lambda: with_bomb(STRINGS, 3000))
enter_workbook("a sheet of 3 GB that declares 1,000 bytes", lambda: with_bomb(SHEET, 3000, declared=1000))
enter_workbook(
    "a sheet that goes on behind what it declares", lambda: with_bomb(SHEET, 1, declared=len(parts()[SHEET]))
)
enter_workbook(
    "a part of 3 GB that nobody reads",
    lambda: with_bomb(STRINGS, 3000).replace(STRINGS.encode(), b"xl/sharedStrings.xmm"),
)
enter_workbook(
    "a bomb within a bomb",
    lambda: packed(parts() | {"xl/media/42.zip": archive([("0", bomb(3000), 0, 8)])}),
    is_refused=False,
)
enter_workbook("a workbook within an archive", lambda: packed({"decision.xlsx": packed(parts())}))
enter_workbook(
    "names that lead out of it",
    lambda: packed(parts() | {"/etc/bolig": b"x", "../../../../tmp/bolig": b"x"}),
    is_refused=False,
)
enter_workbook(
    "a sheet that stands in it twice",
    lambda: archive([(name, *_deflated(content)) for name, content in [*parts().items(), (SHEET, parts()[SHEET])]]),
)
enter_workbook(
    "a sheet that stands in it twice, once in capitals", lambda: packed(parts() | {SHEET.upper(): b"<worksheet/>"})
)


def overlapping() -> bytes:
    """Two entries that are one place of the file, as the densest bombs have thousands of."""
    content = packed(parts() | {"a": b"x" * 1000, "b": b"y"})
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        a, b = made.getinfo("a").header_offset, made.getinfo("b").header_offset
    return content.replace(struct.pack("<I", b) + b"b", struct.pack("<I", a) + b"b")


enter_workbook("parts that overlap", lambda: overlapping())
enter_workbook("twenty thousand parts", lambda: packed(parts() | {f"x{n}": b"" for n in range(20_000)}))
enter_workbook("a method that nobody knows", lambda: archive([(n, *_deflated(c)[:2], 99) for n, c in parts().items()]))
enter_workbook("a directory that points elsewhere", lambda: packed(parts()).replace(b"PK\x01\x02", b"PK\x01\x03"))
enter_workbook(
    "a directory of 60,000 that are not there",
    lambda: packed(parts())[:-14] + struct.pack("<HH", 60_000, 60_000) + packed(parts())[-10:],
)
enter_workbook("a directory at the end of the world", lambda: packed(parts())[:-6] + b"\xff\xff\xff\x7f\x00\x00")
enter_workbook("half of it", lambda: packed(parts())[: len(packed(parts())) // 2])
enter_workbook(
    "a password on every part",
    lambda: packed(parts()).replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"),
)
enter_workbook("a password on the whole", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"EncryptedPackage" * 1000)
enter_workbook("macros", lambda: packed(parts() | {"xl/vbaProject.bin": b"x"}))
enter_workbook(
    "an .xlsb by another name", lambda: packed({"xl/workbook.bin": b"\x83\x01\x00", "[Content_Types].xml": b"<Types/>"})
)
enter_workbook(
    "an .ods by another name",
    lambda: packed(
        {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<office:document-content/>"}
    ),
)
enter_workbook(
    "relations in a circle",
    lambda: packed(
        parts(relations=parts()["xl/_rels/workbook.xml.rels"].replace(b"worksheets/sheet1.xml", b"workbook.xml"))
    ),
)
enter_workbook(
    "a relation with two ends",
    lambda: packed(parts(relations=parts()["xl/_rels/workbook.xml.rels"].replace(b'Id="r2"', b'Id="r1"'))),
)
enter_workbook(
    "a relation to nowhere",
    lambda: packed(
        parts(relations=parts()["xl/_rels/workbook.xml.rels"].replace(b"worksheets/sheet1.xml", b"../../../etc/passwd"))
    ),
)
enter_workbook("no sheet", lambda: packed(parts(book=f'<workbook xmlns="{MAIN}"><sheets/></workbook>')))
enter_workbook(
    "a hundred thousand sheets",
    lambda: packed(
        parts(
            book=parts()["xl/workbook.xml"].replace(
                b"</sheets>", b'<sheet name="x" sheetId="2" r:id="r1"/>' * 100_000 + b"</sheets>"
            )
        )
    ),
    is_refused=False,
)
enter_workbook(
    "two hundred thousand styles",
    lambda: packed(
        parts()
        | {
            "xl/styles.xml": (
                f'<styleSheet xmlns="{MAIN}"><cellXfs>' + "<xf numFmtId='14'/>" * 200_000 + "</cellXfs></styleSheet>"
            ).encode()
        }
    ),
    is_refused=False,
)
enter_workbook("nothing", lambda: b"")


@case("xlsx: a sheet that is called like a person, and like a path")
def _(delivery: Path) -> None:
    (delivery / "governance").mkdir()
    book = parts()["xl/workbook.xml"].replace(b"Ark1", f"../{person(1)}".encode())
    (delivery / "governance" / "styringsdata.xlsx").write_bytes(packed(parts(book=book)))


# -------------------------------------------------------------------------------------------------- gzip


def gz(name: str, content: Callable[[], bytes], *, is_refused: bool = True) -> None:
    def write(delivery: Path) -> None:
        path_of(delivery, "decision").unlink()
        (delivery / "allocation" / "decision.csv.gz").write_bytes(content())

    CASES[f"gz: {name}"] = Case(write, is_refused)


GOOD = csv_text("decision", {}).encode()
HEAD = csv_text("decision").encode()
SEPARATORS = b";" * HEAD.count(b";") + b"\n"

gz("3 GB of zeros", lambda: gzip.compress(HEAD) + gzip.compress(bytes(10_000_000)) * 300)
gz("3 GB of empty lines", lambda: gzip.compress(HEAD) + gzip.compress(b"\n" * 10_000_000) * 300)
gz("3 GB of separators", lambda: gzip.compress(HEAD) + gzip.compress(SEPARATORS * 1_000_000) * 400)
gz("one line of 3 GB", lambda: gzip.compress(HEAD) + gzip.compress(b"x" * 10_000_000) * 300)
gz("a header of 3 GB", lambda: gzip.compress(b"vedtak_id;" * 1_000_000) * 300)
gz("a column of a million names", lambda: gzip.compress(HEAD[:-1] + b";x" * 1_000_000 + b"\n"))
gz("half of it", lambda: gzip.compress(GOOD)[:-20])
gz("a wrong checksum", lambda: gzip.compress(GOOD)[:-8] + bytes(8))
gz("a gzip within", lambda: gzip.compress(gzip.compress(GOOD)))
gz("a gzip with something behind it", lambda: gzip.compress(GOOD) + b"and more")
gz("a gzip in two parts", lambda: gzip.compress(GOOD[:60]) + gzip.compress(GOOD[60:]), is_refused=False)
gz(
    "a name of 1 MB",
    lambda: b"\x1f\x8b\x08\x08" + bytes(6) + b"x" * 1_000_000 + b"\0" + gzip.compress(GOOD)[10:],
    is_refused=False,
)


# -------------------------------------------------------------------------------------------------- CSV


def text(name: str, content: Callable[[], bytes], *, is_refused: bool = True) -> None:
    def write(delivery: Path) -> None:
        path_of(delivery, "decision").write_bytes(content())

    CASES[f"csv: {name}"] = Case(write, is_refused)


text("nothing but NUL", lambda: bytes(1_000_000))
text("UTF-16", lambda: GOOD.decode().encode("utf-16"))
text("UTF-16 without a mark", lambda: GOOD.decode().encode("utf-16-le"))
text("two byte-order marks", lambda: b"\xef\xbb\xbf\xef\xbb\xbf" + GOOD)
text(
    "half a character pair",
    lambda: HEAD + "V1;S1;15.03.2010;innvilget;\ud800;;\n".encode("utf-8", "surrogatepass"),
    is_refused=False,
)
text("one line of 40 MB", lambda: HEAD + b"x" * 40_000_000)
text("a million columns", lambda: HEAD[:-1] + b";x" * 1_000_000 + b"\n")
text("no header, a million columns", lambda: b";" * 1_000_000 + b"\n")
text("the header twice", lambda: HEAD + GOOD, is_refused=False)
text("nothing but quotation marks", lambda: b'"' * 1_000_001)
text("control characters", lambda: bytes(range(32)) * 10_000)
text("separators", lambda: HEAD + SEPARATORS * 3_000_000)
text("line ends of every kind", lambda: HEAD + b"\r\n\n\r\r\n\n" * 100_000, is_refused=False)


@case("csv: 50 GB of nothing")
def _(delivery: Path) -> None:
    with path_of(delivery, "decision").open("ab") as file:
        file.truncate(50_000_000_000)


# -------------------------------------------------------------------------------------------------- no plain files


@case("file: a pipe")
def _(delivery: Path) -> None:
    path_of(delivery, "decision").unlink()
    os.mkfifo(path_of(delivery, "decision"))


@case("file: a socket")
def _(delivery: Path) -> None:
    path_of(delivery, "decision").unlink()
    here = os.open(delivery / "allocation", os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"/proc/self/fd/{here}/decision.csv")  # a socket's own path may not be long
    os.close(here)


def link(name: str, to: str) -> None:
    def write(delivery: Path) -> None:
        path_of(delivery, "decision").unlink()
        path_of(delivery, "decision").symlink_to(to)

    CASES[f"file: {name}"] = Case(write)


link("a link to zeros without end", "/dev/zero")
link("a link to a file of the machine's", "/etc/passwd")
link("a link to itself", "decision.csv")
link("a link to another municipality's file", "../../../0220/2011-01-01/allocation/decision.csv")


@case("file: two thousand that nobody asked for", is_refused=False)
def _(delivery: Path) -> None:
    for n in range(2_000):
        (delivery / "allocation" / f"{n:05}.txt").touch()


@case("file: names of control characters, of no encoding, and of a person", is_refused=False)
def _(delivery: Path) -> None:
    for name in (b"a\nb\x1b[2J.csv", b"\xff\xfe.csv", f"{person(1)}.csv".encode()):
        Path(os.fsdecode(os.fsencode(delivery / "allocation") + b"/" + name)).touch()


# -------------------------------------------------------------------------------------------------- JSON-stat


def dataset(**changed: Any) -> dict[str, Any]:
    """One figure of one region, as Statistics Norway gives it."""
    return {
        "class": "dataset",
        "label": "07459",
        "id": ["Region", "ContentsCode", "Tid"],
        "size": [1, 1, 1],
        "dimension": {
            "Region": {"label": "region", "category": {"index": {"0": 0}, "label": {"0": "Hele landet"}}},
            "ContentsCode": {"label": "x", "category": {"index": {"Personer1": 0}, "label": {"Personer1": "Personer"}}},
            "Tid": {"label": "år", "category": {"index": {"2010": 0}, "label": {"2010": "2010"}}},
        },
        "value": [1],
        "role": {"time": ["Tid"], "geo": ["Region"], "metric": ["ContentsCode"]},
        "version": "2.0",
    } | changed


def statistics(
    name: str,
    content: Callable[[], str | bytes | dict[str, Any]],
    *,
    is_refused: bool = True,
    called: bytes = b"07459.json",
) -> None:
    def write(delivery: Path) -> None:
        made = content()
        made = json.dumps(made) if isinstance(made, dict) else made
        (delivery / "reference").mkdir()
        path = Path(os.fsdecode(os.fsencode(delivery / "reference") + b"/" + called))
        path.write_bytes(made.encode() if isinstance(made, str) else made)

    CASES[f"json: {name}"] = Case(write, is_refused)


ONE = json.dumps(dataset())
THOUSANDS = {str(n): n for n in range(5000)}

statistics("10 to the power of 12 figures", lambda: dataset(size=[1_000_000, 1, 1_000_000]))
statistics(
    "25 million figures of 10,000 names",
    lambda: dataset(
        size=[5000, 1, 5000],
        dimension=dataset()["dimension"]
        | {
            "Region": {"label": "region", "category": {"index": THOUSANDS, "label": THOUSANDS}},
            "Tid": {"label": "år", "category": {"index": THOUSANDS, "label": THOUSANDS}},
        },
        value={"0": 1},
    ),
)
statistics(
    "25 million figures that it does not declare",
    lambda: dataset(
        dimension=dataset()["dimension"]
        | {
            "Region": {"label": "region", "category": {"index": THOUSANDS, "label": THOUSANDS}},
            "Tid": {"label": "år", "category": {"index": THOUSANDS, "label": THOUSANDS}},
        }
    ),
)
statistics(
    "more names than figures",
    lambda: dataset(
        dimension=dataset()["dimension"]
        | {"Region": {"label": "region", "category": {"index": [str(n) for n in range(100_000)]}}}
    ),
)
statistics("sizes below zero", lambda: dataset(size=[-1, 1, -1]))
statistics("sizes that are no whole numbers", lambda: dataset(size=[1.0, True, 1e400]))
statistics("no size", lambda: dataset(size=[]))
statistics("a figure that is not in it", lambda: dataset(value={"7": 1}))
statistics("too few figures", lambda: dataset(value=[]))
statistics("figures without end", lambda: dataset(value=[float("inf")]), is_refused=False)
statistics("a figure that is no number", lambda: dataset(value=["=1+1"]))
statistics("a figure of 100,000 digits", lambda: ONE.replace('"value": [1]', f'"value": [{"9" * 100_000}]'))
statistics("a dimension twice", lambda: dataset(id=["Region", "Region", "Tid"]))
statistics("every key twice", lambda: ONE[:-1] + ", " + ONE[1:], is_refused=False)
statistics("100,000 deep", lambda: "[" * 100_000 + "]" * 100_000)
statistics("100,000 deep within", lambda: ONE[:-1] + ', "x": ' + "[" * 100_000 + "]" * 100_000 + "}")
statistics("a million empty objects", lambda: "[" + "{}," * 1_000_000 + "{}]")
statistics("20 MB of blanks", lambda: " " * 20_000_000 + ONE)
statistics("half a character pair", lambda: ONE.replace("Hele landet", "\\ud800"))
statistics("UTF-16", lambda: ONE.encode("utf-16"))
statistics("a list", lambda: "[]")
statistics("a name of two lines and no encoding", lambda: "{", called=b"a\n\xff\x1b[2J.json")
statistics("a name like a person's number", lambda: "{", called=f"{person(1)}.json".encode())
