"""The rights of a person and the keys of the pseudonyms, on a real warehouse that publishes.

Two municipalities share it, and everything in it: to every delivery of the one comes the same of the other, all keys
and all people alike. What is done is done in the first; of the second nothing may change.
"""

import gzip
import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dagster_project import warehouse
from dagster_project.landing import books, door, people
from dagster_project.landing.delivery import Delivery
from dagster_project.night import holding
from dagster_project.operations import audit, journal, keys, persons
from dagster_project.reported import source_history
from dagster_project.settings import Settings
from dagster_project.vocabulary.contracts import tables
from tests.deliveries import Row, path_of, person, write_delivery

DAY_1, DAY_2, DAY_3, DAY_4 = (date(2011, 1, day) for day in (1, 2, 3, 4))
ERASED, OTHER, THIRD = person(101), person(102), person(103)
HERE, TWIN = "0220", "0301"
# the records of the first of `given`, by the keys that they get
FIRST_PERSONS = {"S1", "V1", "VL1", "T1", "BO1", "O1", "K1", "KR1", "I1", "A1", "U1", "SL1"}
CONTRACTS = f"select count(*) from history.property__tenancy where municipality_no = '{HERE}'"


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
        "need_register": [{"fodselsnummer": number} for number in people_],
    }


Tables = dict[str, list[dict[str, Any]]]


def every_row(settings: Settings) -> Tables:
    """Every row of every table of the warehouse but Dagster's, in an order of their contents."""
    with warehouse.connect(settings) as connection:
        names = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema', 'dagster', 'superset') order by 1"
        ).fetchall()
        return {
            name: [
                row for (row,) in connection.execute(f"select to_jsonb(t) from {name} as t order by t::text".encode())
            ]
            for (name,) in names
        }


def everything_else(settings: Settings, *pseudonyms: str) -> Tables:
    """Every row but the first person's here, what is to tell of an act on the person, and what the night has left in
    raw of this municipality: the next one fills it anew."""
    theirs = FIRST_PERSONS | set(pseudonyms)
    found = every_row(settings)
    found.pop("operations.audit", None)
    for delivery in found["landing.delivery"]:
        del delivery["amended_at"]
    return {
        name: [
            row
            for row in rows
            if row.get("municipality_no") != HERE
            or not (name.startswith("raw.") or theirs & {v for v in row.values() if isinstance(v, str)})
        ]
        for name, rows in found.items()
    }


class Warehouse:
    """A warehouse with deliveries let in one after another, each with its twin, and what it holds."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.known: dict[str, str] = {}
        self.twins: Tables = {}

    def receive(self, day: date, rows: dict[str, list[Row]], *, backfill: bool = False) -> door.Receipt:
        folder = write_delivery(self.settings.landing, HERE, day, rows)
        receipt = self.let_in(folder, backfill=backfill)
        twin = self.settings.landing / TWIN / folder.name
        shutil.rmtree(twin, ignore_errors=True)
        self.let_in(Path(shutil.copytree(folder, twin)), backfill=backfill)
        self.twins = self.of_twin()
        return receipt

    def let_in(self, folder: Path, *, backfill: bool = False) -> door.Receipt:
        settings = self.settings.model_copy(update={"max_shrink_share": 1})
        found = Delivery(folder.parent.name, date.fromisoformat(folder.name), folder)
        with holding.opened(settings) as connection:
            return door.receive(connection, found, settings, None, backfill=backfill)

    def of_twin(self) -> Tables:
        """Every row of the second municipality, its people by numbers of ours: a new key gives them other names."""
        numbers = [ERASED, OTHER, THIRD]
        names = people.pseudonyms(numbers, people.personal_keys(self.settings), TWIN)
        self.known |= dict(zip(names, ("first", "second", "third"), strict=True))
        return {
            name: sorted(
                ({k: self.known.get(v, v) if isinstance(v, str) else v for k, v in row.items()} for row in rows),
                key=str,
            )
            for name, found in every_row(self.settings).items()
            if name != "operations.audit" and (rows := [row for row in found if row.get("municipality_no") == TWIN])
        }

    def ask(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with warehouse.connect(self.settings) as connection:
            return connection.execute(query.encode(), parameters or None).fetchall()

    def pseudonym(self, number: str) -> str:
        return people.pseudonyms([number], people.personal_keys(self.settings), HERE)[0]

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
    with holding.opened(fresh) as connection:
        history = ", ".join(f"history.{table.raw_name}" for table in tables().values())
        connection.execute(
            "truncate landing.delivery, landing.delivery_file, landing.quarantined_row, landing.erased_person,"
            f" landing.municipality, landing.pseudonym_key, operations.audit, access.municipality, {history}".encode()
        )
        door.open_night(connection)
    here = Warehouse(fresh)
    yield here
    assert here.of_twin() == here.twins, "of the other municipality nothing has changed since its last delivery"


# -------------------------------------------------------------------------------------------------- access


def test_everything_that_is_held_of_a_person_is_shown_and_nothing_of_another(held: Warehouse) -> None:
    held.receive(DAY_1, given(ERASED, OTHER))
    held.receive(DAY_2, given(ERASED, OTHER) | {"dwelling": [{"omrade": "Nesbru"}, {}]})
    found = persons.held(held.settings, ERASED, "Kari", HERE)
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
    assert len(found["files_with_the_number"]) == 14
    assert ERASED not in json.dumps(found) and held.pseudonym(ERASED) not in json.dumps(found)


def test_a_record_that_passed_to_another_person_shows_each_the_own_versions(held: Warehouse) -> None:
    held.receive(DAY_1, given(ERASED))
    held.receive(DAY_2, given(OTHER))
    for number in (ERASED, OTHER):
        records = persons.held(held.settings, number, "Kari", HERE)["records"]
        assert len(records["property/tenancy"]) == 1
        assert "accounting/rent_charge" not in records, "whose the charges are cannot be told"


def test_a_number_that_cannot_be_one_is_refused_and_not_quoted(held: Warehouse) -> None:
    held.receive(DAY_1, given(OTHER))
    wrong = ERASED[:-1] + str((int(ERASED[-1]) + 1) % 10)
    with pytest.raises(persons.PersonRefused) as refused:
        persons.held(held.settings, wrong, "Kari", HERE)
    assert wrong not in str(refused.value)


def test_each_municipality_answers_for_itself_and_is_named_where_there_are_several(held: Warehouse) -> None:
    held.receive(DAY_1, given(ERASED, OTHER))
    refused = "Name a municipality with --municipality; deliveries are loaded of: 0220, 0301"
    for act in (persons.held, persons.erase):
        with pytest.raises(source_history.UnknownRecord, match=refused):
            act(held.settings, ERASED, "Kari")
        with pytest.raises(source_history.UnknownRecord, match=r"No delivery of 1103 is loaded; .* of: 0220, 0301"):
            act(held.settings, ERASED, "Kari", "1103")
    found = persons.held(held.settings, ERASED, "Kari", TWIN)
    assert found["municipality_no"] == TWIN
    assert {row["municipality_no"] for rows in found["records"].values() for row in rows} == {TWIN}
    assert persons.held(held.settings, ERASED, "Kari", HERE)["acts"][-1]["act"] == "shown"
    assert held.ask("select municipality_no from operations.audit order by audit_id") == [(TWIN,), (HERE,)]


def test_what_is_held_under_the_number_of_a_municipality_that_was_merged_into_this_one_is_told(held: Warehouse) -> None:
    held.receive(DAY_1, given(OTHER))
    for number, day in (("0627", DAY_2), ("3025", DAY_3)):
        held.let_in(write_delivery(held.settings.landing, number, day, given(ERASED)))
    assert persons.held(held.settings, ERASED, "Kari", "3025")["also_held_in"] == ["0627"]
    assert persons.held(held.settings, OTHER, "Kari", "3025")["also_held_in"] == [], "0220 is the same municipality"
    assert persons.held(held.settings, ERASED, "Kari", "0627")["also_held_in"] == [], "that one is no more"
    told = "In 0627, which became part of this municipality, this person is known too: --municipality 0627."
    assert told in persons.erase(held.settings, ERASED, "Kari", "3025").lines()
    assert persons.erase(held.settings, ERASED, "Kari", "0627").rows
    assert persons.erase(held.settings, ERASED, "Kari", "3025").lines()[0] == (
        "Nothing was held under this number in 3025 (with 0220, 3203)."
    )


# ------------------------------------------------------------------------------- nothing that is not the person's


@pytest.mark.attack
@pytest.mark.parametrize("act", ["shown", "erased", "corrected"])
def test_an_act_changes_nothing_but_the_persons_rows_in_this_municipality(held: Warehouse, act: str) -> None:
    """Row by row, in every table of the warehouse; here the other person refers to nothing of the first."""
    broken = {"startlan": [{"fodselsnummer": ERASED}, {"fodselsnummer": OTHER}, {"formal": "hytte"}]}
    held.receive(DAY_1, given(ERASED, OTHER) | broken)
    held.receive(
        DAY_2, given(ERASED, OTHER) | broken | {"application": [{"fodselsnummer": ERASED, "antall_barn": 3}, {}]}
    )
    theirs = [held.pseudonym(number) for number in (ERASED, THIRD)]
    whole, before = every_row(held.settings), everything_else(held.settings, *theirs)
    if act == "shown":
        found = persons.held(held.settings, ERASED, "Kari", HERE)
        del whole["operations.audit"]
        after = every_row(held.settings)
        del after["operations.audit"]
        assert after == whole
        shown = [row for rows in found["records"].values() for row in rows]
        assert len(shown) == len(given(ERASED)) - len({"dwelling"}) + len({"the application's second version"})
    elif act == "erased":
        erasure = persons.erase(held.settings, ERASED, "Kari", HERE)
        assert {name.partition(".")[0] for name in erasure.rows} == {"history"}
    else:
        persons.correct(held.settings, ERASED, THIRD, "Kari", HERE)
    after = everything_else(held.settings, *theirs)
    assert {name for name in before if before[name] != after[name]} == set()


def test_only_the_quarantined_lines_of_what_lies_there_now_are_taken_for_the_persons(held: Warehouse) -> None:
    bad: Row = {"formal": "hytte"}
    held.receive(
        DAY_1, given(ERASED, OTHER) | {"startlan": [{"fodselsnummer": OTHER} | bad, {"fodselsnummer": ERASED}]}
    )
    # delivered again, now with the line of the one where the other's was
    held.receive(
        DAY_1, given(ERASED, OTHER) | {"startlan": [{"fodselsnummer": ERASED} | bad, {"fodselsnummer": OTHER}]}
    )
    assert persons.held(held.settings, ERASED, "Kari", HERE)["quarantined_rows"] == 1
    erasure = persons.erase(held.settings, ERASED, "Kari", HERE)
    assert erasure.rows["landing.quarantined_row"] == 1
    left = "select load_id from landing.quarantined_row where municipality_no = %s"
    assert held.ask(left, HERE) == held.ask(
        "select min(load_id) from landing.delivery where municipality_no = %s", HERE
    )


# -------------------------------------------------------------------------------------------------- erasure


def test_erased_is_erased_from_every_table(held: Warehouse) -> None:
    held.receive(DAY_1, given(ERASED, OTHER))
    held.receive(DAY_2, given(ERASED, OTHER) | {"application": [{"fodselsnummer": ERASED, "antall_barn": 3}, {}]})
    pseudonym = held.pseudonym(ERASED)
    erasure = persons.erase(held.settings, ERASED, "Kari", HERE, note="sak 17")
    assert erasure.rows["history.allocation__application"] == 2, "every version"
    listed = held.ask("select person_id from landing.erased_person")
    assert listed == [(pseudonym,)]
    assert held.everything().count(pseudonym.encode()) == 1, "on the list of those who may not come back"
    for table in set(given(ERASED)) - {"dwelling"}:
        name = f"history.{tables()[table].raw_name}"
        assert held.ask(f"select count(*) from {name} where municipality_no = %s", HERE)[0][0] >= 1, "the other's stay"
    assert held.ask("select done_by, act, subject, note from operations.audit") == [
        ("Kari", "erased", audit.subject(pseudonym), "sak 17")
    ]
    assert held.ask("select count(*) from landing.delivery where amended_at is not null") == [(2,)]


def test_the_door_drops_an_erased_person_until_the_sources_have_erased_it_too(held: Warehouse) -> None:
    held.receive(DAY_1, given(ERASED, OTHER))
    persons.erase(held.settings, ERASED, "Kari", HERE)
    receipt = held.receive(DAY_2, given(ERASED, OTHER))
    assert (receipt.status, receipt.rows_quarantined) == ("accepted", 14)
    assert set(held.ask("select rule, value from landing.quarantined_row")) == {("erased", None)}
    assert held.ask(
        "select count(*), count(distinct fodselsnummer) from history.property__tenancy where municipality_no = %s", HERE
    ) == [(1, 1)]
    held.receive(DAY_3, given(OTHER))
    assert held.ask("select gone_from from landing.erased_person") == [(DAY_3,)]
    back = held.receive(DAY_4, given(ERASED, OTHER))
    assert back.rows_quarantined == 0, "whoever comes back after that is a new matter"
    older = held.receive(date(2010, 12, 1), given(ERASED, OTHER), backfill=True)
    assert (older.status, older.rows_quarantined) == ("accepted", 14), "an older delivery is still without the person"


def test_another_persons_contract_stays_without_the_reference_to_an_erased_one(held: Warehouse) -> None:
    rows = given(ERASED, OTHER)
    rows["tenancy"][1] = dict(rows["tenancy"][1]) | {
        "bolig_id": "B1",
        "forrige_kontrakt_id": "K1",
        "tildeling_id": "T1",
    }
    held.receive(DAY_1, rows)
    persons.erase(held.settings, ERASED, "Kari", HERE)
    left = [("K2", None, None)]
    query = "select kontrakt_id, forrige_kontrakt_id, tildeling_id from {}.property__tenancy where municipality_no = %s"
    assert held.ask(query.format("history"), HERE) == left
    held.receive(DAY_2, rows | {"dwelling": [{"omrade": "Nesbru"}, {}]})
    assert held.ask(query.format("raw"), HERE) == left, "the door does the same"
    assert held.ask(query.format("history"), HERE) == left, "so nothing has changed in history"


def test_quarantined_rows_of_an_erased_person_go_while_the_files_still_tell_whose_they_are(held: Warehouse) -> None:
    rows = given(ERASED, OTHER)
    rows["startlan"] = [{"fodselsnummer": ERASED, "formal": "hytte"}, {"fodselsnummer": OTHER, "formal": "båt"}]
    folder = write_delivery(held.settings.landing, HERE, DAY_1, rows)
    plain = path_of(folder, "startlan")
    plain.with_name("startlan.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    assert held.let_in(folder).rows_quarantined == 2
    erasure = persons.erase(held.settings, ERASED, "Kari", HERE)
    assert erasure.rows["landing.quarantined_row"] == 1
    assert held.ask("select value from landing.quarantined_row") == [("båt",)]
    assert any(file.endswith("startlan.csv.gz") for file in erasure.files)


def test_the_list_of_the_erased_lies_beside_the_backups_for_its_owner_only(held: Warehouse) -> None:
    held.receive(DAY_1, given(ERASED, OTHER))
    persons.erase(held.settings, ERASED, "Kari", HERE)
    path = held.settings.backups / journal.FILE_NAME
    assert path.stat().st_mode & 0o077 == 0
    assert [each["person_id"] for each in journal.read(path.parent, people.personal_keys(held.settings))] == [
        held.pseudonym(ERASED)
    ]


def test_whom_the_database_has_forgotten_the_list_of_the_erased_goes_on_naming(held: Warehouse) -> None:
    """As where another program brings the server back to before the erasure, and the next backup comes first."""
    held.receive(DAY_1, given(ERASED, OTHER))
    persons.erase(held.settings, ERASED, "Kari", HERE)
    forgotten = held.pseudonym(ERASED)
    with holding.opened(held.settings) as connection:
        connection.execute("delete from landing.erased_person")
    persons.erase(held.settings, OTHER, "Kari", HERE)
    named = journal.read(held.settings.backups, people.personal_keys(held.settings))
    assert {each["person_id"] for each in named} == {forgotten, held.pseudonym(OTHER)}


# -------------------------------------------------------------------------------------------------- correction


def test_what_stood_under_a_former_number_is_the_right_persons(held: Warehouse) -> None:
    held.receive(DAY_1, given(ERASED, OTHER))
    correction = persons.correct(held.settings, ERASED, THIRD, "Kari", HERE)
    assert correction.rows == {
        f"history.{table.raw_name}": 1
        for table in tables().values()
        if any(column.personal for column in table.columns)
    }
    assert held.pseudonym(ERASED).encode() not in held.everything()
    receipt = held.receive(DAY_2, given(THIRD, OTHER))
    assert receipt.rows_loaded
    assert held.ask(CONTRACTS) == [(2,)], "no row has changed"


def test_two_persons_records_of_one_key_are_not_made_one(held: Warehouse) -> None:
    held.receive(DAY_1, given(ERASED, OTHER))
    before = held.everything()
    with pytest.raises(persons.PersonRefused, match="husbanken/bostotte"):
        persons.correct(held.settings, ERASED, OTHER, "Kari", HERE)
    assert held.everything() == before


# -------------------------------------------------------------------------------------------------- keys


def test_new_keys_rename_everybody_and_lose_no_join(held: Warehouse) -> None:
    held.receive(DAY_1, given(ERASED, OTHER, THIRD))
    persons.erase(held.settings, THIRD, "Kari", HERE)
    former = {number: held.pseudonym(number) for number in (ERASED, OTHER, THIRD)}
    for _ in range(2):
        rotation = keys.rotate(held.settings, "Kari")
        assert rotation.persons == 6
        everything = held.everything()
        for number, pseudonym in former.items():
            assert pseudonym.encode() not in everything, "the former key names nobody any more"
            assert held.pseudonym(number).encode() in everything
        former = {number: held.pseudonym(number) for number in former}
    people_of = (
        "select municipality_no, array_agg(distinct fodselsnummer order by fodselsnummer) from history.{} group by 1"
    )
    applicants, tenants = (
        held.ask(people_of.format(name)) for name in ("allocation__application", "property__tenancy")
    )
    assert sorted(applicants) == sorted(tenants)
    assert held.receive(DAY_1, given(ERASED, OTHER, THIRD)).status == "unchanged"
    receipt = held.receive(DAY_2, given(ERASED, OTHER, THIRD) | {"dwelling": [{"omrade": "Nesbru"}, {}, {}]})
    assert receipt.rows_quarantined == 14, "an erased person is known under the new keys"
    assert held.ask(CONTRACTS) == [(2,)], "no row has changed"


def test_a_rotation_that_was_killed_half_way_is_told_and_completed(
    held: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    held.receive(DAY_1, given(ERASED, OTHER))
    before = held.everything()

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(books, "keep_key_fingerprint", killed)
        with pytest.raises(KeyboardInterrupt):
            keys.rotate(held.settings, "Kari")
    assert held.everything() == before
    with pytest.raises(people.PersonalKeyError, match="rotate-key"):
        held.receive(DAY_2, given(ERASED, OTHER))
    keys.rotate(held.settings, "Kari")
    assert len(people.personal_keys(held.settings)) == 2, "the key that was written is used, and no third made"
    held.receive(DAY_2, given(ERASED, OTHER))
    assert held.ask(CONTRACTS) == [(2,)]


def test_keys_from_the_environment_are_rotated_by_adding_one(held: Warehouse) -> None:
    first, second = "a" * 40, "b" * 40
    here = held.settings.model_copy(update={"pseudonym_key": first})
    held.settings = here
    held.receive(DAY_1, given(ERASED, OTHER))
    with pytest.raises(people.PersonalKeyError, match="with a blank between"):
        keys.rotate(here, "Kari")
    held.settings = here.model_copy(update={"pseudonym_key": f"{first} {second}"})
    assert keys.rotate(held.settings, "Kari").persons == 4
    held.receive(DAY_2, given(ERASED, OTHER))
    assert held.ask(CONTRACTS) == [(2,)]


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
    """An installation that has published two persons in each of two municipalities, whose year the first has closed."""
    installation = install()
    landing = tmp_path_factory.mktemp("landing")
    shutil.copytree(write_delivery(landing, HERE, DAY_1, given(ERASED, OTHER)), landing / TWIN / DAY_1.isoformat())
    installation.night(landing)
    closed = installation.bolig("close", "--period", "2010", "--by", "Kari", "--municipality", HERE)
    assert closed.returncode == 0, closed.stderr
    return installation, landing


@pytest.mark.attack
def test_readers_lose_the_person_at_once_and_the_figures_follow_in_the_next_night(published) -> None:
    installation, landing = published
    settings = installation.settings
    waiting = (
        "select value from scorecard.metric_value where metric_id = 'queue_waiting' and dimension = 'total'"
        " and period_type = 'year' and period_start = '2010-01-01' and municipality_no = %s"
    )
    assert installation.ask(waiting, HERE) == [(2,)]
    pseudonym = people.pseudonyms([ERASED], people.personal_keys(settings), HERE)[0]
    before = everything_else(settings, pseudonym)
    for municipality in ((), ("--municipality", HERE)):
        result = installation.bolig("person", "erase", "--by", "Kari", *municipality, given=f"{ERASED}\n")
        assert (result.returncode, ERASED in result.stdout + result.stderr) == (int(not municipality), False)
    assert result.stdout.startswith("Erased in 0220 (with 3025, 3203): ")
    after = everything_else(settings, pseudonym)
    assert {name for name in before if before[name] != after[name]} == set()
    for name, rows in every_row(settings).items():
        left = [row for row in rows if row.get("municipality_no") == HERE and pseudonym in row.values()]
        assert not left or name == "landing.erased_person", name
    persons_tables = installation.ask(
        "select format('%I.%I', table_schema, table_name) from information_schema.columns where table_schema = 'marts'"
        " and column_name in ('person_id', 'application_id', 'contract_id', 'charge_id')"
    )
    for (name,) in persons_tables:
        rows = installation.ask(f"select * from {name} where municipality_no = %s", HERE)
        twins = installation.ask(f"select * from {name} where municipality_no = %s", TWIN)
        assert len(rows) == len(twins) / 2, f"{name}: the other person's, and both of the other municipality's"
    assert "Published 0220" in installation.night(landing), "the delivery is the same, and yet what it holds is not"
    assert (installation.ask(waiting, HERE), installation.ask(waiting, TWIN)) == ([(1,)], [(2,)])
    reported = waiting.replace("metric_value", "reported")
    assert installation.ask(reported, HERE) == [(2,)], "what was reported stays"
    assert installation.ask(
        "select municipality_no, reason, explanation_no from scorecard.revision"
        " where metric_id = 'queue_waiting' and dimension = 'total' and period_type = 'year'"
    ) == [
        (
            HERE,
            "data endret",
            "Ingen rader er endret i kildene."
            " Personer er slettet eller rettet i varehuset siden tallet ble rapportert.",
        )
    ]
    assert "already" in installation.night(landing)


def test_a_number_is_read_from_standard_input_only(published) -> None:
    installation, _ = published

    def run(act: str, *numbers: str, municipality: str = HERE) -> str:
        given = "".join(f"{number}\n" for number in numbers)
        result = installation.bolig("person", act, "--by", "Kari", "--municipality", municipality, given=given)
        assert result.returncode == 0, result.stderr
        return result.stdout

    for arguments in (["person", "show", OTHER], ["person", "show", "--number", OTHER]):
        result = installation.bolig(*arguments, "--by", "Kari", given=f"{OTHER}\n")
        assert result.returncode == 2
        assert OTHER not in result.stdout + result.stderr
    shown = json.loads(run("show", OTHER))
    assert shown["records"]["allocation/application"][0]["soknad_id"] == "S2"
    twins = json.loads(run("show", OTHER, municipality=TWIN))
    published_rows, of_twin = (
        {name: rows for name, rows in each["published_rows"].items() if name.startswith("marts.")}
        for each in (shown, twins)
    )
    assert published_rows == of_twin and len(of_twin) > 10
    assert run("correct", OTHER, THIRD).startswith("Given to the right person in 0220 (with 3025, 3203): ")
    assert not json.loads(run("show", OTHER))["records"]
    assert json.loads(run("show", OTHER, municipality=TWIN))["records"], "whom nobody has corrected"
    acts = json.loads(run("show", OTHER))["acts"]
    assert [act["act"] for act in acts] == ["shown", "corrected", "shown", "shown"]
