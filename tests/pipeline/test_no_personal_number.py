"""Not one of the delivered numbers is anywhere but in the delivered files, after everything that an operator does."""

import re
import subprocess
from pathlib import Path

import pytest

from dagster_project import warehouse
from dagster_project.landing import delivery
from dagster_project.operations import backup
from dagster_project.vocabulary import contracts
from tests.conftest import Installation
from tests.deliveries import path_of, person

RUN_OF_DIGITS = re.compile(rb"\d{11,12}")
APART = f"{person(1)[:6]} {person(1)[6:]}"


@pytest.fixture(scope="module")
def operated(install, tmp_path_factory: pytest.TempPathFactory) -> tuple[Installation, frozenset[bytes], list[str]]:
    """The demonstration municipality after a full run and the commands of its operation: the installation, every number
    that was delivered, and everything that was said."""
    from dagster_project.demo import write_delivery

    installation: Installation = install()
    installation.settings.mark_as_demonstration()
    landing = tmp_path_factory.mktemp("landing")
    write_delivery(landing)
    # rows that are put aside: a code that nobody knows, and a number with a last digit that is not its own
    number = person(1)
    application = path_of(landing / "0220" / "2011-01-01", "application")
    sound = "okonomisk_sosialt;nav;1;0;20.08.1998\n"
    with application.open("a", encoding="utf-8") as file:
        for key, of, kind in (("S-A", number, "hemmelig"), ("S-B", f"{number[:-1]}{(int(number[-1]) + 1) % 10}", "ny")):
            file.write(f"{key};{of};30.12.2010;{kind};{sound}")
        # numbers where none belongs, as they are and apart, and lines of which nobody can tell what is what
        for key in (number, f"S-{APART}", f'"S-C {number}', f'S-D {number}"'):
            file.write(f"{key};{number};30.12.2010;ny;{sound}")
    with path_of(landing / "0220" / "2011-01-01", "temporary_stay").open("a", encoding="utf-8") as file:
        for key, place in (("O-A", f"Hospits v/ {number}"), ("O-B", APART)):
            file.write(f"{key};{number};30.12.2010;;{place};500,00\n")
    (found,) = delivery.every(landing)
    numbers = frozenset(
        number.encode()
        for extract in delivery.read(found).extracts.values()
        for column in extract.table.columns
        if column.personal
        for number in extract.frame[column.name].drop_nulls().unique()
    )
    # and a delivery that is refused, for that is told of in words
    broken = landing / "0220" / "2011-01-02"
    subprocess.run(["/bin/cp", "-r", found.path, broken], check=True)
    (broken / "allocation" / "decision.csv").unlink()
    said = []
    for arguments in (
        ["nightly", "--landing", landing, "--date", "2011-01-01"],
        ["nightly", "--landing", landing],
        ["close", "--period", "2010", "--by", "Kari"],
        ["history", "--table", "tenancy", "--key", "K000001"],
        ["backup"],
        ["rotate-key", "--by", "Kari"],
        ["status"],
        ["doctor"],
        ["metrics"],
        ["scorecard"],
    ):
        result = installation.bolig(*arguments)
        said += [result.stdout, result.stderr]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BOLIG_LANDING", str(landing))
        for command in ("show", "erase"):
            asked = installation.bolig("person", command, "--by", "Kari", given=f"{min(numbers).decode()}\n")
            assert asked.returncode == 0, asked.stderr
            said += [asked.stdout, asked.stderr]
    return installation, numbers, said


def held(content: bytes, numbers: frozenset[bytes]) -> list[bytes]:
    """The numbers that stand in this content, in any run of digits."""
    found = {APART.encode()} if APART.encode() in content else set()
    for run in RUN_OF_DIGITS.findall(content):
        found |= {run[i : i + length] for length in (11, 12) for i in range(len(run) - length + 1)} & numbers
    return sorted(found)


def test_the_search_finds_what_it_looks_for(operated) -> None:
    _, numbers, _ = operated
    assert len(numbers) > 1000
    a_number = next(iter(numbers))
    assert held(b"x" + a_number + b";" + b"9" + a_number, numbers) == [a_number]
    assert held(f"v/ {APART}".encode(), numbers) == [APART.encode()]


def test_no_number_is_in_any_table(operated) -> None:
    installation, numbers, _ = operated
    quarantined = "select rule, sum(rows) from quality.quarantine group by 1 order by 1"
    assert installation.ask(quarantined) == [("code", 1), ("fields", 2), ("person", 1), ("personal", 4)]
    with warehouse.connect(installation.settings) as connection:
        tables = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert {"operations.night", "scorecard.metric_value", "history.property__tenancy", "dagster.event_logs"} <= {
            name for (name,) in tables
        }
        for (name,) in tables:
            with connection.cursor().copy(f"copy {name} to stdout".encode()) as copy:
                assert held(b"".join(bytes(part) for part in copy), numbers) == [], name


def test_no_number_is_in_any_log_or_file_of_the_home(operated) -> None:
    installation, numbers, _ = operated
    home = installation.settings.home
    files = [
        path
        for path in home.rglob("*")
        if path.is_file() and (not path.is_relative_to(home / "postgresql") or path.name == "log")
    ]
    assert {"nightly.log", "log", "dbt.log"} <= {path.name for path in files}
    for path in files:
        assert held(path.read_bytes(), numbers) == [], path


def test_no_number_is_said_by_any_command(operated) -> None:
    _, numbers, said = operated
    assert any("decision.csv is missing" in text for text in said)
    assert held("\n".join(said).encode(), numbers) == []


def test_no_number_is_in_a_backup(operated, tmp_path: Path) -> None:
    installation, numbers, _ = operated
    (found,) = backup.every(installation.settings.backups)
    text = tmp_path / "dump.sql"
    with warehouse.connect(installation.settings) as connection:
        program = backup._program("pg_restore", connection.info.server_version // 10000)
    subprocess.run([program, "--file", text, found.path / backup.DUMP], check=True)
    content = text.read_bytes()
    assert b"COPY history.property__tenancy" in content
    assert b"COPY raw." not in content, "what every night makes anew is not in it"
    assert held(content, numbers) == []


def test_no_table_that_readers_see_has_a_column_that_is_never_published(operated) -> None:
    installation, _, _ = operated
    hidden = {
        name
        for table in contracts.tables().values()
        for column in table.columns
        if column.personal or not column.published
        for name in (column.name, *([column.business_name] if not column.published else []))
    }
    assert not installation.ask(
        "select table_name, column_name from information_schema.columns where column_name = any(%s)", sorted(hidden)
    )
