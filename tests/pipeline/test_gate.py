"""What the publish gate finds where Great Expectations' own expectations do not hold, in one municipality of two."""

from collections.abc import Iterator

import pytest

from dagster_project import warehouse
from dagster_project.night import gate
from expectations import runner
from tests.conftest import ASKER, BAERUM, Installation

# by expectation: whose row is broken, how, how many are found, and what an operator is told of one
BROKEN = {
    "the_queue_is_left_after_it_is_joined": (
        ASKER,
        "update build_marts.fct_queue_entry set exited_on = entered_on - 1 where (municipality_no, waitlist_entry_id) ="
        " (select municipality_no, waitlist_entry_id from build_marts.fct_queue_entry"
        " where municipality_no = '{}' and exited_on is not null order by 2 limit 1)",
        1,
        {"municipality_no", "waitlist_entry_id", "entered_on", "exited_on"},
    ),
    "a_contract_is_renewed_at_most_once": (
        BAERUM,
        "update build_marts.fct_contract set previous_contract_id = (select min(contract_id)"
        " from build_marts.fct_contract where municipality_no = '{0}') where municipality_no = '{0}' and contract_id in"
        " (select contract_id from build_marts.fct_contract where municipality_no = '{0}' order by 1 desc limit 3)",
        3,
        {"municipality_no", "contract_id", "previous_contract_id"},
    ),
    "tenants_move_in_after_the_allocation": (
        BAERUM,
        "update build_marts.fct_stay set allocation_to_move_in_days = -1 where (municipality_no, stay_id) ="
        " (select municipality_no, min(stay_id) from build_marts.fct_stay where municipality_no = '{}' group by 1)",
        1,
        {"municipality_no", "stay_id", "allocation_to_move_in_days"},
    ),
    "loans_are_pre_approved_before_they_are_paid_out": (
        ASKER,
        "update build_marts.fct_startlan set paid_out_on = applied_on - 1 where (municipality_no, startlan_id) ="
        " (select municipality_no, min(startlan_id) from build_marts.fct_startlan"
        " where municipality_no = '{}' and applied_on is not null group by 1)",
        1,
        {"municipality_no", "startlan_id", "applied_on", "paid_out_on"},
    ),
    "the_state_pays_no_more_than_its_share_of_the_cost": (
        BAERUM,
        "update build_marts.fct_bostotte set housing_cost_nok = cost_ceiling_nok + 1000,"
        " amount_nok = 0.7 * cost_ceiling_nok + 2"
        " where (municipality_no, person_id, benefit_month) in (select municipality_no, person_id, benefit_month"
        " from build_marts.fct_bostotte where municipality_no = '{}' and scheme = 'statlig'"
        " order by benefit_month desc, person_id limit 2) and scheme = 'statlig'",
        2,
        {"municipality_no", "benefit_month"},
    ),
}


@pytest.fixture(scope="module")
def found(own_demonstration: Installation) -> Iterator[dict[str, dict[str, runner.Finding]]]:
    """What the gate finds once what a night of both has built is broken: by municipality, and of all (`*`), by
    expectation."""
    with warehouse.connect(own_demonstration.settings, autocommit=True) as connection:
        before = gate.audit(connection, own_demonstration.settings)
        assert not [finding.expectation.id for finding in before if not finding.success] or {
            finding.expectation.id for finding in before if not finding.success
        }.isdisjoint(BROKEN)
        for number, statement, _, _ in BROKEN.values():
            assert connection.execute(statement.format(number)).rowcount > 0
        findings = gate.audit(connection, own_demonstration.settings)
        of_each = gate.audit_each(connection, own_demonstration.settings, [ASKER, BAERUM], findings)
    yield {"*": {finding.expectation.id: finding for finding in findings}} | {
        number: {finding.expectation.id: finding for finding in of_one} for number, of_one in of_each.items()
    }


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_an_expectation_is_found_where_it_is(
    found: dict[str, dict[str, runner.Finding]], name: str
) -> None:
    number, _, rows, told = BROKEN[name]
    for finding in (found["*"][name], found[number][name]):
        assert (finding.success, finding.found, finding.error) == (False, rows, None)
        assert all(example.keys() == told for example in finding.examples)
        assert {example["municipality_no"] for example in finding.examples} == {number}
        assert len(finding.examples) == rows
    (other,) = {ASKER, BAERUM} - {number}
    assert name not in found[other]


def test_the_night_keeps_a_page_of_each_and_lets_each_be_read(own_demonstration: Installation) -> None:
    pages = dict(own_demonstration.ask("select municipality_no, page from quality.data_docs"))
    assert pages.keys() == {ASKER, BAERUM}
    for number, page in pages.items():
        assert f"kommune {number}" in page
    assert "b0142" not in str(pages).lower(), "a dwelling that breaks an expectation"


def test_dagster_knows_how_many_rows_dbt_wrote(own_demonstration: Installation) -> None:
    from dagster_project.defs.models import WROTE

    for word, rows in {"INSERT 0 87": "87", "SELECT 5432": "5432", "CREATE 169": "169"}.items():
        match = WROTE.fullmatch(word)
        assert match and match[1] == rows
    assert not WROTE.fullmatch("CREATE VIEW")
