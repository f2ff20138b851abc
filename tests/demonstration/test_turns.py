"""Whose turn it is before the meeting, in the demonstration: what is explained stands beside its figure."""

from datetime import UTC, datetime

from dagster_project import warehouse
from dagster_project.operations import alerts, turns
from tests.conftest import ASKER, BAERUM, Installation

EXPLAINED = {ASKER: {"queue_waiting_over_one_year", "vacancy_rate", "holdover_tenancies"}, BAERUM: {"vacancy_rate"}}


def test_a_missed_target_says_why_or_that_nobody_has_said(demonstration: Installation) -> None:
    for number, explained in EXPLAINED.items():
        rows = demonstration.ask(
            "select metric_id, status, comment_no, is_unexplained from scorecard.key_figure"
            " where municipality_no = %s and period_type = 'quarter' and is_on_scorecard",
            number,
        )
        assert {metric_id for metric_id, _, said, _ in rows if said not in ("", "Ikke forklart ennå")} == explained
        for metric_id, status, said, is_unexplained in rows:
            assert is_unexplained == (status == "red" and metric_id not in explained), metric_id
            assert (said == "Ikke forklart ennå") == is_unexplained, metric_id
    ((said,),) = demonstration.ask(
        "select comment_no from scorecard.key_figure"
        " where municipality_no = %s and period_type = 'quarter' and metric_id = 'vacancy_rate'",
        BAERUM,
    )
    assert said == "Flere boliger ble klargjort samtidig. Klargjøringen fordeles over året." + (
        " (Eiendomsforvaltningen, 01.12.2010)"
    )


def test_each_office_has_its_turn_in_its_own_municipality(demonstration: Installation) -> None:
    with warehouse.connect(demonstration.settings) as connection:
        owed = turns.every(connection)
        told = [alert for alert in alerts.due(connection, datetime.now(UTC)) if alert.key.startswith("turn:")]
    late = {(turn.municipality_no, turn.names) for turn in owed if turn.what == "past its follow-up"}
    # in August nothing was to be looked at yet
    assert late == {(ASKER, ("Rutine fra oppsigelse til innflytting tas i bruk fra mai",))}
    unexplained = {number: sum(len(t.names) for t in owed if t.municipality_no == number) for number in EXPLAINED}
    for number, more in ((ASKER, 1), (BAERUM, 0)):
        ((wanted,),) = demonstration.ask(
            "select count(*) from scorecard.key_figure where municipality_no = %s and period_type = 'quarter'"
            " and is_on_scorecard and is_unexplained",
            number,
        )
        assert unexplained[number] == wanted + more
    assert len(told) == len(owed)
    # how many, and not which
    assert not [alert for alert in told if "oppsigelse" in alert.text or "Ledighet" in alert.text]
    result = demonstration.bolig("status")
    assert "Rutine fra oppsigelse" in result.stdout and "not explained, 2. kvartal 2010" in result.stdout
