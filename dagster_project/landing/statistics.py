"""Figures of Statistics Norway, fetched for deliveries that bring none of their own.

Belongs here: fetching JSON-stat 2 responses, and laying them where the door takes them.
Does not belong here: reading the format (delivery.py), what a row must hold (rules.py), and when to fetch (Dagster).

They are laid into the folder reference/ of a delivery, and only of one that has no such folder and that the door has
not accepted yet. So what IT delivered is never touched, and a delivery that was accepted stays the same delivery; the
next one, a day later, has the new figures. (A folder beside the deliveries was the other way. Then an unchanged
delivery would be a correction on the day that Statistics Norway publishes, though nobody had delivered anything.)

reference/ is a full snapshot, and one that lost rows may refuse the whole delivery. Therefore what stands since the
last accepted delivery and the responses do not hold (KOSTRA's figures, say, beside a fetched population) is laid beside
them as kostra.csv; and responses that the door would refuse or quarantine are not laid down at all.
"""

import csv
import os
import ssl
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from psycopg import sql

from dagster_project import BoligError
from dagster_project.landing import delivery, load, people
from dagster_project.landing.contracts import Table, tables
from dagster_project.landing.load import Connection
from dagster_project.landing.rules import judge

TABLE = "kostra"
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


def lay_down(connection: Connection, found: delivery.Delivery, responses: Sequence[bytes]) -> int:
    """Lay the responses into the delivery, all of them or nothing; says how many figures there are now.

    Raises StatisticsUnavailable.
    """
    table = tables()[TABLE]
    try:
        with tempfile.TemporaryDirectory(prefix=".statistics-", dir=found.path) as draft:
            folder = Path(draft) / table.source
            folder.mkdir()
            for number, response in enumerate(responses, 1):
                (folder / f"ssb-{number}.json").write_bytes(response)
            fetched = _fetched_keys(found, Path(draft), table)
            standing = [row for row in _standing(connection, found, table) if _key(row) not in fetched]
            if standing:
                _write(folder / f"{TABLE}.csv", table, standing)
            # the folder's name comes last: a night that is killed before it leaves a delivery without statistics
            os.rename(folder, found.path / table.source)
    except OSError as error:
        raise StatisticsUnavailable(f"{found.path} cannot be written to: {error.strerror}.") from None
    return len(fetched) + len(standing)


def bring(
    connection: Connection,
    deliveries: Sequence[delivery.Delivery],
    urls: Sequence[str],
    client: urllib.request.OpenerDirector | None = None,
) -> list[str]:
    """Fetch the figures and lay them into every delivery that wants them; says what was done.

    Asks nobody where no delivery wants any. Raises StatisticsUnavailable.
    """
    wanted = wanting(connection, deliveries)
    if not wanted:
        return ["No new delivery is without statistics; nothing was fetched."]
    responses = [fetch(url, client or opener()) for url in urls]
    return [
        f"{lay_down(connection, found, responses):,} figures lie in the delivery of {found.municipality_no} of"
        f" {found.extract_date}."
        for found in wanted
    ]


def _fetched_keys(found: delivery.Delivery, draft: Path, table: Table) -> set[tuple[str, str, int]]:
    """The keys of the fetched figures. Raises StatisticsUnavailable where the door would not take every one."""
    reading = delivery.read(delivery.Delivery(found.municipality_no, found.extract_date, draft))
    faults = [fault.message for fault in reading.faults if fault.file.startswith(f"{table.source}/")]
    if faults:
        raise StatisticsUnavailable(f"The response is not as the door takes it: {faults[0]}")
    judged = judge({TABLE: reading.extracts[TABLE]}, {TABLE: table}, False, None)[TABLE]
    if judged.marks or not judged.frame.height:
        broken = sorted({f"{column or 'the row'} ({rule})" for rule, column, _ in judged.marks}) or ["no figures"]
        raise StatisticsUnavailable(f"The response is not as the contract has it: {', '.join(broken)}.")
    return set(judged.frame.select("region_code", "indicator", "year").rows())


def _standing(connection: Connection, found: delivery.Delivery, table: Table) -> list[tuple[object, ...]]:
    """The rows of the last accepted delivery that brought statistics."""
    last = load.newest_accepted(
        connection, people.numbers_of(found.municipality_no), until=found.extract_date, table_name=TABLE
    )
    if last is None:
        return []
    statement = sql.SQL(
        "select region_code, indicator, year, region_name, value, source_table from history.{}"
        " where municipality_no = %s and loads @> %s::bigint order by 1, 2, 3"
    ).format(sql.Identifier(table.raw_name))
    return connection.execute(statement, [last["municipality_no"], last["load_id"]]).fetchall()


def _key(row: tuple[object, ...]) -> tuple[object, ...]:
    return row[:3]


def _write(path: Path, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(["region_code", "indicator", "year", "region_name", "value", "source_table"])
        for *others, value, source_table in rows:
            # a comma: the contract's own spelling of a decimal, which is never ambiguous
            writer.writerow([*others, "" if value is None else format(value, "f").replace(".", ","), source_table])
