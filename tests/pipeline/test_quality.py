"""The views beside the published tables.

What readers may know of the nights: what was put aside and refused, and never what stood there. The dashboards'
datasets: there with the first publication, and whole while what they read changes.
"""

from collections.abc import Iterator
from datetime import date

import pytest
from psycopg import Connection

from dagster_project import warehouse
from dagster_project.night.dbt import manifest
from dagster_project.warehouse import quality
from superset_assets import bringing
from superset_assets.derive import dashboards
from tests.conftest import Install, Installation
from tests.deliveries import path_of, person, write_delivery
from tests.pipeline.conftest import swap_in

NEW_YEAR = date(2011, 1, 1)


@pytest.fixture(scope="module")
def published(install: Install, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A night that published a delivery with one bad row, and a night that refused the next delivery."""
    installation = install()
    landing = tmp_path_factory.mktemp("landing")
    write_delivery(
        landing, "0220", NEW_YEAR, {"application": [{}, {}, {"soknadstype": "hemmelig"}], "dwelling": [{}] * 3}
    )
    installation.night(landing)
    path_of(write_delivery(landing, "0220", date(2011, 1, 2)), "dwelling").unlink()
    installation.night(landing, published=False)
    return installation


def test_quarantine_is_counted_by_file_column_and_rule_and_shows_no_value(published: Installation) -> None:
    assert published.ask(
        "select source_no, file, column_name, rule_no, rows from quality.quarantine where rule = 'code'"
    ) == [("Tildeling", "allocation/application.csv", "soknadstype", "Ukjent kode", 1)]
    assert "hemmelig" not in str(published.ask("select quarantine::text from quality.quarantine as quarantine"))


def test_a_refused_delivery_is_told_beside_what_is_published(published: Installation) -> None:
    assert published.ask("select as_of, last_night_no, state_no, rows_quarantined from quality.publication") == [
        (date(2010, 12, 31), "Ikke publisert", "Siste leveranse er ikke publisert", 1)
    ]
    told = dict(published.ask("select file, message from quality.fault"))
    assert "property/dwelling.csv" in told["property/dwelling.csv"]


def test_every_night_says_what_became_of_its_delivery(published: Installation) -> None:
    assert published.ask("select outcome_no, door_no, gate_no from quality.night order by night_id") == [
        ("Publisert", "Tatt imot", "Sluppet gjennom"),
        ("Ikke publisert", "Avvist", None),
    ]


def test_every_table_says_how_fresh_its_newest_file_is(published: Installation) -> None:
    rows = published.ask(
        "select table_name, extract_date, days_behind, rows_delivered, rows_loaded, rows_quarantined"
        " from quality.delivered_file where table_name = 'application'"
    )
    assert rows == [("application", NEW_YEAR, 0, 3, 2, 1)]


def test_the_gates_findings_are_told_in_norwegian(published: Installation) -> None:
    found = dict(published.ask("select expectation_id, claim_no from quality.check_result"))
    assert found["there_are_dwellings"] == "Kommunen har boliger."
    assert all(found.values())


def test_closed_periods_and_revisions_are_named_as_people_name_them(published: Installation) -> None:
    closed = published.bolig("close", "--period", "2010-Q4", "--by", "Boligstrategiorganet")
    assert closed.returncode == 0, closed.stderr
    assert published.ask("select period_no, revision, closed_by from quality.closing") == [
        ("4. kvartal 2010", 1, "Boligstrategiorganet")
    ]
    assert published.ask("select * from quality.revision") == []


def test_a_person_never_shows(published: Installation) -> None:
    for table in ("night", "delivered_file", "quarantine", "fault", "check_result", "publication", "closing"):
        assert person(1) not in str(published.ask(f"select {table}::text from quality.{table}"))


def seen(published: Installation) -> dict[str, int]:
    """By dataset the number of rows that the reader sees."""
    names = published.ask("select viewname from pg_views where schemaname = 'dashboards'")
    return {name: published.ask(f"select count(*) from dashboards.{name}")[0][0] for (name,) in names}


def test_a_night_publishes_every_dataset(published: Installation) -> None:
    found = seen(published)
    assert found.keys() == dashboards.read(manifest(published.settings)).datasets.keys()
    assert (found["boliger"], found["publisering"]) == (3, 1)


def test_a_dataset_selects_by_its_owners_rights_so_that_who_asks_needs_none_below_it(published: Installation) -> None:
    assert published.ask(
        "select distinct reloptions from pg_class where relkind = 'v' and relnamespace = 'dashboards'::regnamespace"
    ) == [(None,)]


def test_datasets_stand_while_what_they_read_takes_another_shape(published: Installation) -> None:
    before = seen(published)
    description = "select obj_description('dashboards.boliger'::regclass)"
    described = published.ask(description)
    with warehouse.connect(published.settings, autocommit=True) as connection:
        connection.execute("alter table marts.dim_dwelling add column remark text")
        connection.execute("comment on schema quality is 'as an earlier version had it'")
        quality.prepare(connection)
    swap_in(published.settings)
    assert "remark" not in str(published.ask("select to_json(dwelling) from marts.dim_dwelling as dwelling limit 1"))
    assert seen(published) == before
    assert published.ask(description) == described


def test_a_dataset_waits_for_the_night_that_publishes_what_it_reads(published: Installation) -> None:
    before, parsed = seen(published), manifest(published.settings)
    with warehouse.connect(published.settings, autocommit=True) as connection:
        connection.execute("alter table marts.dim_dwelling drop column tenure cascade")
        assert bringing.make_datasets(connection, parsed) == ["boliger"]
        assert seen(published).keys() == before.keys() - {"boliger"}
        swap_in(published.settings)
        assert bringing.make_datasets(connection, parsed) == []
    assert seen(published) == before


@pytest.fixture
def neighbour(published: Installation) -> Iterator[Connection]:
    """Another municipality has three dwellings published; a connection to what is published."""
    with warehouse.connect(published.settings, autocommit=True) as connection:
        connection.execute(
            "insert into marts.dim_dwelling (municipality_no, dwelling_id, built_year)"
            " select '5001', 'B' || place, 1970 from generate_series(1, 3) as place"
        )
        yield connection
        connection.execute("delete from marts.dim_dwelling where municipality_no = '5001'")


def of_neighbour(connection: Connection) -> list[tuple[int, int]]:
    """How many dwellings it has, by the year they were built."""
    return connection.execute(
        "select built_year, count(*) from marts.dim_dwelling where municipality_no = '5001' group by 1"
    ).fetchall()


def test_a_new_type_keeps_what_others_have_published(published: Installation, neighbour: Connection) -> None:
    before = seen(published)
    neighbour.execute("drop view dashboards.boliger")
    neighbour.execute("alter table marts.dim_dwelling alter column built_year type text")
    neighbour.execute("create view dashboards.boliger as select * from marts.dim_dwelling where built_year = '1970'")
    swap_in(published.settings)
    assert of_neighbour(neighbour) == [(1970, 3)]
    # as an earlier version had the view it compares a number with text: the version that is published has its own
    assert bringing.make_datasets(neighbour, manifest(published.settings)) == []
    assert seen(published) == before


def test_other_words_of_a_column_make_no_new_table(published: Installation, neighbour: Connection) -> None:
    table = "select 'marts.dim_dwelling'::regclass::oid, col_description('marts.dim_dwelling'::regclass, 2),"
    table += " obj_description('marts.dim_dwelling'::regclass)"
    before = published.ask(table)
    neighbour.execute("comment on column marts.dim_dwelling.dwelling_id is 'as an earlier version had it'")
    neighbour.execute("comment on table marts.dim_dwelling is null")
    swap_in(published.settings)
    assert published.ask(table) == before
    assert of_neighbour(neighbour) == [(1970, 3)]


def test_what_others_have_that_fits_no_new_shape_is_left_out_and_told(
    published: Installation, neighbour: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    # nothing is in tonight's scope: all that is published is others'
    neighbour.execute("alter table marts.dim_dwelling drop column dwelling_id cascade")
    swap_in(published.settings)
    assert of_neighbour(neighbour) == []
    assert "marts.dim_dwelling has a new shape, and what other municipalities have in it does not fit" in caplog.text
    assert bringing.make_datasets(neighbour, manifest(published.settings)) == []
    assert seen(published)["boliger"] == 0
