"""What the pipeline's tests share: a night without Dagster, on the module's real PostgreSQL; a real mail server."""

import socket
from collections.abc import Callable, Iterator, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from bench import limit
from dagster_project import warehouse
from dagster_project.landing import delivery, door, history
from dagster_project.night import publication, record
from dagster_project.settings import Settings
from dagster_project.vocabulary import catalogue
from dagster_project.warehouse import records
from tests.conftest import Installation

Ask = Callable[..., list[tuple[Any, ...]]]
Build = Callable[[Path], list[door.Receipt]]
Publish = Callable[[Path], None]


@pytest.fixture(scope="module")
def ask(settings: Settings) -> Ask:
    """Ask the published tables as the reader does."""
    return Installation(settings).ask


@pytest.fixture(scope="module")
def build_models(settings: Settings, statements: limit.Statements) -> Callable[[], None]:
    """Build the models of what raw holds, without dbt (bench/limit.py); raises where a statement or a test fails."""
    return lambda: statements.build(lambda: warehouse.connect(settings))


@pytest.fixture(scope="module")
def build(settings: Settings, build_models: Callable[[], None]) -> Build:
    """Let every newest delivery of a landing folder in, and build the models of them."""

    def run(landing: Path) -> list[door.Receipt]:
        with warehouse.connect(settings) as connection:
            records.prepare(settings, connection)
            history.prepare(connection)
            connection.commit()
            door.open_night(connection)
            receipts = [
                door.receive(connection, found, settings, catalogue.targetable()) for found in delivery.find(landing)
            ]
            door.analyze_raw(connection)
        build_models()
        return receipts

    return run


@pytest.fixture(scope="module")
def publish(settings: Settings, build: Build) -> Publish:
    """A night without Dagster and its gate (test_night.py has those): built, and swapped in."""

    def run(landing: Path) -> None:
        build(landing)
        swap_in(settings)

    return run


def swap_in(settings: Settings, *, again: Sequence[str] = ()) -> None:
    """Publish what is built; `again`: only these municipalities."""
    with warehouse.connect(settings, autocommit=True) as connection:
        rows = connection.execute(
            "select substr(schemaname, 7), tablename from pg_tables where schemaname like 'build\\_%'"
        ).fetchall()
        (nights_before,) = connection.execute("select count(*) from operations.night").fetchone() or (0,)
        night = record.begin(connection, f"by hand {nights_before}")
        numbers = [number for (number,) in connection.execute("select municipality_no from raw.scope order by 1")]
        publication.publish(connection, night, rows, [number for number in numbers if not again or number in again])


class MailServer:
    """A real SMTP server that keeps what it is given."""

    def __init__(self, **options: Any) -> None:
        self.mails: list[EmailMessage] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.controller = Controller(self, hostname="127.0.0.1", port=port, **options)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.controller.port}"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer()
    server.controller.start()
    yield server
    server.controller.stop()
