"""The agenda of a report: what is a matter for the units' meeting, in which order, and what is to move each goal."""

from typing import Any

from dagster_project.report import agenda, document
from dagster_project.report.facts import Figure
from dagster_project.vocabulary import norwegian
from tests.unit.test_report_facts import made

NB = norwegian.NO_BREAK
LATER = ("metric_id", "target_group", "adopted_on")


def share(of: float, whole: float, *, is_ripe: bool = True) -> Figure:
    return Figure(of / whole, of, whole, is_ripe=is_ripe)


def measure(title: str, **more: Any) -> dict[str, Any]:
    return {
        "title": title, "plan": "P", "operative_unit": "E", "strategic_owner": "R", "planned_end_on": "2011-06-01",
        "measure_status": "pagar", "is_open": True, "is_behind": False, "dwellings_planned": None,
        "dwellings_delivered": None, "status_on": "2010-12-31", "metric_id": "queue_waiting",
        "target_group": "omsorg_puh", "adopted_on": "2009-12-15", **more,
    }  # fmt: skip


def test_a_matter_is_what_figures_say_and_a_missed_target_stands_first() -> None:
    shown = made(
        {
            "vacant_over_90_days": [4],
            "holdover_tenancies": [12],
            "offers_refused_rate": [share(3, 40)],
            ("vacant_days", "responsible", "eiendom"): [310],
            ("vacant_days", "responsible", "tildeling"): [1],
            ("vacant_days", "responsible", "felles"): [0],
            "arrears_tenant_share": [share(41, 800)],
            "repayment_plans_active": [1],
        },
        {"holdover_tenancies": (5, 10), "vacant_over_90_days": (5, 10)},
    )
    assert [matter.title for matter in agenda.matters(shown)] == [
        "Bor på utløpt kontrakt",
        "Hvem ledige boliger venter på",
        "Tilbud som avslås",
        "Restanser uten avtale",
        "Boliger som har stått lenge",
    ]
    said = {matter.title: matter.said for matter in agenda.matters(shown)}
    assert said["Hvem ledige boliger venter på"] == (
        f"Ledige boliger ventet på eiendomsforvaltningen 310{NB}døgn og tildelingskontoret 1{NB}døgn."
    )
    assert said["Tilbud som avslås"] == "3 av 40 besvarte tilbud ble avslått."
    assert said["Restanser uten avtale"] == f"41 leieforhold skylder husleie, og 1{NB}avtale om nedbetaling løper."
    assert document.pdf(shown).startswith(b"%PDF-1.7")


def test_what_is_nothing_not_known_not_ripe_or_hidden_is_no_matter() -> None:
    shown = made(
        {
            "holdover_tenancies": [0],
            "vacant_over_90_days": [None],
            "contracts_expiring_next_3m": [Figure(is_suppressed=True)],
            "offers_refused_rate": [share(3, 40, is_ripe=False)],
            "promised_followup_share": [share(9, 9)],
            # as many agreements as tenancies that owe
            "arrears_tenant_share": [share(2, 800)],
            "repayment_plans_active": [2],
        }
    )
    assert agenda.matters(shown) == []


def test_follow_up_that_did_not_come_is_what_was_promised_less_what_was_given() -> None:
    (matter,) = agenda.matters(made({"promised_followup_share": [share(7, 9)]}))
    assert matter.said == "2 av 9 som ble lovet oppfølging, fikk den ikke."


def test_the_public_has_no_agenda_and_no_decisions_but_what_holds() -> None:
    content = {
        "measure": [
            measure("Byggetrinn 2"),
            measure("Ferdig", is_open=False),
            # what was kept before measures were read with their figure
            {key: value for key, value in measure("Gammel").items() if key not in LATER},
        ],
        "comment": [],
        "resolution": [
            {
                "title": "Byggetrinn 2 tas opp i økonomiplanen",
                "resolved_on": "2010-10-20", "metric_id": "queue_waiting",
                "resolution_owner": "R", "follow_up_on": None, "resolution_status": "vedtatt", "is_open": True,
                "is_past_follow_up": False,
            }
        ],
    }  # fmt: skip
    series = {"queue_waiting": [57], "holdover_tenancies": [12]}
    targets = {"queue_waiting": (20.0, 40.0), "holdover_tenancies": (5.0, 10.0)}
    inside = made(series, targets, content=content)
    (goal,), unmoved = agenda.goals(inside)
    assert goal.stands == f"57{NB}husstander, ikke nådd (mål: høyst 20)"
    assert goal.moved_by == (
        "Byggetrinn 2 (vedtatt 15.12.2009, pågår); Byggetrinn 2 tas opp i økonomiplanen (vedtak 20.10.2010)"
    )
    assert agenda.intro(unmoved) == "Ett mål har ingen tiltak eller vedtak: bor på utløpt kontrakt."
    assert agenda.matters(inside)

    outside = made(series, targets, content=content, edition="offentlig")
    (goal,), _ = agenda.goals(outside)
    assert goal.moved_by == "Byggetrinn 2 (vedtatt 15.12.2009, pågår)"
    assert agenda.matters(outside) == []
    assert document.pdf(outside).startswith(b"%PDF-1.7")


def test_a_measure_for_a_category_moves_the_category_s_goal_and_the_whole() -> None:
    waiting = ("queue_waiting", "housing_category", "omsorg_puh")
    other = ("queue_waiting", "housing_category", "trygdebolig")
    shown = made({"queue_waiting": [57], waiting: [50], other: [7]}, {"queue_waiting": (20.0, 40.0)})
    # goals of the two categories, as of the whole
    for key in (waiting, other):
        shown.targets[key] = shown.targets["queue_waiting", "total", "total"]
    shown.content["measure"].append(measure("Byggetrinn 2"))
    moved, unmoved = agenda.goals(shown)
    assert [goal.name for goal in moved] == [
        "Husstander i kø",
        "Husstander i kø: omsorgsbolig, utviklingshemmede",
    ]
    assert unmoved == ["husstander i kø: trygdebolig"]
