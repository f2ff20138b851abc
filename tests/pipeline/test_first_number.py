"""The pseudonyms of a municipality's people hang on its first number: a change of it is refused."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy
from alembic.script import ScriptDirectory

from dagster_project import warehouse
from dagster_project.landing import books, delivery, door, history
from dagster_project.operations import doctor, persons
from dagster_project.settings import Settings
from dagster_project.vocabulary import catalogue, municipalities
from dagster_project.warehouse import migrations, records
from tests.deliveries import person, write_delivery

# known as 3203, and its people by 0220; the other delivers the same, key by key, and has no earlier number
HERE, STRANGER = "3203", "0301"


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return tmp_path / "landing"


@pytest.fixture(autouse=True)
def seed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The numbers as they are known; what a test changes of them is forgotten."""
    yield
    monkeypatch.undo()
    forget()


def forget() -> None:
    municipalities._numbers.cache_clear()
    municipalities._predecessors.cache_clear()
    municipalities._renumbered.cache_clear()


def change_the_seed(monkeypatch: pytest.MonkeyPatch, landing: Path, *lines: str, without: str = "nothing") -> None:
    known = municipalities.MUNICIPALITY_NUMBERS.read_text("utf-8").splitlines()
    changed = landing.parent / "municipality_number.csv"
    changed.write_text("\n".join([*(line for line in known if not line.startswith(without)), *lines]), "utf-8")
    monkeypatch.setattr(municipalities, "MUNICIPALITY_NUMBERS", changed)
    forget()


def deliver(settings: Settings, landing: Path, day: date) -> dict[str, door.Receipt]:
    """What the door says to either's delivery of this day."""
    for number in (HERE, STRANGER):
        write_delivery(landing, number, day, {"application": [{"fodselsnummer": person(1)}]})
    with warehouse.connect(settings) as connection:
        records.prepare(settings, connection)
        history.prepare(connection)
        connection.commit()
        found = [each for each in delivery.find(landing) if each.extract_date == day]
        return {
            each.municipality_no: door.receive(connection, each, settings, catalogue.targetable()) for each in found
        }


def names(settings: Settings) -> set[tuple[str, str]]:
    with warehouse.connect(settings) as connection:
        rows = connection.execute("select municipality_no, fodselsnummer from history.allocation__application")
        return {(municipality_no, person_id) for municipality_no, person_id in rows}


def renamed(settings: Settings) -> list[str]:
    """What the doctor says of it."""
    return [finding.what for _, finding in doctor.examine(settings) if "would be renamed" in finding.what]


def test_an_earlier_number_or_a_merger_put_in_later_is_refused_and_the_neighbour_comes_in(
    settings: Settings, landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = deliver(settings, landing, date(2024, 2, 1))
    assert {receipt.status for receipt in first.values()} == {"accepted"}
    before = names(settings)
    assert {number for number, _ in before} == {HERE, STRANGER} and len({name for _, name in before}) == 2
    assert not renamed(settings)

    for day, line, without, now in (
        (date(2024, 3, 1), "0199,Asker,1900-01-01,1964-01-01,0220,false", "nothing", "0199"),
        (date(2024, 4, 1), "3025,Asker,2020-01-01,2024-01-01,3203,true", "3025", "3203"),
    ):
        change_the_seed(monkeypatch, landing, line, without=without)
        receipts = deliver(settings, landing, day)
        assert {number: receipt.status for number, receipt in receipts.items()} == {
            HERE: "refused", STRANGER: "accepted"
        }  # fmt: skip
        (fault,) = receipts[HERE].faults
        assert f"hang on its first number: 0220 when its first delivery was accepted, and {now} by" in fault.message
        assert names(settings) == before
        with pytest.raises(persons.PersonRefused, match="Nobody can be found") as refused:
            persons.held(settings, person(1), "Kari", HERE)
        assert person(1) not in str(refused.value)
        assert persons.held(settings, person(1), "Kari", STRANGER)["records"]
        assert renamed(settings) == [f"The people of {HERE} would be renamed."]
        monkeypatch.undo()
        forget()

    again = deliver(settings, landing, date(2024, 5, 1))
    assert {receipt.status for receipt in again.values()} == {"accepted"}
    assert names(settings) == before


def test_a_number_that_comes_later_renames_nobody_and_is_let_in(
    settings: Settings, landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = "3203,Asker,2024-01-01,2030-01-01,9999,false"
    change_the_seed(monkeypatch, landing, known, "9999,Asker,2030-01-01,,,false", without="3203")
    assert municipalities.lineage("9999") == "0220"
    write_delivery(landing, "9999", date(2030, 2, 1), {"application": [{"fodselsnummer": person(1)}]})
    with warehouse.connect(settings) as connection:
        (found,) = delivery.find(landing)
        assert door.receive(connection, found, settings, catalogue.targetable()).status == "accepted"
        assert books.first_number(connection, ["9999"]) == "0220"
    assert len({name for number, name in names(settings) if number != STRANGER}) == 1


def test_what_was_accepted_before_the_books_had_it_is_held_to_the_numbers_of_then(settings: Settings) -> None:
    first = ScriptDirectory.from_config(migrations.config(settings)).get_revision("0001")
    engine = sqlalchemy.create_engine(warehouse.sqlalchemy_url(settings), poolclass=sqlalchemy.NullPool)
    with engine.begin() as migrated:
        migrated.execute(sqlalchemy.text("truncate landing.municipality"))
        first.module.remember_municipalities(migrated)
    with warehouse.connect(settings) as connection:
        known = books.first_numbers(connection)
    assert (known[HERE], known[STRANGER]) == ("0220", STRANGER)
