"""The rights of a person and the keys of the pseudonyms, on a real warehouse that publishes."""

import gzip
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dagster_project import warehouse
from dagster_project.landing import door, load, people
from dagster_project.landing.contracts import tables
from dagster_project.landing.delivery import Delivery
from dagster_project.operations import audit, journal, keys, persons
from dagster_project.settings import Settings
from tests.deliveries import Row, path_of, person, write_delivery

DAY_1, DAY_2, DAY_3, DAY_4 = (date(2011, 1, day) for day in (1, 2, 3, 4))
ERASED, OTHER, THIRD = person(101), person(102), person(103)


def given(*people_: str) -> dict[str, list[Row]]:
    """Everything that a municipality can hold of these persons, each with records of the same kinds."""
    n = range(1, len(people_) + 1)
    return {
        "application": [{"fodselsnummer": number} for number in people_],
        "decision": [{"soknad_id": f"S{i}"} for i in n],
        "waitlist_entry": [{"soknad_id": f"S{i}"} for i in n],
        "allocation": [{"soknad_id": f"S{i}", "bolig_id": f"B{i}"} for i in n],
        "refugee_settlement": [{"fodselsnummer": number} for number in people_],
        "temporary_stay": [{"fodselsnummer": number} for number in people_],
        "dwelling": [{} for _ in people_],
        "tenancy": [
            {"fodselsnummer": p, "bolig_id": f"B{i}", "tildeling_id": f"T{i}"} for i, p in enumerate(people_, 1)
        ],
        "rent_charge": [{"bolig_id": f"B{i}", "kontrakt_id": f"K{i}"} for i in n],
        "payment": [{"krav_id": f"KR{i}"} for i in n],
        "repayment_plan": [{"kontrakt_id": f"K{i}"} for i in n],
        "eviction_case": [{"kontrakt_id": f"K{i}"} for i in n],
        "startlan": [{"fodselsnummer": number} for number in people_],
        "bostotte": [{"fodselsnummer": number} for number in people_],
    }


class Warehouse:
    """A warehouse with deliveries let in one after another, and what it holds."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def receive(self, day: date, rows: dict[str, list[Row]], *, backfill: bool = False) -> door.Receipt:
        folder = write_delivery(self.settings.landing, "0220", day, rows)
        settings = self.settings.model_copy(update={"max_shrink_share": 1})
        with audit.held_warehouse(settings) as connection:
            return door.receive(connection, Delivery("0220", day, folder), settings, None, backfill=backfill)

    def ask(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with warehouse.connect(self.settings) as connection:
            return connection.execute(query.encode(), parameters or None).fetchall()

    def pseudonym(self, number: str) -> str:
        return people.pseudonyms([number], people.personal_keys(self.settings), "0220")[0]

    def everything(self) -> bytes:
        """All that the warehouse holds, as text."""
        found = b""
        with warehouse.connect(self.settings) as connection:
            names = connection.execute(
                "select format('%I.%I', schemaname, tablename) from pg_tables"
                " where schemaname not in ('pg_catalog', 'information_schema', 'dagster')"
            ).fetchall()
            for (name,) in names:
                with connection.cursor().copy(f"copy {name} to stdout".encode()) as copy:
                    found += b"".join(bytes(part) for part in copy)
        return found


@pytest.fixture
def held(tmp_path: Path, settings: Settings) -> Iterator[Warehouse]:
    """The module's server, emptied, with a landing folder, a backup folder and keys of its own."""
    fresh = Settings(BOLIG_HOME=settings.home, BOLIG_LANDING=tmp_path / "landing", BOLIG_BACKUP=tmp_path / "backup")  # type: ignore[call-arg]
    fresh.pseudonym_key_file.unlink(missing_ok=True)
    fresh.backups.mkdir()
    with audit.held_warehouse(fresh) as connection:
        history = ", ".join(f"history.{table.raw_name}" for table in tables().values())
        connection.execute(
            "truncate landing.delivery, landing.delivery_file, landing.quarantined_row, landing.erased_person,"
            f" landing.pseudonym_key, operations.audit, {history}".encode()
        )
        door.open_night(connection)
    yield Warehouse(fresh)


# -------------------------------------------------------------------------------------------------- access


def test_everything_that_is_held_of_a_person_is_shown_and_nothing_of_another(held: Warehouse) -> None:
    held.receive(DAY_1, given(ERASED, OTHER))
    held.receive(DAY_2, given(ERASED, OTHER) | {"dwelling": [{"omrade": "Nesbru"}, {}]})
    found = persons.held(held.settings, ERASED, "Kari")
    assert {name: len(rows) for name, rows in found["records"].items()} == {
        f"{table.source}/{table.name}": 1
        for table in tables().values()
        if table.name in given(ERASED) and table.name != "dwelling"
    }
    (application,) = found["records"]["allocation/application"]
    assert (application["soknad_id"], application["first_delivered"], application["last_delivered"]) == (
        "S1",
        "2011-01-01",
        "2011-01-02",
    )
    assert len(found["files_with_the_number"]) == 12
    assert ERASED not in json.dumps(found) and held.pseudonym(ERASED) not in json.dumps(found)


def test_a_record_that_passed_to_another_person_shows_each_the_own_versions(held: Warehouse) -> None:
    held.receive(DAY_1, given(ERASED))
    held.receive(DAY_2, given(OTHER))
    for number in (ERASED, OTHER):
        records = persons.held(held.settings, number, "Kari")["records"]
        assert len(records["property/tenancy"]) == 1
        assert "accounting/rent_charge" not in records, "whose the charges are cannot be told"


def test_a_number_that_cannot_be_one_is_refused_and_not_quoted(held: Warehouse) -> None:
    held.receive(DAY_1, given(OTHER))
    wrong = ERASED[:-1] + str((int(ERASED[-1]) + 1) % 10)
    with pytest.raises(persons.PersonRefused) as refused:
        persons.held(held.settings, wrong, "Kari")
    assert wrong not in str(refused.value)


# -------------------------------------------------------------------------------------------------- erasure


def test_erased_is_erased_from_every_table(held: Warehouse) -> None:
    held.receive(DAY_1, given(ERASED, OTHER))
    held.receive(DAY_2, given(ERASED, OTHER) | {"application": [{"fodselsnummer": ERASED, "antall_barn": 3}, {}]})
    pseudonym = held.pseudonym(ERASED)
    erasure = persons.erase(held.settings, ERASED, "Kari", note="sak 17")
    assert erasure.rows["history.allocation__application"] == 2, "every version"
    listed = held.ask("select person_id from landing.erased_person")
    assert listed == [(pseudonym,)]
    assert held.everything().count(pseudonym.encode()) == 1, "on the list of those who may not come back"
    for table in set(given(ERASED)) - {"dwelling"}:
        assert held.ask(f"select count(*) from history.{tables()[table].raw_name}")[0][0] >= 1, (
            "the other person's stay"
        )
    assert held.ask("select done_by, act, subject, note from operations.audit") == [
        ("Kari", "erased", audit.subject(pseudonym), "sak 17")
    ]
    assert held.ask("select count(*) from landing.delivery where amended_at is not null") == [(2,)]


def test_the_door_drops_an_erased_person_until_the_sources_have_erased_it_too(held: Warehouse) -> None:
    held.receive(DAY_1, given(ERASED, OTHER))
    persons.erase(held.settings, ERASED, "Kari")
    receipt = held.receive(DAY_2, given(ERASED, OTHER))
    assert (receipt.status, receipt.rows_quarantined) == ("accepted", 13)
    assert set(held.ask("select rule, value from landing.quarantined_row")) == {("erased", None)}
    assert held.ask("select count(*), count(distinct fodselsnummer) from history.property__tenancy") == [(1, 1)]
    held.receive(DAY_3, given(OTHER))
    assert held.ask("select gone_from from landing.erased_person") == [(DAY_3,)]
    back = held.receive(DAY_4, given(ERASED, OTHER))
    assert back.rows_quarantined == 0, "whoever comes back after that is a new matter"
    older = held.receive(date(2010, 12, 1), given(ERASED, OTHER), backfill=True)
    assert (older.status, older.rows_quarantined) == ("accepted", 13), "an older delivery is still without the person"


def test_another_persons_contract_stays_without_the_reference_to_an_erased_one(held: Warehouse) -> None:
    rows = given(ERASED, OTHER)
    rows["tenancy"][1] = dict(rows["tenancy"][1]) | {
        "bolig_id": "B1",
        "forrige_kontrakt_id": "K1",
        "tildeling_id": "T1",
    }
    held.receive(DAY_1, rows)
    persons.erase(held.settings, ERASED, "Kari")
    left = [("K2", None, None)]
    query = "select kontrakt_id, forrige_kontrakt_id, tildeling_id from {}.property__tenancy"
    assert held.ask(query.format("history")) == left
    held.receive(DAY_2, rows | {"dwelling": [{"omrade": "Nesbru"}, {}]})
    assert held.ask(query.format("raw")) == left, "the door does the same"
    assert held.ask(query.format("history")) == left, "so nothing has changed in history"


def test_quarantined_rows_of_an_erased_person_go_while_the_files_still_tell_whose_they_are(held: Warehouse) -> None:
    rows = given(ERASED, OTHER)
    rows["startlan"] = [{"fodselsnummer": ERASED, "formal": "hytte"}, {"fodselsnummer": OTHER, "formal": "båt"}]
    folder = write_delivery(held.settings.landing, "0220", DAY_1, rows)
    plain = path_of(folder, "startlan")
    plain.with_name("startlan.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    with audit.held_warehouse(held.settings) as connection:
        assert door.receive(connection, Delivery("0220", DAY_1, folder), held.settings, None).rows_quarantined == 2
    erasure = persons.erase(held.settings, ERASED, "Kari")
    assert erasure.rows["landing.quarantined_row"] == 1
    assert held.ask("select value from landing.quarantined_row") == [("båt",)]
    assert any(file.endswith("startlan.csv.gz") for file in erasure.files)


def test_the_list_of_the_erased_lies_beside_the_backups_for_its_owner_only(held: Warehouse) -> None:
    held.receive(DAY_1, given(ERASED, OTHER))
    persons.erase(held.settings, ERASED, "Kari")
    path = held.settings.backups / journal.FILE_NAME
    assert path.stat().st_mode & 0o077 == 0
    assert [each["person_id"] for each in journal.read(path.parent, people.personal_keys(held.settings))] == [
        held.pseudonym(ERASED)
    ]


# -------------------------------------------------------------------------------------------------- correction


def test_what_stood_under_a_former_number_is_the_right_persons(held: Warehouse) -> None:
    held.receive(DAY_1, given(ERASED, OTHER))
    correction = persons.correct(held.settings, ERASED, THIRD, "Kari")
    assert correction.rows == {
        f"history.{table.raw_name}": 1
        for table in tables().values()
        if any(column.personal for column in table.columns)
    }
    assert held.pseudonym(ERASED).encode() not in held.everything()
    receipt = held.receive(DAY_2, given(THIRD, OTHER))
    assert receipt.rows_loaded
    assert held.ask("select count(*) from history.property__tenancy") == [(2,)], "no row has changed"


def test_two_persons_records_of_one_key_are_not_made_one(held: Warehouse) -> None:
    held.receive(DAY_1, given(ERASED, OTHER))
    before = held.everything()
    with pytest.raises(persons.PersonRefused, match="husbanken/bostotte"):
        persons.correct(held.settings, ERASED, OTHER, "Kari")
    assert held.everything() == before


# -------------------------------------------------------------------------------------------------- keys


def test_new_keys_rename_everybody_and_lose_no_join(held: Warehouse) -> None:
    held.receive(DAY_1, given(ERASED, OTHER, THIRD))
    persons.erase(held.settings, THIRD, "Kari")
    former = {number: held.pseudonym(number) for number in (ERASED, OTHER, THIRD)}
    for _ in range(2):
        rotation = keys.rotate(held.settings, "Kari")
        assert rotation.persons == 3
        everything = held.everything()
        for number, pseudonym in former.items():
            assert pseudonym.encode() not in everything, "the former key names nobody any more"
            assert held.pseudonym(number).encode() in everything
        former = {number: held.pseudonym(number) for number in former}
    people_of = "select array_agg(distinct fodselsnummer order by fodselsnummer) from history.{}"
    assert held.ask(people_of.format("allocation__application")) == held.ask(people_of.format("property__tenancy"))
    assert held.receive(DAY_1, given(ERASED, OTHER, THIRD)).status == "unchanged"
    receipt = held.receive(DAY_2, given(ERASED, OTHER, THIRD) | {"dwelling": [{"omrade": "Nesbru"}, {}, {}]})
    assert receipt.rows_quarantined == 13, "an erased person is known under the new keys"
    assert held.ask("select count(*) from history.property__tenancy") == [(2,)], "no row has changed"


def test_a_rotation_that_was_killed_half_way_is_told_and_completed(
    held: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    held.receive(DAY_1, given(ERASED, OTHER))
    before = held.everything()

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(load, "keep_key_fingerprint", killed)
        with pytest.raises(KeyboardInterrupt):
            keys.rotate(held.settings, "Kari")
    assert held.everything() == before
    with pytest.raises(people.PersonalKeyError, match="rotate-key"):
        held.receive(DAY_2, given(ERASED, OTHER))
    keys.rotate(held.settings, "Kari")
    assert len(people.personal_keys(held.settings)) == 2, "the key that was written is used, and no third made"
    held.receive(DAY_2, given(ERASED, OTHER))
    assert held.ask("select count(*) from history.property__tenancy") == [(2,)]


def test_keys_from_the_environment_are_rotated_by_adding_one(held: Warehouse) -> None:
    first, second = "a" * 40, "b" * 40
    here = held.settings.model_copy(update={"pseudonym_key": first})
    held.settings = here
    held.receive(DAY_1, given(ERASED, OTHER))
    with pytest.raises(people.PersonalKeyError, match="with a blank between"):
        keys.rotate(here, "Kari")
    held.settings = here.model_copy(update={"pseudonym_key": f"{first} {second}"})
    assert keys.rotate(held.settings, "Kari").persons == 2
    held.receive(DAY_2, given(ERASED, OTHER))
    assert held.ask("select count(*) from history.property__tenancy") == [(2,)]


def test_the_door_refuses_another_key_than_the_warehouses(held: Warehouse) -> None:
    held.receive(DAY_1, given(ERASED, OTHER))
    before = held.everything()
    held.settings.pseudonym_key_file.unlink()
    with pytest.raises(people.PersonalKeyError, match="another than the one"):
        held.receive(DAY_2, given(ERASED, OTHER))
    assert held.everything() == before


# -------------------------------------------------------------------------------------------------- what is published


@pytest.fixture(scope="module")
def published(install, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """An installation that has published and closed a year with two persons, and its landing folder."""
    installation = install()
    landing = tmp_path_factory.mktemp("landing")
    write_delivery(landing, "0220", DAY_1, given(ERASED, OTHER))
    installation.night(landing)
    assert installation.bolig("close", "--period", "2010", "--by", "Kari").returncode == 0
    return installation, landing


def test_readers_lose_the_person_at_once_and_the_figures_follow_in_the_next_night(published) -> None:
    installation, landing = published
    waiting = (
        "select value from scorecard.metric_value where metric_id = 'queue_waiting' and dimension = 'total'"
        " and period_type = 'year' and period_start = '2010-01-01'"
    )
    assert installation.ask(waiting) == [(2,)]
    result = installation.bolig("person", "erase", "--by", "Kari", given=f"{ERASED}\n")
    assert (result.returncode, ERASED in result.stdout + result.stderr) == (0, False), result.stderr
    persons_tables = installation.ask(
        "select format('%I.%I', table_schema, table_name) from information_schema.columns"
        " where table_schema = 'marts' and column_name in ('person_id', 'application_id', 'contract_id', 'charge_id')"
    )
    for (name,) in persons_tables:
        assert len(installation.ask(f"select * from {name}")) <= 1, f"{name}: the other person's"
    assert "Published 0220" in installation.night(landing), "the delivery is the same, and yet what it holds is not"
    assert installation.ask(waiting) == [(1,)]
    assert installation.ask(waiting.replace("metric_value", "reported")) == [(2,)], "what was reported stays"
    assert installation.ask(
        "select reason, explanation_no from scorecard.revision"
        " where metric_id = 'queue_waiting' and dimension = 'total' and period_type = 'year'"
    ) == [
        (
            "data endret",
            "Ingen rader er endret i kildene."
            " Personer er slettet eller rettet i varehuset siden tallet ble rapportert.",
        )
    ]
    assert "already" in installation.night(landing)


def test_a_number_is_read_from_standard_input_only(published) -> None:
    installation, _ = published
    for arguments in (["person", "show", OTHER], ["person", "show", "--number", OTHER]):
        result = installation.bolig(*arguments, "--by", "Kari", given=f"{OTHER}\n")
        assert result.returncode == 2
        assert OTHER not in result.stdout + result.stderr
    shown = installation.bolig("person", "show", "--by", "Kari", given=f"{OTHER}\n")
    assert json.loads(shown.stdout)["records"]["allocation/application"][0]["soknad_id"] == "S2"
    corrected = installation.bolig("person", "correct", "--by", "Kari", given=f"{OTHER}\n{THIRD}\n")
    assert corrected.returncode == 0, corrected.stderr
    assert not json.loads(installation.bolig("person", "show", "--by", "Kari", given=f"{OTHER}\n").stdout)["records"]
    acts = json.loads(installation.bolig("person", "show", "--by", "Kari", given=f"{OTHER}\n").stdout)["acts"]
    assert [act["act"] for act in acts] == ["shown", "corrected", "shown", "shown"]
