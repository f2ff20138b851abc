"""What readers may know of the nights: what was put aside and refused, and never what stood there."""

from datetime import date

import pytest

from tests.conftest import Install, Installation
from tests.deliveries import path_of, person, write_delivery

NEW_YEAR = date(2011, 1, 1)


@pytest.fixture(scope="module")
def published(install: Install, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A night that published a delivery with one bad row, and a night that refused the next delivery."""
    installation = install()
    landing = tmp_path_factory.mktemp("landing")
    write_delivery(landing, "0220", NEW_YEAR, {"application": [{}, {}, {"soknadstype": "hemmelig"}]})
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
