"""Figures of Statistics Norway, fetched for deliveries that bring none of their own.

Belongs here: fetching JSON-stat 2 responses, and laying them where the door takes them.
Does not belong here: reading the format (files/jsonstat.py), what a row must hold (rules.py), and when to fetch
(Dagster).

They are laid into the folder reference/ of a delivery, and only of one that has no such folder and that the door has
not accepted yet. So what IT delivered is never touched, and a delivery that was accepted stays the same delivery; the
next one, a day later, has the new figures. (A folder beside the deliveries was the other way. Then an unchanged
delivery would be a correction on the day that Statistics Norway publishes, though nobody had delivered anything.)

reference/ is a full snapshot, and one that lost rows may refuse the whole delivery. Therefore what stands since the
last accepted delivery and the responses do not hold (KOSTRA's figures, say, beside a fetched population) is laid beside
them; and responses that the door would refuse or quarantine are not laid down at all.

What is fetched is fetched for all. The figures of a country's municipalities in the delivery of each of them would grow
with their square; so where regions are named, a municipality gets those, its own, and its peers': those that it belongs
to by Statistics Norway's classifications (KLASS: its KOSTRA group, its county), and the neighbours that are named. What
was fetched of peers stays with what was accepted, so a KLASS that does not answer takes none of it away.
"""

import json
import os
import re
import ssl
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import date
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

import polars as pl
from psycopg import sql

from dagster_project import BoligError
from dagster_project.landing import books, delivery
from dagster_project.landing.raw import Connection
from dagster_project.landing.rules import judge
from dagster_project.vocabulary import municipalities
from dagster_project.vocabulary.contracts import Table, tables

TABLE = "kostra"
COLUMNS = ("region_code", "indicator", "year", "region_name", "value", "source_table")
SECONDS_WITHOUT_A_BYTE = 20
SECONDS_IN_ALL = 60
# the API gives 800 000 cells at most; what the warehouse needs is a few hundred
MAX_BYTES = 20_000_000


class StatisticsUnavailable(BoligError):
    """Nothing was fetched or laid down; the message says why. The last accepted stand goes on."""


def opener() -> urllib.request.OpenerDirector:
    """A client that speaks HTTPS only, through the proxy of the environment, and follows no redirection."""
    client = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.UnknownHandler(),
    ):
        client.add_handler(handler)
    client.addheaders = [("User-Agent", "bolig (municipal housing warehouse)"), ("Accept", "application/json")]
    return client


def fetch(url: str, client: urllib.request.OpenerDirector) -> bytes:
    """The body of the response. Raises StatisticsUnavailable."""
    address = urlsplit(url)
    where = f"{address.hostname}{address.path}"
    body = bytearray()
    begun = time.monotonic()
    try:
        with client.open(url, timeout=SECONDS_WITHOUT_A_BYTE) as response:
            while chunk := response.read1(65536):
                body += chunk
                if len(body) > MAX_BYTES:
                    raise StatisticsUnavailable(f"{where} answered with more than {MAX_BYTES:,} bytes.")
                if time.monotonic() - begun > SECONDS_IN_ALL:
                    raise StatisticsUnavailable(f"{where} was not done after {SECONDS_IN_ALL} seconds.")
            if response.length:  # read1 takes an early end for the end
                raise StatisticsUnavailable(f"{where} broke off: {response.length:,} bytes are missing.")
    except HTTPError as error:
        raise StatisticsUnavailable(f"{where} answered {error.code} {error.reason}.") from None
    except URLError as error:
        raise StatisticsUnavailable(f"{where} cannot be reached: {error.reason}.") from None
    except (OSError, HTTPException) as error:
        raise StatisticsUnavailable(f"{where} broke off: {type(error).__name__}.") from None
    return bytes(body)


def wanting(connection: Connection, deliveries: Sequence[delivery.Delivery]) -> list[delivery.Delivery]:
    """Those of the deliveries that have no statistics of their own and were not accepted yet."""
    return [
        found
        for found in deliveries
        if not os.path.lexists(found.path / tables()[TABLE].source)
        and not connection.execute(
            "select from landing.delivery where municipality_no = %s and extract_date = %s and status = 'accepted'",
            [found.municipality_no, found.extract_date],
        ).rowcount
    ]


def peers(responses: Sequence[bytes]) -> dict[str, set[str]]:
    """By municipality's number the codes that correspondences of KLASS pair it with. Raises StatisticsUnavailable."""
    found: dict[str, set[str]] = {}
    for response in responses:
        try:
            pairs = [
                (str(item["sourceCode"]), str(item["targetCode"]))
                for item in json.loads(response)["correspondenceItems"]
            ]
        except (ValueError, KeyError, TypeError):
            raise StatisticsUnavailable("The response is no correspondence as KLASS has it.") from None
        for one, other in [*pairs, *(pair[::-1] for pair in pairs)]:
            if re.fullmatch(r"[0-9]{4}", one) and other != one:
                found.setdefault(one, set()).add(other)
    return found


def lay_down(connection: Connection, found: delivery.Delivery, fetched: pl.DataFrame, regions: Sequence[str]) -> int:
    """Lay the figures of these regions (without any: of all) into the delivery, all or nothing; says how many.

    Raises StatisticsUnavailable.
    """
    table = tables()[TABLE]
    figures = fetched.filter(pl.col("region_code").is_in(regions)) if regions else fetched
    figures = figures.vstack(_standing(connection, found, table).join(figures, on=table.key, how="anti"))
    try:
        with tempfile.TemporaryDirectory(prefix=".statistics-", dir=found.path) as draft:
            folder = Path(draft) / table.source
            folder.mkdir()
            figures.write_csv(folder / f"{TABLE}.csv", separator=";")
            # the folder's name comes last: a night that is killed before it leaves a delivery without statistics
            os.rename(folder, found.path / table.source)
    except OSError as error:
        raise StatisticsUnavailable(f"{found.path} cannot be written to: {error.strerror}.") from None
    return figures.height


def bring(
    connection: Connection,
    deliveries: Sequence[delivery.Delivery],
    urls: Sequence[str],
    regions: Sequence[str] = (),
    client: urllib.request.OpenerDirector | None = None,
    klass_urls: Sequence[str] = (),
    neighbours: Mapping[str, Sequence[str]] | None = None,
) -> list[str]:
    """Fetch the figures and lay them into every delivery that wants them; says what was done.

    Of `regions`, the municipality's own numbers and its peers; where none of these are named, of all regions. Asks
    nobody where no delivery wants any. Raises StatisticsUnavailable.
    """
    wanted = wanting(connection, deliveries)
    if not wanted:
        return ["No new delivery is without statistics; nothing was fetched."]
    fetched = _figures([fetch(url, client or opener()) for url in urls])
    of_klass = peers([fetch(url, client or opener()) for url in klass_urls])
    is_limited = bool(regions or klass_urls or neighbours)

    def compared_with(municipality_no: str) -> list[str]:
        own = municipalities.numbers_of(municipality_no)
        beside = {code for number in own for code in (*of_klass.get(number, ()), *(neighbours or {}).get(number, ()))}
        return [*regions, *own, *sorted(beside)] if is_limited else []

    said = []
    for found in wanted:
        laid = lay_down(connection, found, fetched, compared_with(found.municipality_no))
        said.append(f"{laid:,} figures lie in the delivery of {found.municipality_no} of {found.extract_date}.")
    return said


def _figures(responses: Sequence[bytes]) -> pl.DataFrame:
    """The rows of the responses, as text. Raises StatisticsUnavailable where the door would not take every one."""
    table = tables()[TABLE]
    with tempfile.TemporaryDirectory() as draft:
        folder = Path(draft) / table.source
        folder.mkdir()
        for number, response in enumerate(responses, 1):
            (folder / f"ssb-{number}.json").write_bytes(response)
        reading = delivery.read(delivery.Delivery("", date.max, Path(draft)))
    faults = [fault.message for fault in reading.faults if fault.file.startswith(f"{table.source}/")]
    if faults:
        raise StatisticsUnavailable(f"The response is not as the door takes it: {faults[0]}")
    extract = reading.extracts[TABLE]
    judged = judge({TABLE: extract}, {TABLE: table}, False, None)[TABLE]
    if judged.marks or not judged.frame.height:
        broken = sorted({f"{column or 'the row'} ({rule})" for rule, column, _ in judged.marks}) or ["no figures"]
        raise StatisticsUnavailable(f"The response is not as the contract has it: {', '.join(broken)}.")
    return extract.frame.select(COLUMNS)


def _standing(connection: Connection, found: delivery.Delivery, table: Table) -> pl.DataFrame:
    """The rows of the last accepted delivery that brought statistics, as text."""
    last = books.newest_accepted(
        connection, municipalities.numbers_of(found.municipality_no), until=found.extract_date, table_name=TABLE
    )
    rows: list[tuple[str | None, ...]] = []
    if last:
        # a comma: the contract's own spelling of a decimal, which is never ambiguous
        statement = sql.SQL(
            "select region_code, indicator, year::text, region_name, replace(value::text, '.', ','), source_table"
            " from history.{} where municipality_no = %s and loads @> %s::bigint order by 1, 2, 3"
        ).format(sql.Identifier(table.raw_name))
        rows = connection.execute(statement, [last["municipality_no"], last["load_id"]]).fetchall()
    return pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
