"""What a meeting is to talk about: the matters on which units have to agree, and what holds now for each goal.

Belongs here: which figures make a matter, in which order matters stand, and what is to move a goal. Does not belong
here: how pages look, and words that other parts of the report say too (sentences.py).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from dagster_project.report import sentences
from dagster_project.report.facts import TOTAL, Facts, Figure, Line
from dagster_project.vocabulary import labels, norwegian

MATTERS_SHOWN = 10
RULE = "Saker der målet ikke er nådd, står først."
# as one meets them: what has not reached its target before what nobody has set one for
_ORDER = ("red", "yellow", "none", "green")

# the first two as the dimension responsible calls them
_PROPERTY, _ALLOCATION = "Eiendomsforvaltningen", "Tildelingskontoret"
_NAV, _FOLLOW_UP, _PLAN = "NAV", "Oppfølging", "Plan"


@dataclass(frozen=True)
class Matter:
    """A matter of a meeting: what it is about, what figures say of it, and who has to agree."""

    title: str
    said: str
    parties: str


@dataclass(frozen=True)
class Goal:
    """A goal: how it stands, and what is to move it."""

    name: str
    stands: str
    moved_by: str


def matters(facts: Facts) -> list[Matter]:
    """At most ten matters; none in public, for the agenda is the units' own."""
    if facts.is_public:
        return []
    status = {line.metric.metric_id: line.status for line in facts.lines() if line.dimension == TOTAL}
    found = [
        (_ORDER.index(status.get(metric_id, "none")), Matter(title, said, norwegian.listing(list(parties))))
        for metric_id, title, say, parties in _MATTERS
        if (said := say(facts))
    ]
    # the sort is stable: of equal status the order of the list
    return [matter for _, matter in sorted(found, key=lambda each: each[0])][:MATTERS_SHOWN]


def goals(facts: Facts) -> tuple[list[Goal], list[str]]:
    """The goals that open measures or decisions are to move, and the names of those that none is."""
    moved, unmoved = [], []
    for line in facts.lines():
        what = list(_moving(facts, line))
        if what:
            moved.append(Goal(line.name, _stands(line), norwegian.capitalised("; ".join(what))))
        else:
            unmoved.append(norwegian.in_sentence(line.name))
    return moved, unmoved


def intro(unmoved: list[str]) -> str:
    """Which goals nothing is to move."""
    if not unmoved:
        return "Hvert mål har tiltak eller vedtak som skal flytte det."
    goals = norwegian.count(len(unmoved), "mål", "mål", is_neuter=True)
    return f"{norwegian.capitalised(goals)} har ingen tiltak eller vedtak: {norwegian.listing(unmoved)}."


def _stands(line: Line) -> str:
    scale = line.scale(is_sentence=True)
    why = sentences.nothing(line.metric, line.now)
    now = why or sentences.with_unit(line.metric, line.now, scale)
    word = "" if line.status == "none" else f", {norwegian.in_sentence(labels.label('status', line.status))}"
    return f"{now}{word} (mål: {sentences.goal(line, scale)})"


def _moving(facts: Facts, line: Line) -> Iterator[str]:
    """A measure is told of beside its figure's total, and the category that it is for; a decision is of no part."""
    for row in facts.content["measure"]:
        # what was kept before measures were read with their figure says nothing of it
        is_of_figure = row.get("metric_id") == line.metric.metric_id and row["is_open"]
        if is_of_figure and (
            line.dimension == TOTAL
            or (line.dimension == "housing_category" and row["target_group"] == line.dimension_value)
        ):
            adopted = f"vedtatt {_day(row['adopted_on'])}, " if row["adopted_on"] else ""
            status = norwegian.in_sentence(facts.label("measure_status", row["measure_status"]))
            yield f"{row['title']} ({adopted}{status})"
    for row in facts.content.get("resolution", []) if facts.comments is not None else []:
        if line.dimension == TOTAL and row.get("metric_id") == line.metric.metric_id:
            yield f"{row['title']} (vedtak {_day(row['resolved_on'])})"


def _day(text: str) -> str:
    return norwegian.short_day(date.fromisoformat(text))


# -- the matters


def _number(facts: Facts, metric_id: str, figure: Figure | None = None) -> str:
    metric = facts.metrics[metric_id]
    return sentences.with_unit(metric, figure or facts.figure(metric_id))


def _is_some(*figures: Figure) -> bool:
    return all(figure.is_known for figure in figures) and any(figure.value for figure in figures)


def _of(facts: Facts, metric_id: str, what: str, less: bool = False) -> str:
    """«12 av 98 …» of a share of which both counts are known; nothing where it is of nothing, or all is well."""
    share = facts.figure(metric_id)
    if not share.is_known or not share.is_ripe or share.numerator is None or not share.denominator:
        return ""
    part = share.denominator - share.numerator if less else share.numerator
    return f"{part:.0f} av {share.denominator:.0f} {what}." if part else ""


def _waiting_dwellings(facts: Facts) -> str:
    days = {
        value: facts.figure("vacant_days", "responsible", value) for value in facts.values("vacant_days", "responsible")
    }
    told = [
        f"{norwegian.in_sentence(facts.label('responsible', value))} {_number(facts, 'vacant_days', figure)}"
        for value, figure in sorted(days.items(), key=lambda each: -(each[1].value or 0))
        if _is_some(figure)
    ]
    loss = facts.figure("vacancy_loss")
    lost = f"; tapt leie er {_number(facts, 'vacancy_loss')}" if _is_some(loss) else ""
    return f"Ledige boliger ventet på {norwegian.listing(told)}{lost}." if told else ""


def _two_clocks(facts: Facts) -> str:
    ready, allocated = facts.figure("days_to_ready_median"), facts.figure("days_reported_to_allocated_median")
    if not _is_some(ready, allocated):
        return ""
    return (
        f"{_number(facts, 'days_to_ready_median')} fra ledig til klargjort, og"
        f" {_number(facts, 'days_reported_to_allocated_median')} fra ledigmeldt til tildelt (medianer)."
    )


def _counted(metric_id: str, what: str) -> Callable[[Facts], str]:
    def say(facts: Facts) -> str:
        return f"{_number(facts, metric_id)} {what}." if _is_some(facts.figure(metric_id)) else ""

    return say


def _owing(facts: Facts) -> str:
    owing, plans = facts.figure("arrears_tenant_share"), facts.figure("repayment_plans_active")
    if not (owing.is_known and plans.is_known) or (owing.numerator or 0) <= (plans.value or 0):
        return ""
    running = _number(facts, "repayment_plans_active")
    return f"{owing.numerator:.0f} leieforhold skylder husleie, og {running} om nedbetaling løper."


def _standing_still(facts: Facts) -> str:
    groups = [
        f"{norwegian.in_sentence(group.name)} ({group.waiting.value:.0f} venter)" for group in facts.standstills()
    ]
    return f"Ingen fikk bolig i {norwegian.listing(groups)}." if groups else ""


_MATTERS: tuple[tuple[str, str, Callable[[Facts], str], tuple[str, ...]], ...] = (
    ("vacant_days", "Hvem ledige boliger venter på", _waiting_dwellings, (_PROPERTY, _ALLOCATION)),
    ("relet_days_median", "Klargjøring mot tildeling", _two_clocks, (_PROPERTY, _ALLOCATION)),
    (
        "vacant_over_90_days", "Boliger som har stått lenge",
        _counted("vacant_over_90_days", "har stått ledige i over 90 dager"), (_PROPERTY, _ALLOCATION),
    ),
    ("queue_waiting_over_one_year", "Grupper som står stille", _standing_still, (_ALLOCATION, _PLAN)),
    (
        "offers_refused_rate", "Tilbud som avslås",
        lambda facts: _of(facts, "offers_refused_rate", "besvarte tilbud ble avslått"), (_ALLOCATION, _NAV),
    ),
    (
        "holdover_tenancies", "Bor på utløpt kontrakt",
        _counted("holdover_tenancies", "er løpt ut uten fornyelse eller utflytting"), (_PROPERTY, _ALLOCATION, _NAV),
    ),
    (
        "contracts_expiring_next_3m", "Kontrakter som snart løper ut",
        _counted("contracts_expiring_next_3m", "løper ut innen tre måneder uten at fornyelse er registrert"),
        (_PROPERTY, _ALLOCATION),
    ),
    ("arrears", "Restanser uten avtale", _owing, (_NAV, _PROPERTY)),
    (
        "refused_without_help_12m", "Avslag uten annen hjelp",
        lambda facts: _of(facts, "refused_without_help_12m", "som fikk avslag, fikk heller ingen annen hjelp på et år"),
        (_ALLOCATION, _NAV),
    ),
    (
        "promised_followup_share", "Oppfølging som ble lovet",
        lambda facts: _of(facts, "promised_followup_share", "som ble lovet oppfølging, fikk den ikke", less=True),
        (_ALLOCATION, _FOLLOW_UP),
    ),
    (
        "evicted_to_temporary_90d", "Fravikelser som endte i midlertidig bolig",
        lambda facts: _of(facts, "evicted_to_temporary_90d", "fravikelser endte i midlertidig bolig innen 90 dager"),
        (_PROPERTY, _NAV),
    ),
)  # fmt: skip
