"""Statistics Norway's figures: fetched from a server that answers as its API does, and laid into new deliveries.

tests/data/ssb_06913.json has the layout of a response of PxWebApi 2 for table 06913 (regions under the numbers of their
time, years that a number did not have empty and marked "."); the figures in it are rounded.
"""

import csv
import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from dagster_project import warehouse
from dagster_project.landing import delivery, door, history, statistics
from dagster_project.landing.statistics import StatisticsUnavailable
from dagster_project.settings import Settings
from dagster_project.vocabulary import contracts
from dagster_project.warehouse import records
from tests.deliveries import write_delivery

RESPONSE = (Path(__file__).parents[1] / "data" / "ssb_06913.json").read_bytes()
KOSTRA = [
    {
        "region_code": "4204",
        "indicator": "kommunale_boliger",
        "year": year,
        "value": 1000.5,
        "region_name": "Kristiansand",
    }
    for year in range(2015, 2025)
]
# a municipality of this module's own
NUMBER = "4204"


@pytest.fixture
def answers() -> Iterator[Callable[..., str]]:
    """Answer at an address of one's own; gives the address."""
    given: dict[str, tuple[int, bytes, dict[str, str]]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, headers = given[self.path]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def answer(body: bytes = RESPONSE, status: int = 200, **headers: str) -> str:
        path = f"/api/pxwebapi/v2/tables/{len(given)}/data"
        given[path] = (status, body, headers)
        return f"http://127.0.0.1:{server.server_port}{path}"

    yield answer
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def client() -> urllib.request.OpenerDirector:
    """The client of the house, which for once speaks plain HTTP, and to no proxy."""
    client = statistics.opener()
    client.add_handler(urllib.request.HTTPHandler())
    client.handlers = [h for h in client.handlers if not isinstance(h, urllib.request.ProxyHandler)]
    return client


@pytest.fixture(scope="module")
def connection(settings: Settings):
    with warehouse.connect(settings) as connection:
        records.prepare(settings, connection)
        history.prepare(connection)
        connection.commit()
        yield connection
        connection.rollback()


@pytest.fixture
def receive(connection, settings: Settings):
    """Let a delivery in; what was let in is forgotten after the test."""

    def run(found: delivery.Delivery) -> door.Receipt:
        return door.receive(connection, found, settings, None)

    yield run
    connection.rollback()
    with connection.transaction():
        door.leave_out(connection, NUMBER)
        history = [f"history.{table.raw_name}" for table in contracts.tables().values()]
        for table in ("landing.delivery_file", "landing.quarantined_row", *history):
            connection.execute(f"delete from {table} where municipality_no = '{NUMBER}'")
        connection.execute(f"delete from landing.delivery where municipality_no = '{NUMBER}'")


def deliver(landing: Path, day: date, given: dict | None = None) -> delivery.Delivery:
    write_delivery(landing, NUMBER, day, given)
    (found,) = delivery.find(landing, NUMBER)
    return found


def standing(connection) -> dict[tuple[str, str, int], Any]:
    rows = connection.execute(
        f"select region_code, indicator, year, value from raw.reference__kostra where municipality_no = '{NUMBER}'"
    )
    return {row[:3]: row[3] for row in rows}


def laid_down(found: delivery.Delivery) -> list[dict[str, str]]:
    with (found.path / "reference" / "kostra.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_what_is_fetched_comes_in_with_the_delivery(connection, receive, answers, client, tmp_path: Path) -> None:
    found = deliver(tmp_path, date(2025, 3, 1))
    said = statistics.bring(connection, [found], [answers()], client=client)
    assert said == ["32 figures lie in the delivery of 4204 of 2025-03-01."]
    receipt = receive(found)
    assert (receipt.status, receipt.rows_quarantined) == ("accepted", 0)
    figures = standing(connection)
    assert figures["3203", "population", 2025] == 99600
    assert figures["0220", "population", 2020] is None, "a number has figures in its own years only"
    assert len(figures) == 32


def test_what_stood_before_and_was_not_fetched_goes_on(connection, receive, answers, client, tmp_path: Path) -> None:
    receive(deliver(tmp_path, date(2025, 3, 1), {"kostra": KOSTRA}))
    found = deliver(tmp_path, date(2025, 3, 2))
    statistics.bring(connection, [found], [answers()], client=client)
    assert receive(found).status == "accepted"
    figures = standing(connection)
    assert len(figures) == 32 + len(KOSTRA)
    assert float(figures["4204", "kommunale_boliger", 2020]) == 1000.5


def test_where_regions_are_named_a_municipality_gets_those_and_its_own(
    connection, answers, client, tmp_path: Path
) -> None:
    for number in (NUMBER, "3203"):
        write_delivery(tmp_path, number, date(2025, 3, 1))
    found = delivery.find(tmp_path)
    statistics.bring(connection, found, [answers()], ["0"], client)
    # the response has 0220, 3025 and 3203, which are one municipality, and 0, the country
    assert [{row["region_code"] for row in laid_down(each)} for each in found] == [{"0220", "3025", "3203", "0"}, {"0"}]


def test_each_municipality_gets_its_own_group_county_and_neighbours(
    connection, answers, client, tmp_path: Path
) -> None:
    for number in (NUMBER, "3203"):
        write_delivery(tmp_path, number, date(2025, 3, 1))
    found = delivery.find(tmp_path)
    response = json.loads(RESPONSE)
    groups = {
        "correspondenceItems": [
            {
                "sourceCode": "EKG12",
                "sourceName": "KOSTRA-gruppe 12",
                "targetCode": NUMBER,
                "targetName": "Kristiansand",
            },
            {"sourceCode": "0", "sourceName": "Hele landet", "targetCode": "3203", "targetName": "Asker"},
        ]
    }
    known = set(response["dimension"]["Region"]["category"]["index"])
    assert known == {"0", "0220", "3025", "3203"}
    klass = answers(json.dumps(groups).encode())
    statistics.bring(connection, found, [answers()], client=client, klass_urls=[klass], neighbours={NUMBER: ["3203"]})
    regions = [{row["region_code"] for row in laid_down(each)} for each in found]
    assert regions == [{"0220", "3025", "3203", "0"}, {"3203"}], (
        "what Kristiansand compares itself with is its own affair"
    )
    with pytest.raises(StatisticsUnavailable, match="KLASS"):
        statistics.peers([b'{"_embedded": {}}'])


def test_what_stands_goes_on_when_regions_are_named(connection, receive, answers, client, tmp_path: Path) -> None:
    first = deliver(tmp_path, date(2025, 3, 1))
    statistics.bring(connection, [first], [answers()], client=client)
    receive(first)
    found = deliver(tmp_path, date(2025, 3, 2))
    statistics.bring(connection, [found], [answers()], ["0"], client)
    assert receive(found).status == "accepted"
    assert len(standing(connection)) == 32


def test_a_delivery_once_accepted_stays_unchanged(connection, receive, answers, client, tmp_path: Path) -> None:
    found = deliver(tmp_path, date(2025, 3, 1))
    receive(found)
    assert "nothing was fetched" in statistics.bring(connection, [found], [answers()], client=client)[0]
    assert receive(found).status == "unchanged"


def test_a_delivery_with_statistics_of_its_own_is_left_alone(connection, answers, client, tmp_path: Path) -> None:
    found = deliver(tmp_path, date(2025, 3, 1), {"kostra": KOSTRA})
    before = delivery.fingerprint(found)
    statistics.bring(connection, [found], [answers()], client=client)
    assert delivery.fingerprint(found) == before


def quarterly(response: bytes) -> bytes:
    return response.replace(b'"2025"', b'"2025K1"')


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ({"status": 503}, "503"),
        ({"status": 302, "Location": "/elsewhere"}, "302"),
        ({"body": b"<html>Vedlikehold</html>"}, "JSON-stat"),
        ({"body": RESPONSE[: len(RESPONSE) // 2]}, "JSON-stat"),
        ({"body": quarterly(RESPONSE)}, "year \\(type\\)"),
        ({"Content-Length": "999999"}, "broke off"),
    ],
)
def test_an_answer_that_does_not_fit_changes_nothing(
    connection, answers, client, tmp_path: Path, answer: dict[str, Any], word: str
) -> None:
    found = deliver(tmp_path, date(2025, 3, 1))
    before = sorted(tmp_path.rglob("*"))
    # a good answer beside it is not laid down either: all or nothing
    with pytest.raises(StatisticsUnavailable, match=word):
        statistics.bring(connection, [found], [answers(), answers(**answer)], client=client)
    assert sorted(tmp_path.rglob("*")) == before


def test_two_answers_that_contradict_each_other_change_nothing(connection, answers, client, tmp_path: Path) -> None:
    found = deliver(tmp_path, date(2025, 3, 1))
    other = json.loads(RESPONSE)
    other["value"] = [value and value + 1 for value in other["value"]]
    with pytest.raises(StatisticsUnavailable, match="key"):
        statistics.bring(connection, [found], [answers(), answers(json.dumps(other).encode())], client=client)
    assert not (found.path / "reference").exists()


def test_too_much_is_not_read_to_its_end(answers, client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MAX_BYTES", 1000)
    with pytest.raises(StatisticsUnavailable, match="more than 1,000 bytes"):
        statistics.fetch(answers(), client)


def test_nobody_there_is_a_reason_like_any_other(client) -> None:
    with pytest.raises(StatisticsUnavailable, match="cannot be reached"):
        statistics.fetch("http://127.0.0.1:9/", client)


def test_the_client_of_the_house_speaks_https_only(answers) -> None:
    with pytest.raises(StatisticsUnavailable, match="unknown url type"):
        statistics.fetch(answers(), statistics.opener())


def test_addresses_are_told_apart_by_commas_but_keep_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOLIG_SSB_URLS", "https://data.ssb.no/a?valueCodes[Region]=0220,3025, https://data.ssb.no/b")
    assert Settings().statistics_urls == ("https://data.ssb.no/a?valueCodes[Region]=0220,3025", "https://data.ssb.no/b")
    monkeypatch.setenv("BOLIG_SSB_URLS", "http://data.ssb.no/a")
    with pytest.raises(ValueError, match="https"):
        Settings()
