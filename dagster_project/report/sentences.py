"""The sentences of a report, built from its figures, in plain Norwegian.

Belongs here: what is said of figures. Does not belong here: which figures (facts.py), and where the words stand.

A clause is left out where a figure that it needs is empty or suppressed: a sentence tells nothing that the tables of
its edition do not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dagster_project.disclosure import OF_HEALTH, THRESHOLD
from dagster_project.report.facts import (
    FEWEST_FINDINGS,
    FINDINGS_SHOWN,
    LONG_QUEUE,
    STAR,
    TOTAL,
    TREND,
    UNUSUAL,
    Change,
    Facts,
    Figure,
    Finding,
    Line,
    Metric,
    Missed,
    Standstill,
    Status,
)
from dagster_project.vocabulary import catalogue, labels, norwegian
from dagster_project.vocabulary.norwegian import NO_BREAK, Scale, capitalised, count, in_sentence, listing
from dagster_project.vocabulary.periods import Period
from dagster_project.warehouse.quality import RULES, SOURCES

TITLES = {"quarter": "Kvartalsrapport", "tertial": "Tertialrapport", "year": "Årsrapport"}
THE_EARLIER = {"month": "måneder", "quarter": "kvartaler", "tertial": "tertialer", "year": "år"}
THE_PERIOD = {"month": "måneden", "quarter": "kvartalet", "tertial": "tertialet", "year": "året"}
STATUS = {code: in_sentence(name) for code, name in labels.of("status").items() if code != "none"}
PRELIMINARY = "Foreløpig"
TOO_SMALL = "Tallene er for små til at de kan vises i den offentlige utgaven."
SUPPRESSED_NOTE = (
    "«:» betyr at tallet er skjermet av hensyn til personvernet. Det gjelder antall under"
    f" {norwegian.words(THRESHOLD)} ({norwegian.words(OF_HEALTH)} om oppfølging), unntatt null, og tall som ville ha"
    " røpet dem."
)
FINDINGS_TITLE = "Det viktigste nå"
WITHOUT_WORDS = "Det viktigste kunne ikke settes i ord i natt. Tallene under gjelder."
FINDINGS_RULE = (
    f"Valgt slik: Først grupper der minst {norwegian.words(LONG_QUEUE)} venter og ingen fikk bolig. Så endringer siden"
    f" forrige periode på minst {norwegian.figure(UNUSUAL, '', 1)}{NO_BREAK}ganger det vanlige, størst mot målet først."
    f" Er de færre enn {norwegian.words(FEWEST_FINDINGS)}, tallene lengst fra målet. Høyst"
    f" {norwegian.words(FINDINGS_SHOWN)} vises."
)
REASONS = {
    "data endret": "rader i kildene er endret",
    "definisjon endret": "definisjonen er endret",
    "beregning endret": "beregningen er endret",
    "datadato endret": "en dato er passert",
}
SINGULAR = {
    "husstander": "husstand",
    "søknader": "søknad",
    "klager": "klage",
    "tildelinger": "tildeling",
    "kontrakter": "kontrakt",
    "boliger": "bolig",
    "dager": "dag",
    "måneder": "måned",
    "personer": "person",
    "saker": "sak",
    "avtaler": "avtale",
    "utfordringer": "utfordring",
    "garantier": "garanti",
    "timer": "time",
}
TOO_FEW = "færre enn fem ligger bak"  # of what tells of people's health
# why there is no figure, where there is nothing to count it of
NOTHING = {
    "renewal_share": "ingen tildelinger",
    "offers_refused_rate": "ingen svar på tilbud",
    "renewal_rate": "ingen kontrakter løp ut",
    "circulation_rate": "ingen boliger",
    "stay_years_median": "ingen flyttet ut",
    "rejection_rate": "ingen vedtak",
    "processing_days_median": "ingen vedtak",
    "complaints_upheld_rate": "ingen klager avgjort",
    "bostotte_tenant_coverage": "ingen leietakere",
    "bostotte_over_ceiling_share": "ingen kjente boutgifter",
    "measures_behind_share": "ingen åpne tiltak",
    "measure_dwellings_delivered_rate": "ingen planlagte boliger",
    "measures_in_economic_plan_share": "ingen vedtatte tiltak er levert",
    "measures_funded_share": "ingen vedtatte tiltak er levert",
    "measure_slip_days_median": "ingen åpne tiltak",
    "challenge_days_open_median": "ingen utfordringer lukket",
    "budget_overrun_share": "færre enn tre kjente år",
    "net_cost_per_dwelling": "året er ikke over, eller regnskapet er ikke levert",
    "refugees_settled_of_agreed": "vedtaket er ikke levert",
    "refugees_unsettled": "tallet er ikke levert",
    "guarantee_call_rate": "ingen garantier gitt",
    "income_management_wait_days_median": "ingen henvist",
    "private_letting_sustained_12m": "ingen fant privat bolig",
    "grant_missed": "ingen nye boliger der areal og sats er kjent",
    "preemption_use_rate": "ingen kjøpsretter falt bort",
    "grant_coverage_new_dwellings": "ingen nye boliger",
    "grant_pot_use": "potten for året er ikke levert",
    "rent_to_own_gap": "ingen leieboere med vurdert bokostnad",
    "index_regulation_possible": "ikke levert når leien sist ble regulert",
    "market_regulation_possible": "ikke levert når leien sist ble regulert",
    "dwellings_with_faults_share": "tilstanden er ikke levert",
    "dwellings_for_wheelchairs_share": "ikke levert hvilke boliger det gjelder",
    "dwellings_universally_designed_share": "ikke levert hvilke boliger det gjelder",
    "population_growth": "folketallet mangler",
    "population_growth_vs_plan": "folketallet eller planens vekst mangler",
    "homeless_persons": "ingen telling i året",
    "respite_nights": f"ikke levert for året, eller {TOO_FEW}",
    "queue_allocation_rate": "ingen i kø",
    "need_coverage": "ingen trengte bolig",
    "coverage_parity": "for få grupper å sammenligne",
    "applicants_reached_share": "ingen søknader der det er kjent hva som fulgte",
    "refused_without_help_12m": "ingen avslag der det er kjent hva som fulgte",
    "short_contracts_share": "ingen tidsbestemte kontrakter begynte",
    "evicted_to_temporary_90d": "ingen fravikelser å følge",
    "evicted_awaiting_income_management": "ingen fravikelser",
    "stock_gap_to_country": "folketallet eller landets tall mangler",
    "queue_turnover": "ingen i kø",
    "queue_clearance_months": "ingen fikk bolig",
    "queue_wait_days_median_allocated": "ingen fikk bolig",
    "queue_wait_days_median": "for få fikk bolig",
    "queue_age_days_median": "ingen i kø",
    "queue_age_days_p90": "ingen i kø",
    "application_to_move_in_days_median": "ingen flyttet inn",
    "allocation_to_move_in_days_median": "ingen flyttet inn",
    "rent_per_m2": "ingen kjente arealer",
    "rent_to_market": "ingen kjent markedsleie",
    "arrears_tenant_share": "ingen leieforhold",
    "repayment_plan_default_rate": "ingen avtaler avsluttet",
    "startlan_first_time_share": "ingen lån utbetalt",
    "startlan_restart_share": "ingen lån utbetalt",
    "startlan_preapproval_use_rate": "ingen tilsagn",
    "startlan_loan_to_price": "ingen kjente kjøp",
    "stock_per_1000_inhabitants": "ikke kjent folketall",
    "vacancy_rate": "ingen boliger",
    "relet_days_mean": "ingen leid ut på nytt",
    "relet_days_median": "ingen leid ut på nytt",
    "relet_days_p90": "ingen leid ut på nytt",
    "relet_days_mean_major_works": "ingen rehabilitert",
    "days_to_ready_median": "ingen klargjort",
    "days_reported_to_allocated_median": "ingen tildelt",
}
# units that a figure in a sentence does without: the name says it, or the figure itself does
UNSAID = ("andel", "%", "andel per år")


@dataclass(frozen=True)
class Said:
    """A finding: its name, which begins the sentence that follows, and how it is to be judged."""

    name: str
    text: str
    more: str


def title(facts: Facts) -> str:
    """«Kvartalsrapport 4. kvartal 2010»."""
    return f"{TITLES[facts.period.type]} {norwegian.period(facts.period)}"


def edition(facts: Facts) -> str:
    """The edition's name."""
    return "Offentlig utgave" if facts.is_public else "Intern utgave"


def sensitivity(facts: Facts) -> str:
    """Who may have the edition."""
    if facts.is_public:
        return "Små tall er skjermet."
    return "Kan vise tall om få personer, og skal ikke deles utenfor kommunen."


def standing(facts: Facts) -> str:
    """Whether the figures are fixed, and by whom."""
    if facts.closing is None:
        over = "Perioden er ikke lukket" if facts.is_complete else "Perioden er ikke over"
        return f"UTKAST. {over}, og tallene kan bli endret."
    revised = f" (revisjon {facts.closing.revision})" if facts.closing.revision > 1 else ""
    by = "" if facts.is_public else f" av {facts.closing.closed_by}"
    return f"Lukket{revised} {norwegian.day(facts.closing.closed_at.date())}{by}. Tallene endres ikke."


def with_unit(metric: Metric, figure: Figure, scale: Scale | None = None) -> str:
    """The figure with its unit, as it is said in a sentence, alone or on the scale of others said beside it."""
    scale = scale or metric.scale(figure, is_sentence=True)
    text = metric.text(figure, scale)
    if scale.unit in UNSAID:
        return text
    return f"{text}{NO_BREAK}{SINGULAR.get(scale.unit, scale.unit) if text == '1' else scale.unit}"


def nothing(metric: Metric, figure: Figure) -> str:
    """Why a figure that is reckoned has no value; nothing where it has one, or may not be shown."""
    if figure.is_suppressed or figure.value is not None:
        return ""
    entry = catalogue.metrics().get(metric.metric_id)
    return NOTHING.get(metric.metric_id, TOO_FEW if entry and entry.is_of_health else "")


def goal(line: Line, scale: Scale) -> str:
    """«minst 20», «høyst 35 %»; an amount as it was set, where the scale would round it."""
    metric, limit = line.metric, Figure(line.target.green)
    if metric.unit == "kr" and not scale.keeps(line.target.green):
        text = with_unit(metric, limit, norwegian.scale(metric.unit, metric.decimals))
    else:
        text = metric.text(limit, scale)
    return f"{'minst' if metric.direction == 'up' else 'høyst'} {text}"


def finding(facts: Facts, found: Finding) -> Said:
    """What is found, in words."""
    match found:
        case Standstill():
            return _standstill(facts, found)
        case Change():
            return change(found)
        case Missed():
            return _missed(found)


def _standstill(facts: Facts, found: Standstill) -> Said:
    """«Omsorgsbolig, utviklingshemmede: 57 husstander venter, og ingen fikk bolig i 4. kvartal 2010.»"""
    waiting = _many(facts, found.waiting, "husstand", "husstander")
    long = found.over_one_year
    return Said(
        f"{found.name}:",
        f"{waiting} venter, og ingen fikk bolig i {norwegian.period(facts.period)}{_mark(facts, found.allocated)}.",
        f"{capitalised(_many(facts, long))} av dem har ventet over ett år." if long.is_known and long.value else "",
    )


def _missed(found: Missed) -> Said:
    """«Ledighet er 8,2 %.» and its target."""
    line = found.line
    scale = line.scale(is_sentence=True)
    return Said(
        line.name,
        f"er {with_unit(line.metric, line.now, scale)}.",
        f"Målet er {goal(line, scale)}, og er ikke nådd.",
    )


def change(said: Change) -> Said:
    """What changed, whether for the better, beside the target and what is usual."""
    line, metric = said.line, said.line.metric
    scale = line.scale(is_sentence=True)
    way = "opp" if said.by > 0 else "ned"
    parts = []
    if metric.direction != "none":
        judged = f"Det er {'bedre' if said.is_better else 'dårligere'}; målet er {goal(line, scale)}"
        if "none" not in (line.status, line.status_before) and line.status != line.status_before:
            judged += f", og status går fra «{STATUS[line.status_before]}» til «{STATUS[line.status]}»"
        parts.append(f"{judged}.")
    if said.of_usual is not None:
        times = norwegian.figure(said.of_usual, "", 1)
        parts.append(f"Endringen er {times}{NO_BREAK}ganger så stor som vanlig.")
    what = f"gikk {way} fra {metric.text(line.before, scale)} til {with_unit(metric, line.now, scale)}."
    return Said(line.name, what, " ".join(parts))


def changes_intro(facts: Facts, found: Sequence[Change]) -> str:
    """Why no change is told of, where none is."""
    if not facts.is_complete:
        return (
            f"{capitalised(norwegian.period(facts.period))} er ikke over. Tallene gjelder fram til"
            f" {norwegian.day(facts.as_of)}, og sammenlignes ikke med hele perioder."
        )
    if found:
        return ""
    before, earlier = facts.period.earlier(1), THE_EARLIER[facts.period.type]
    if not facts.shows_earlier:
        if not facts.is_public:
            return f"Det finnes ingen tidligere {earlier} å sammenligne med."
        if any(period.type == facts.period.type for period in facts.reported_periods):
            return f"Tallene for tidligere {earlier} er endret siden de ble offentliggjort, og kan ikke sammenlignes."
        return f"Ingen tidligere {earlier} er offentliggjort, så rapporten kan ikke vise endringer."
    when = norwegian.period(before)
    if not facts.shows(1):
        if not facts.is_public:
            return f"Det finnes ingen tall for {when} å sammenligne med."
        if before in facts.reported_periods:
            return f"Tallene for {when} er endret siden de ble offentliggjort, og kan ikke sammenlignes."
        return f"{capitalised(when)} er ikke offentliggjort, så rapporten kan ikke vise endringer siden da."
    lines, comparable = facts.lines(), _comparable(facts)
    changed = "endret mer enn vanlig" if any(line.has_changed for line in comparable) else "endret"
    if not lines:
        return "Endringer vises for styringstall med mål, og ingen av tallene har det."
    if not comparable:
        return f"Ingen av styringstallene med mål kan sammenlignes med {when}."
    if len(comparable) < len(lines):
        return f"Ingen av de styringstallene med mål som kan sammenlignes, er {changed} siden {when}."
    return f"Ingen av styringstallene med mål er {changed} siden {when}."


def _comparable(facts: Facts) -> list[Line]:
    return [line for line in facts.lines() if line.is_comparable]


def summary(facts: Facts) -> str:
    """How many figures have each status, and which targets there is no figure for."""
    statuses: list[str] = [line.status for line in facts.lines()]
    missing = facts.without_figure()
    untold = (
        f"Mål er {'også ' if statuses else ''}satt for tall som ikke finnes for {THE_PERIOD[facts.period.type]}, fordi"
        f" kilden begynner senere eller ikke er levert: {listing([in_sentence(metric.name) for metric in missing])}."
        if missing
        else ""
    )
    if not statuses:
        return untold or f"Ingen mål er satt for {THE_PERIOD[facts.period.type]}."
    if not facts.is_complete:
        return _joined("Status vurderes når perioden er over.", untold)
    preliminary = sum(line.now.is_preliminary for line in facts.lines())
    unjudged = statuses.count("none") - preliminary
    return _joined(
        standing_line(
            [line.status for line in facts.lines()], [(line.status_before, line.status) for line in facts.lines()]
        ),
        f"{capitalised(count(preliminary, 'tall', 'tall', is_neuter=True))} er"
        f" {'foreløpig' if preliminary == 1 else 'foreløpige'}, og vurderes senere."
        if preliminary
        else "",
        f"{capitalised(count(unjudged, 'tall', 'tall', is_neuter=True))} kan ikke vurderes." if unjudged else "",
        untold,
    )


def notes(facts: Facts) -> list[str]:
    """What the signs of the scorecard mean, of those that stand in it."""
    figures = [figure for line in facts.lines() for figure in line.shown]
    said = []
    if figures and (not facts.is_complete or any(figure.is_preliminary for figure in figures)):
        said.append(preliminary_note(facts))
    if any(figure.is_suppressed for figure in facts.figures.values()):
        said.append(SUPPRESSED_NOTE)
    if facts.is_public and facts.shows_earlier:
        said.append("Tidligere perioder vises så langt de er offentliggjort før.")
    return said


def trend_note(facts: Facts) -> str:
    """What the lines beside the figures stand on, and which periods they are of."""
    trends = [line.trend for line in facts.lines() if line.has_trend]
    back = max(TREND - place for trend in trends for place, figure in enumerate(trend, 1) if figure.is_known)
    first, last = (norwegian.short_period(facts.period.earlier(periods)) for periods in (back, 0))
    is_preliminary = any(figure.is_preliminary for trend in trends for figure in trend)
    return (
        f"Utvikling: {first} til {last}, så langt tallene rekker. Den grå grunnlinjen er null, og hver linje har sin"
        " egen høyde." + (" Det stiplede er foreløpig." if is_preliminary else "")
    )


def preliminary_note(facts: Facts) -> str:
    """What the mark of a figure that is not ripe means, and when it is gone."""
    if not facts.is_complete:
        return f"«{STAR}» betyr at tallene er foreløpige og ikke har status: Perioden er ikke over."
    waits = sorted({metric.ripens_after_months for metric in facts.preliminary_metrics()})
    return (
        f"«{STAR}» betyr at tallet er foreløpig og ikke har status: Det kommer til flere opplysninger i"
        f" {listing([count(months, 'måned', 'måneder') for months in waits], 'eller')} etter perioden."
    )


def standing_line(statuses: Sequence[str], moves: Sequence[tuple[Status, Status]]) -> str:
    """«3 nådd, 10 følg med, 9 ikke nådd; to bedre, tre dårligere enn sist.»; nothing where none is judged.

    `moves`: of each line that can be compared its status the period before, and now.
    """
    told = [f"{statuses.count(status)}{NO_BREAK}{name}" for status, name in STATUS.items() if status in statuses]
    if not told:
        return ""
    order = list(STATUS)
    steps = [order.index(now) - order.index(before) for before, now in moves if "none" not in (before, now)]
    better, worse = sum(step < 0 for step in steps), sum(step > 0 for step in steps)
    moved = [
        f"{norwegian.words(number)} {word}" for number, word in ((better, "bedre"), (worse, "dårligere")) if number
    ]
    if not steps:
        return f"{', '.join(told)}."
    return f"{', '.join(told)}; {', '.join(moved) if moved else 'ingen bedre eller dårligere'} enn sist."


def queue(facts: Facts) -> list[str]:
    """The queue: how many wait, and the way in and out."""
    now = facts.figure("queue_waiting")
    first = _clauses(
        f"{_at_end(facts)} sto {_many(facts, now, 'husstand', 'husstander')} i kø for kommunal bolig"
        if _known(now)
        else None,
        _compared(facts, now, facts.figure("queue_waiting", periods_before=1), _than(facts, 1)),
        _compared(facts, now, facts.year_before("queue_waiting"), "ett år før")
        if facts.period.type != "year"
        else None,
        joined_by=[", ", " og "],
    )
    joined, left = facts.figure("queue_inflow"), facts.figure("queue_outflow")
    housed, long = facts.figure("queue_allocated"), facts.figure("queue_waiting_over_one_year")
    second = _clauses(
        f"{_in_period(facts)} kom {_many(facts, joined, 'ny', 'nye')} til og {_many(facts, left)} gikk ut"
        if _known(joined, left)
        else None,
        f"{_many(facts, housed, 'søker', 'søkere')} fikk bolig" if _known(housed) else None,
        f"{_many(facts, long)} har ventet over ett år" if _known(long) else None,
        joined_by=["; ", ", og "],
    )
    return _sentences(facts, (now, joined, left, housed, long), first, second)


def allocations(facts: Facts) -> list[str]:
    """Renewals against new allocations, and the contracts that run out."""
    new, renewed = facts.figure("allocations_new"), facts.figure("allocations_renewal")
    share = facts.figure("renewal_share")
    before = facts.figure("renewal_share", periods_before=1)
    first = _clauses(
        f"{_in_period(facts)} ble det gjort {_many(facts, new, 'ny tildeling', 'nye tildelinger')} og"
        f" {_many(facts, renewed, 'fornyelse', 'fornyelser')}"
        if _known(new, renewed)
        else None,
        f"fornyelser var {_text(facts, 'renewal_share')} av tildelingene" if _known(share) else None,
        _against(facts, "renewal_share", share, before),
        joined_by=["; ", ", "],
    )
    expiring, rate = facts.figure("contracts_expiring"), facts.figure("renewal_rate")
    holdover = facts.figure("holdover_tenancies")
    second = _clauses(
        _renewed(facts, expiring, rate),
        f"{_many(facts, holdover, 'leietaker', 'leietakere')} bor på utløpt kontrakt" if _known(holdover) else None,
        joined_by=["; "],
    )
    return _sentences(facts, (new, renewed, share, expiring, rate, holdover), first, second)


def _renewed(facts: Facts, expiring: Figure, rate: Figure) -> str | None:
    """How many of the contracts that ran out are renewed: as of now, where renewals still come in."""
    if not _known(expiring):
        return None
    if not expiring.value:
        return f"{_in_period(facts)} løp ingen kontrakter ut{_mark(facts, expiring)}"
    if not _known(rate):
        return None
    so_far = " så langt"
    if rate.is_preliminary and facts.is_complete:
        so_far += ", og tallet er foreløpig"
    elif not rate.is_preliminary:
        so_far = ""
    if expiring.value == 1:
        return f"Den ene kontrakten som løp ut, er {'fornyet' if rate.value else 'ikke fornyet'}{so_far}"
    part = facts.metrics["renewal_rate"].text(rate) if rate.value else "ingen"
    return f"Av {_many(facts, expiring, 'kontrakt', 'kontrakter')} som løp ut, er {part} fornyet{so_far}"


def vacancy(facts: Facts) -> list[str]:
    """Vacant days, who answers for them, and what they cost."""
    days, rate = facts.figure("vacant_days"), facts.figure("vacancy_rate")
    before = facts.figure("vacancy_rate", periods_before=1)
    first = _clauses(
        None
        if not _known(days)
        else f"{_in_period(facts)} sto boliger ledige i {_many(facts, days, 'døgn', 'døgn')}"
        if days.value
        else f"{_in_period(facts)} sto ingen boliger ledige{_mark(facts, days)}",
        f"{_text(facts, 'vacancy_rate')} av tiden" if _known(days, rate) and days.value else None,
        _against(facts, "vacancy_rate", rate, before) if _known(days) and days.value else None,
        joined_by=[", ", ", "],
    )
    parts = _shares(facts, "vacant_days", "responsible")
    loss = facts.figure("vacancy_loss")
    second = _clauses(
        f"Døgnene fordeler seg på {listing(parts)}" if parts else None,
        f"tapt leie er beregnet til {with_unit(facts.metrics['vacancy_loss'], loss)}{_mark(facts, loss)}"
        if _known(loss) and (loss.value or not _known(days))
        else None,
        joined_by=["; "],
    )
    return _sentences(facts, (days, rate, loss), first, second)


def startlan(facts: Facts) -> list[str]:
    """Startlån: how many, how much, and for what."""
    loans, amount = facts.figure("startlan_loans"), facts.figure("startlan_amount")
    then = facts.year_before("startlan_loans"), facts.year_before("startlan_amount")
    metric = facts.metrics["startlan_amount"]
    scale = metric.scale(amount, then[1], is_sentence=True)
    first = _clauses(
        None
        if not _known(loans)
        else f"{_in_period(facts)} ble det utbetalt {_many(facts, loans, 'startlån', 'startlån')}"
        if loans.value
        else f"{_in_period(facts)} ble ingen startlån utbetalt{_mark(facts, loans)}",
        f"på til sammen {with_unit(metric, amount, scale)}{_mark(facts, amount)}"
        if _known(loans, amount) and amount.value
        else None,
        f"mot {_many(facts, then[0], 'lån', 'lån')}"
        + (f" og {with_unit(metric, then[1], scale)}" if then[1].value else "")
        + f" {_same_period(facts)}"
        if _comparable_figures(facts, loans, then[0]) and _comparable_figures(facts, amount, then[1])
        else None,
        joined_by=[" ", ", "],
    )
    parts = _shares(facts, "startlan_amount", "purpose")
    open_ = facts.figure("startlan_preapprovals_open")
    second = _clauses(
        f"Beløpet fordeler seg på {listing(parts)}" if parts else None,
        f"{_many(facts, open_, 'forhåndstilsagn er åpent', 'forhåndstilsagn er åpne')}" if _known(open_) else None,
        joined_by=["; "],
    )
    return _sentences(facts, (loans, amount, open_), first, second)


def measures(facts: Facts) -> str:
    """How many measures of the plans are behind, and how many nobody has said anything of."""
    rows = facts.content["measure"]
    open_ = [row for row in rows if row["is_open"]]
    if not rows:
        return "Ingen tiltak er levert."
    if not open_:
        return f"{_as_of(facts)} er alle tiltak i planene fullført."
    behind = sum(row["is_behind"] for row in open_)
    silent = sum(is_silently_late(row) for row in open_)
    number = count(behind, "", "", is_neuter=True).strip()
    said = (
        f"{_as_of(facts)} er {number} av {count(len(open_), 'tiltak', 'tiltak', is_neuter=True)} som ikke er fullført,"
        " forsinket, utsatt eller stoppet."
    )
    if silent:
        said += (
            f" {capitalised(count(silent, 'tiltak', 'tiltak', is_neuter=True))} til er over planlagt slutt uten at"
            " status er endret."
        )
    return said


def is_silently_late(measure: dict[str, Any]) -> bool:
    """Whether a measure is past its planned end and its status does not say so."""
    return bool(
        measure["is_open"] and not measure["is_behind"] and measure["planned_end_on"] <= measure["status_on"]
    )  # ISO dates


UNEXPLAINED = "Ikke forklart ennå"


def explanations(facts: Facts) -> str:
    """How many of the missed targets somebody has explained; nothing where nobody is to know."""
    missed = [comment for line, comment in facts.explained() if line.status == "red"]
    if facts.comments is None:
        return ""
    if not missed:
        return "Ingen tall står på feil side av grensen."
    known = sum(comment is not None for comment in missed)
    number = count(known, "", "", is_neuter=True).strip()
    return f"Av {count(len(missed), 'tall', 'tall', is_neuter=True)} som ikke har nådd målet, er {number} forklart."


def resolutions(facts: Facts) -> str:
    """How many resolutions are open, and how many were to be looked at before; nothing where nobody is to know."""
    if facts.comments is None:
        return ""
    rows = facts.content["resolution"]
    if not rows:
        return "Ingen vedtak er levert."
    open_, late = sum(row["is_open"] for row in rows), sum(row["is_past_follow_up"] for row in rows)
    return (
        f"{_as_of(facts)} er {count(open_, 'vedtak', 'vedtak', is_neuter=True)} åpne;"
        f" {count(late, 'av dem', 'av dem', is_neuter=True)} skulle vært fulgt opp før."
    )


def challenges(facts: Facts) -> str:
    """The register of challenges: open, new, closed, not reviewed."""
    rows = facts.content["challenge"]
    if not rows:
        return "Ingen utfordringer er levert."
    open_, new = sum(row["is_open"] for row in rows), sum(row["is_new"] for row in rows)
    closed, forgotten = sum(row["is_closed"] for row in rows), sum(row["is_not_reviewed"] for row in rows)
    during = "I løpet av" if facts.is_complete else "Hittil i"
    solved = "løst eller avkreftet"
    said = (
        f"{_as_of(facts)} har registeret {count(open_, 'åpen utfordring', 'åpne utfordringer')}."
        f" {during} {THE_PERIOD[facts.period.type]} er {count(new, 'ny', 'nye')} registrert og"
        f" {count(closed, solved, solved)}."
    )
    if open_:
        many = "åpen utfordring", "åpne utfordringer"
        said += f" {capitalised(count(forgotten, *many))} er ikke vurdert på mer enn et år."
    return said


def revisions(facts: Facts) -> str:
    """How many figures of closed periods today's data would give otherwise; of the public ones in public."""
    if not facts.reported_periods:
        return (
            "Ingen tidligere periode er offentliggjort."
            if facts.is_public
            else "Ingen tidligere periode er lukket, så ingen tall er rapportert før."
        )
    rows = facts.content["revision"]
    one, many = ("offentliggjort", "offentliggjorte") if facts.is_public else ("lukket", "lukkede")
    if not rows:
        return f"Ingen tall for tidligere {many} perioder ville blitt annerledes med dagens data."
    periods = len({(row["period_type"], row["period_start"]) for row in rows})
    totals = sum(row["dimension"] == TOTAL for row in rows)
    return (
        f"{capitalised(count(len(rows), 'tall', 'tall', is_neuter=True))} for"
        f" {count(periods, f'tidligere {one} periode', f'tidligere {many} perioder')} ville blitt annerledes med dagens"
        f" data; {count(totals, 'av dem', 'av dem', is_neuter=True)} er hovedtall. Det som er rapportert, blir stående."
    )


def quality(facts: Facts) -> list[str]:
    """What is known to be wrong with the data: warnings of the gate, and rows that the door put aside."""
    said = []
    for row in facts.content["warning"]:
        found = (
            " kunne ikke prøves"
            if row["rows"] is None
            else f": {_rows(facts, row['rows'], 'tilfelle', 'tilfeller', is_neuter=True)}"
        )
        said.append(f"{row['text']}{found}.")
    for row in facts.content["quarantine"]:
        rows = _rows(facts, row["rows"], "rad", "rader")
        source, _, table = row["file"].partition("/")
        name = in_sentence(facts.label("table_name", table))
        fault = in_sentence(RULES.get(row["rule"], row["rule"]))
        said.append(f"{capitalised(rows)} fra {SOURCES.get(source, source)} ({name}) er holdt utenfor: {fault}.")
    return said or ["Kontrollene har ingen merknader, og ingen rader er holdt utenfor."]


def _rows(facts: Facts, number: int, one: str, many: str, *, is_neuter: bool = False) -> str:
    """So many; in public a number under the threshold is not told."""
    return f"noen få {many}" if facts.is_public and 0 < number < THRESHOLD else count(number, one, many, is_neuter)


def figures_are_of(facts: Facts) -> str:
    """Which time the figures tell of, and by which day's knowledge."""
    known = norwegian.day(facts.as_of)
    if not facts.is_complete:
        return f"Tallene gjelder til og med {known}."
    return f"Tallene gjelder {norwegian.period(facts.period)}, slik kildene kjente det {known}."


def quality_intro(facts: Facts) -> str:
    """Which delivery the figures are of."""
    return (
        f"Tallene er beregnet av leveransen av {norwegian.day(facts.extract_date)}, som gjelder til og med"
        f" {norwegian.day(facts.as_of)}."
    )


# ------------------------------------------------------------------------------------------------- parts of sentences


def _known(*figures: Figure) -> bool:
    return all(figure.is_known for figure in figures)


def _comparable_figures(facts: Facts, now: Figure, then: Figure) -> bool:
    """Whether both are known, of whole periods, and neither will change as more comes in."""
    return facts.is_complete and _known(now, then) and now.is_ripe and then.is_ripe


def _mark(facts: Facts, figure: Figure) -> str:
    """What is said with a figure that is not ripe; of a part of a period the sentence says which part."""
    return " (foreløpig)" if figure.is_preliminary and facts.is_complete else ""


def _text(facts: Facts, metric_id: str) -> str:
    figure = facts.figure(metric_id)
    return f"{facts.metrics[metric_id].text(figure)}{_mark(facts, figure)}"


def _many(facts: Facts, figure: Figure, one: str = "", many: str = "") -> str:
    """«ingen søkere», «1 søker», «25 søkere», «25»."""
    text = "ingen" if not figure.value else norwegian.figure(figure.value, "", 0)
    what = one if figure.value == 1 else many
    return (
        f"{text}{NO_BREAK if figure.value else ' '}{what}{_mark(facts, figure)}"
        if what
        else f"{text}{_mark(facts, figure)}"
    )


def _shares(facts: Facts, metric_id: str, dimension: str) -> list[str]:
    """«kjøp (82 %)», the largest first; only what is shown of a total that is shown, and is not nothing.

    What is hidden of the whole is a part like the others, so those that are shown add up with it.
    """
    total = facts.figure(metric_id)
    if not _known(total) or not total.value:
        return []
    found = [(value, facts.figure(metric_id, dimension, value)) for value in facts.values(metric_id, dimension)]
    shown = [(value, figure.value) for value, figure in found if figure.is_known and figure.value]
    shown.sort(key=lambda pair: -pair[1])
    parts = [part for _, part in shown]
    rest = total.value - math.fsum(parts)
    hidden = [rest] if rest > 1e-6 * total.value else []
    return [
        f"{in_sentence(facts.label(dimension, value))}{NO_BREAK}({f'{share}{NO_BREAK}%' if share else UNDER_ONE})"
        for (value, _), share in zip(shown, norwegian.percentages(parts + hidden), strict=False)
    ]


# a part that is there is not told as nothing
UNDER_ONE = f"under 1{NO_BREAK}%"


def _compared(facts: Facts, now: Figure, then: Figure, when: str) -> str | None:
    """«9 færre enn ett år før»."""
    if not _comparable_figures(facts, now, then):
        return None
    by = (now.value or 0) - (then.value or 0)
    if not by:
        return f"like mange som {when}"
    return f"{norwegian.figure(abs(by), '', 0)} {'flere' if by > 0 else 'færre'} enn {when}"


def _against(facts: Facts, metric_id: str, now: Figure, before: Figure) -> str | None:
    """«mot 31 % i 3. kvartal 2010», «det samme som i 3. kvartal 2010»."""
    if not _comparable_figures(facts, now, before):
        return None
    metric, when = facts.metrics[metric_id], norwegian.period(facts.period.earlier(1))
    same = metric.text(now) == metric.text(before)
    return f"det samme som i {when}" if same else f"mot {metric.text(before)} i {when}"


def _than(facts: Facts, back: int) -> str:
    return f"ved utgangen av {norwegian.period(facts.period.earlier(back))}"


def _as_of(facts: Facts) -> str:
    return f"Per {norwegian.day(facts.as_of)}"


def _at_end(facts: Facts) -> str:
    if facts.is_complete:
        return f"Ved utgangen av {norwegian.period(facts.period)}"
    return f"Per {norwegian.day(facts.as_of)}"


def _in_period(facts: Facts) -> str:
    if facts.is_complete:
        return f"I {norwegian.period(facts.period)}"
    return f"Fra {norwegian.day(facts.period.start)} til {norwegian.day(facts.as_of)}"


def _same_period(facts: Facts) -> str:
    before: Period = facts.period.earlier(facts.periods_a_year)
    return f"i {norwegian.period(before)}"


def _clauses(*clauses: str | None, joined_by: Sequence[str]) -> str:
    """The clauses that there are, each joined to the ones before by its own word; the first begins the sentence."""
    text = ""
    for clause, joint in zip(clauses, ["", *joined_by], strict=True):
        if clause:
            text = f"{text}{joint}{clause}" if text else capitalised(clause)
    return text


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _sentences(facts: Facts, figures: Sequence[Figure], *sentences: str) -> list[str]:
    """The sentences that there are; why, where there is none."""
    said = [f"{sentence}." for sentence in sentences if sentence]
    if said:
        return said
    if any(figure.is_suppressed for figure in figures):
        return [TOO_SMALL]
    return [f"Det finnes ingen tall for {norwegian.period(facts.period)}: kilden begynner senere eller er ikke levert."]
