"""An extract: the world as the source systems knew it at the close of a day, written as a delivery.

Belongs here: what is not known yet on a day, the formats of docs/contracts.md, and the way onto the disk.
Does not belong here: what happened (world). Column names and their order are the contracts'.
"""

import csv
import gzip
import io
import shutil
import tempfile
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from dagster_project.demo import figures, governance
from dagster_project.demo.model import Row
from dagster_project.demo.world import DEFAULT_SEED, world
from dagster_project.vocabulary.contracts import Table, sources

MUNICIPALITY_NO = "0220"

# A day that lies ahead is unknown, and with it what belongs to it. Columns that begin with `_` are written nowhere.
_UNKNOWN_BEFORE: dict[str, dict[str, tuple[str, ...]]] = {
    "decision": {"klage_dato": ("klage_utfall",), "_klage_avgjort": ("klage_utfall",)},
    "waitlist_entry": {"ut_dato": ("ut_arsak",)},
    "allocation": {"svar_dato": ("svar",)},
    "temporary_stay": {"til_dato": ()},
    "dwelling": {"avhendet_dato": ("avhendet_til",)},
    "tenancy": {"utflyttet_dato": ("utflyttingsarsak",), "sist_regulert_dato": ("reguleringsmate",)},
    "repayment_plan": {"avsluttet_dato": ("avsluttet_arsak",)},
    "eviction_case": {"utfall_dato": ("utfall",)},
    "startlan": {
        "_vurdert": ("bokostnad_eie_mnd",),
        "tilsagn_dato": (),
        "utbetalt_dato": ("belop", "kjopesum"),
        "avslag_dato": (),
    },
    "tilskudd": {"utbetalt_dato": ()},
    "guarantee": {"utlopt_dato": (), "innfridd_dato": ("innfridd_belop",)},
    "income_management": {"start_dato": (), "slutt_dato": ("slutt_arsak",)},
    "private_letting": {"bolig_funnet_dato": (), "leie_slutt_dato": ()},
    "followup_case": {"start_dato": (), "slutt_dato": ("slutt_arsak",)},
    "housing_warning": {"meldt_oppfolging_dato": (), "lost_dato": ("losning",)},
}

# As old and new systems deliver: (encoding, line end). What is not named is UTF-8 with Unix line ends.
_DIALECTS = {"property": ("cp1252", "\r\n"), "husbanken": ("utf-8-sig", "\r\n")}
_GZIPPED = {"payment"}


def write_delivery(
    landing: Path,
    *,
    municipality_no: str = MUNICIPALITY_NO,
    extract_date: date = date(2011, 1, 1),
    seed: int = DEFAULT_SEED,
) -> Path:
    """Writes the delivery of this date under the landing folder and returns its folder.

    The same seed and date give the same bytes; files that are there already with these bytes are left alone.
    `municipality_no`: one of figures.MUNICIPALITIES; where two share an installation, each is of a seed of its own.
    """
    target = landing / municipality_no / extract_date.isoformat()
    landing.mkdir(parents=True, exist_ok=True)
    # the dot keeps a half-written delivery out of sight; the landing's own disk keeps the move atomic
    workshop = Path(tempfile.mkdtemp(prefix=".demo-", dir=landing))
    draft = workshop / target.name
    try:
        for name, content in _files(municipality_no, extract_date, seed):
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        _move_into_place(draft, target)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    return target


def known_rows(table: str, as_of: date, seed: int = DEFAULT_SEED) -> Iterable[Row]:
    """The rows of a table as the source system knew them at the close of this day."""
    unknown_before = _UNKNOWN_BEFORE.get(table, {})
    for known, row in world(seed)[table]:
        if known <= as_of:
            ahead = [column for column in unknown_before if row[column] is not None and row[column] > as_of]
            hidden = {name: None for column in ahead for name in (column, *unknown_before[column])}
            yield row | hidden if hidden else row


def _files(municipality_no: str, extract_date: date, seed: int) -> Iterable[tuple[str, bytes]]:
    as_of = extract_date - timedelta(days=1)
    for source in sources():
        if source.name == "governance":
            yield "governance/styringsdata.xlsx", governance.workbook(source, as_of)
            continue
        encoding, line_end = _DIALECTS.get(source.name, ("utf-8", "\n"))
        for table in source.tables:
            rows = known_rows(table.name, as_of, seed)
            if table.name == "kostra":
                rows = _under_its_own_number(rows, municipality_no)
            content = _csv(table, rows, line_end).encode(encoding)
            if table.name in _GZIPPED:
                yield f"{source.name}/{table.name}.csv.gz", gzip.compress(content, compresslevel=6, mtime=0)
            else:
                yield f"{source.name}/{table.name}.csv", content


def _under_its_own_number(kostra: Iterable[Row], municipality_no: str) -> Iterable[Row]:
    """The figures as if they were of this municipality; the one whose neighbour it is stands under its number."""
    (neighbour,) = figures.MUNICIPALITIES.keys() - {MUNICIPALITY_NO}
    swapped = {MUNICIPALITY_NO: municipality_no, neighbour: neighbour}
    if municipality_no == neighbour:
        swapped[neighbour] = MUNICIPALITY_NO
    for row in kostra:
        number = swapped.get(str(row["region_code"]))
        yield row | {"region_code": number, "region_name": figures.MUNICIPALITIES[number]} if number else row


def _csv(table: Table, rows: Iterable[Row], line_end: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator=line_end)
    writer.writerow([column.name for column in table.columns])
    fields = [(column.name, _FORMATS[column.type]) for column in table.columns]
    for row in rows:
        writer.writerow(["" if (value := row[name]) is None else to_text(value) for name, to_text in fields])
    return text.getvalue()


def _day(value: date) -> str:
    return f"{value.day:02}.{value.month:02}.{value.year}"


def _month(value: date) -> str:
    return f"{value.month:02}.{value.year}"


def _decimal(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")


def _yes_no(value: bool) -> str:
    return "ja" if value else "nei"


_FORMATS: dict[str, Any] = {
    "text": str,
    "code": str,
    "integer": str,
    "date": _day,
    "month": _month,
    "decimal": _decimal,
    "boolean": _yes_no,
}


def _move_into_place(draft: Path, target: Path) -> None:
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.rename(target)
        return
    written = {path.relative_to(draft) for path in draft.rglob("*") if path.is_file()}
    for name in sorted(written):
        old = target / name
        if not (old.is_file() and old.read_bytes() == (draft / name).read_bytes()):
            old.parent.mkdir(parents=True, exist_ok=True)
            (draft / name).replace(old)
    for old in target.rglob("*"):
        if old.is_file() and old.relative_to(target) not in written:
            old.unlink()  # a second file for a table is a fault of the delivery
