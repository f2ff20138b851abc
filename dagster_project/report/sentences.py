"""The sentences of a report, built from its figures, in plain Norwegian.

Belongs here: what is said of figures. Does not belong here: which figures (facts.py), and where the words stand.

A clause is left out where a figure that it needs is empty or suppressed: a sentence tells nothing that the tables of
its edition do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dagster_project import norwegian
from dagster_project.disclosure import THRESHOLD
from dagster_project.norwegian import NO_BREAK, capitalised, count, in_sentence, listing
from dagster_project.periods import Period
from dagster_project.report.facts import CHANGES_SHOWN, TOTAL, Change, Facts, Figure, Line, Metric

TITLES = {"quarter": "Kvartalsrapport", "tertial": "Tertialrapport", "year": "Årsrapport"}
THE_PERIOD = {"quarter": "kvartalet", "tertial": "tertialet", "year": "året"}
STATUS = {"green": "grønn", "yellow": "gul", "red": "rød"}
TOO_SMALL = "Tallene er for små til at de kan vises i den offentlige utgaven."
SUPPRESSED_NOTE = (
    "«:» betyr at tallet er skjermet av hensyn til personvernet. Det gjelder antall under"
    f" {norwegian.words(THRESHOLD)}, unntatt null, og tall som ville ha røpet dem. Tidligere perioder vises så langt de"
    " er offentliggjort før."
)
CHANGES_RULE = (
    "Endringene er valgt slik: Endringen siden forrige periode måles mot avstanden mellom grensene for grønn og rød, og"
    " mot den gjennomsnittlige endringen fra periode til periode. De to forholdstallene ganges med hverandre, og inntil"
    f" {norwegian.words(CHANGES_SHOWN)} av de største produktene vises."
)
RULES = {
    "fields": "galt antall felter",
    "characters": "ugyldige tegn",
    "type": "verdi av feil type",
    "code": "ukjent kode",
    "required": "manglende verdi",
    "person": "ugyldig personnummer",
    "order": "datoer i feil rekkefølge",
    "only": "verdi som ikke skal stå der",
    "empty": "verdi som skal være tom",
    "same_dwelling": "kontrakter i ulike boliger",
    "key": "gjentatt nøkkel",
    "reference": "henvisning til noe som ikke finnes",
    "parent": "henger på en rad i karantene",
}
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
}
# units that a figure in a sentence does without: the name says it, or the figure itself does
UNSAID = ("andel", "%", "andel per år")


@dataclass(frozen=True)
class Said:
    """A change: its name, which begins the sentence that follows, and how it is to be judged."""

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


def with_unit(metric: Metric, figure: Figure) -> str:
    """The figure with its unit, as it is said in a sentence."""
    text = metric.text(figure)
    if metric.unit in UNSAID:
        return text
    return f"{text}{NO_BREAK}{SINGULAR.get(metric.unit, metric.unit) if text == '1' else metric.unit}"


def goal(line: Line) -> str:
    """«minst 20», «høyst 35 %»."""
    metric = line.metric
    limit = metric.text(Figure(line.target.green))
    return f"{'minst' if metric.direction == 'up' else 'høyst'} {limit}"


def change(said: Change) -> Said:
    """What changed, whether for the better, beside the target and what is usual."""
    line, metric = said.line, said.line.metric
    way = "opp" if said.by > 0 else "ned"
    parts = []
    if metric.direction != "none":
        judged = f"Det er {'bedre' if said.is_better else 'dårligere'}; målet er {goal(line)}"
        if "none" not in (line.status, line.status_before) and line.status != line.status_before:
            judged += f", og status går fra {STATUS[line.status_before]} til {STATUS[line.status]}"
        parts.append(f"{judged}.")
    if said.of_usual is not None:
        times = norwegian.figure(said.of_usual, "", 1)
        parts.append(
            f"Endringen er {times}{NO_BREAK}ganger så stor som vanlig."
            if said.of_usual >= 1.5
            else "Endringen er omtrent så stor som vanlig."
            if said.of_usual >= 0.67
            else "Endringen er mindre enn vanlig."
        )
    what = f"gikk {way} fra {metric.text(line.before)} til {with_unit(metric, line.now)}."
    return Said(line.name, what, " ".join(parts))


def changes_title(facts: Facts, found: Sequence[Change]) -> str:
    """The heading over the changes."""
    if not found:
        return f"Endringer siden {norwegian.period(facts.period.earlier(1))}"
    return (
        f"De {norwegian.words(len(found))} endringene som betyr mest" if len(found) > 1 else "Den viktigste endringen"
    )


def changes_intro(facts: Facts, found: Sequence[Change]) -> str:
    """What stands over the changes; why, where there are none."""
    if not facts.is_complete:
        return (
            f"{capitalised(norwegian.period(facts.period))} er ikke over. Tallene gjelder fram til"
            f" {norwegian.day(facts.as_of)}, og sammenlignes ikke med hele perioder."
        )
    if not found:
        return f"Ingen av styringstallene med mål er endret siden {norwegian.period(facts.period.earlier(1))}."
    return ""


def summary(facts: Facts) -> str:
    """How many figures have each status."""
    statuses: list[str] = [line.status for line in facts.lines()]
    if not statuses:
        return f"Ingen mål er satt for {THE_PERIOD[facts.period.type]}."
    if not facts.is_complete:
        return "Status vurderes når perioden er over."
    counted = {status: statuses.count(status) for status in STATUS}
    told = [
        f"{number}{NO_BREAK}{(STATUS if number == 1 else _PLURAL)[status]}"
        for status, number in counted.items()
        if number
    ]
    unjudged = statuses.count("none")
    rest = f" {capitalised(count(unjudged, 'tall', 'tall', is_neuter=True))} kan ikke vurderes." if unjudged else ""
    return ((f"Av {len(statuses)} styringstall med mål er {listing(told)}." if told else "") + rest).strip()


_PLURAL = {"green": "grønne", "yellow": "gule", "red": "røde"}


def queue(facts: Facts) -> list[str]:
    """The queue: how many wait, and the way in and out."""
    now = facts.figure("queue_waiting")
    first = _clauses(
        f"{_at_end(facts)} sto {_said(facts, now, 'queue_waiting')} i kø for kommunal bolig" if _known(now) else None,
        _compared(now, facts.figure("queue_waiting", periods_before=1), _than(facts, 1), "færre", "flere")
        if _known(now) and facts.is_complete
        else None,
        _compared(now, facts.year_before("queue_waiting"), "ett år før", "færre", "flere")
        if _known(now) and facts.is_complete and facts.period.type != "year"
        else None,
        joined_by=[", ", " og "],
    )
    joined, left = facts.figure("queue_inflow"), facts.figure("queue_outflow")
    housed, long = facts.figure("queue_allocated"), facts.figure("queue_waiting_over_one_year")
    second = _clauses(
        f"{_in_period(facts)} kom {_text(facts, 'queue_inflow')} nye til og {_text(facts, 'queue_outflow')} gikk ut"
        if _known(joined, left)
        else None,
        f"{_text(facts, 'queue_allocated')} søkere fikk bolig" if _known(housed) else None,
        f"{_text(facts, 'queue_waiting_over_one_year')} har ventet over ett år" if _known(long) else None,
        joined_by=["; ", ", og "],
    )
    return _sentences(first, second)


def allocations(facts: Facts) -> list[str]:
    """Renewals against new allocations, and the contracts that run out."""
    new, renewed = facts.figure("allocations_new"), facts.figure("allocations_renewal")
    share = facts.figure("renewal_share")
    before = facts.figure("renewal_share", periods_before=1)
    first = _clauses(
        f"{_in_period(facts)} ble det gjort {_said(facts, new, 'allocations_new', 'nye ')} og"
        f" {_plain(renewed, 'fornyelse', 'fornyelser')}"
        if _known(new, renewed)
        else None,
        f"fornyelser var {_text(facts, 'renewal_share')} av tildelingene"
        + (f", {_against(facts, 'renewal_share', share, before)}" if _known(before) and facts.is_complete else "")
        if _known(share)
        else None,
        joined_by=["; "],
    )
    expiring, rate = facts.figure("contracts_expiring"), facts.figure("renewal_rate")
    holdover = facts.figure("holdover_tenancies")
    second = _clauses(
        f"Av {_plain(expiring, 'kontrakt', 'kontrakter')} som løp ut, er"
        f" {_text(facts, 'renewal_rate') if rate.value else 'ingen'} fornyet"
        if _known(expiring, rate)
        else None,
        f"{_text(facts, 'holdover_tenancies')} leietakere bor på utløpt kontrakt" if _known(holdover) else None,
        joined_by=["; "],
    )
    return _sentences(first, second)


def vacancy(facts: Facts) -> list[str]:
    """Vacant days, who answers for them, and what they cost."""
    days, rate = facts.figure("vacant_days"), facts.figure("vacancy_rate")
    before = facts.figure("vacancy_rate", periods_before=1)
    first = _clauses(
        f"{_in_period(facts)} sto boliger ledige i {_said(facts, days, 'vacant_days')}" if _known(days) else None,
        f"{_text(facts, 'vacancy_rate')} av tiden" if _known(days, rate) else None,
        _against(facts, "vacancy_rate", rate, before) if _known(days, rate, before) and facts.is_complete else None,
        joined_by=[", ", ", "],
    )
    parts = _shares(facts, "vacant_days", "responsible")
    loss = facts.figure("vacancy_loss")
    second = _clauses(
        f"Døgnene fordeler seg på {listing(parts)}" if parts else None,
        f"tapt leie er beregnet til {_said(facts, loss, 'vacancy_loss')}" if _known(loss) else None,
        joined_by=["; "],
    )
    return _sentences(first, second)


def startlan(facts: Facts) -> list[str]:
    """Startlån: how many, how much, and for what."""
    loans, amount = facts.figure("startlan_loans"), facts.figure("startlan_amount")
    loans_then, amount_then = facts.year_before("startlan_loans"), facts.year_before("startlan_amount")
    first = _clauses(
        f"{_in_period(facts)} ble det utbetalt {_plain(loans, 'startlån', 'startlån')}" if _known(loans) else None,
        f"på til sammen {_millions(amount)}" if _known(loans, amount) and amount.value else None,
        f"mot {_plain(loans_then, 'lån', 'lån')} og {_millions(amount_then)} {_same_period(facts)}"
        if _known(loans, loans_then, amount_then) and facts.is_complete
        else None,
        joined_by=[" ", ", "],
    )
    parts = _shares(facts, "startlan_amount", "purpose")
    open_ = facts.figure("startlan_preapprovals_open")
    second = _clauses(
        f"Beløpet fordeler seg på {listing(parts)}" if parts else None,
        f"{_text(facts, 'startlan_preapprovals_open')} forhåndstilsagn er åpne" if _known(open_) else None,
        joined_by=["; "],
    )
    return _sentences(first, second)


def measures(facts: Facts) -> str:
    """How many measures of the plans are behind, and how many nobody has said anything of."""
    rows = facts.content["measure"]
    open_ = [row for row in rows if row["is_open"]]
    if not open_:
        return "Ingen tiltak i planene er åpne."
    behind = sum(row["is_behind"] for row in open_)
    silent = sum(is_silently_late(row) for row in open_)
    said = (
        f"{capitalised(count(behind, 'tiltak', 'tiltak', is_neuter=True))} av {len(open_)} som ikke er fullført, er"
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


def challenges(facts: Facts) -> str:
    """The register of challenges: open, new, closed, not reviewed."""
    rows = facts.content["challenge"]
    open_, new = sum(row["is_open"] for row in rows), sum(row["is_new"] for row in rows)
    closed, forgotten = sum(row["is_closed"] for row in rows), sum(row["is_not_reviewed"] for row in rows)
    during = "I løpet av" if facts.is_complete else "Hittil i"
    solved = "løst eller avkreftet"
    return (
        f"Registeret har {count(open_, 'åpen utfordring', 'åpne utfordringer')}."
        f" {during} {THE_PERIOD[facts.period.type]} er {count(new, 'ny', 'nye')} registrert og"
        f" {count(closed, solved, solved)}."
        f" {capitalised(count(forgotten, 'åpen utfordring', 'åpne utfordringer'))} er ikke vurdert på mer enn et år."
    )


def revisions(facts: Facts) -> str:
    """How many figures of closed periods today's data would give otherwise."""
    rows = facts.content["revision"]
    if not rows:
        return "Ingen tall for tidligere lukkede perioder ville blitt annerledes med dagens data."
    periods = len({(row["period_type"], row["period_start"]) for row in rows})
    totals = sum(row["dimension"] == TOTAL for row in rows)
    return (
        f"{capitalised(count(len(rows), 'tall', 'tall', is_neuter=True))} for"
        f" {count(periods, 'tidligere lukket periode', 'tidligere lukkede perioder')} ville blitt annerledes med dagens"
        f" data; {count(totals, 'av dem', 'av dem', is_neuter=True)} er hovedtall. Det som er rapportert, blir stående."
    )


def quality(facts: Facts) -> list[str]:
    """What is known to be wrong with the data: warnings of the gate, and rows that the door put aside."""
    said = []
    for row in facts.content["warning"]:
        found = (
            " kunne ikke prøves" if row["rows"] is None else f": {_rows(facts, row['rows'], 'tilfelle', 'tilfeller')}"
        )
        said.append(f"{row['text']}{found}.")
    for row in facts.content["quarantine"]:
        rows = _rows(facts, row["rows"], "rad", "rader")
        said.append(f"{capitalised(rows)} av {row['file']} er holdt utenfor: {RULES.get(row['rule'], row['rule'])}.")
    return said or ["Kontrollene har ingen merknader, og ingen rader er holdt utenfor."]


def _rows(facts: Facts, number: int, one: str, many: str) -> str:
    """So many; in public a number under the threshold is not told."""
    return f"noen få {many}" if facts.is_public and 0 < number < THRESHOLD else count(number, one, many)


def quality_intro(facts: Facts) -> str:
    """Which delivery the figures are of."""
    return (
        f"Tallene er beregnet av leveransen av {norwegian.day(facts.extract_date)}, som gjelder til og med"
        f" {norwegian.day(facts.as_of)}."
    )


# ------------------------------------------------------------------------------------------------- parts of sentences


def _known(*figures: Figure) -> bool:
    return all(figure.value is not None and not figure.is_suppressed for figure in figures)


def _text(facts: Facts, metric_id: str) -> str:
    return facts.metrics[metric_id].text(facts.figure(metric_id))


def _said(facts: Facts, figure: Figure, metric_id: str, before_unit: str = "") -> str:
    said = with_unit(facts.metrics[metric_id], figure)
    number, _, unit = said.partition(NO_BREAK)
    # «én ny tildeling»
    before_unit = before_unit.replace("nye", "ny") if number == "1" else before_unit
    return f"{number}{NO_BREAK}{before_unit}{unit}"


def _plain(figure: Figure, one: str, many: str) -> str:
    return f"{norwegian.figure(figure.value, '', 0)}{NO_BREAK}{one if figure.value == 1 else many}"


def _millions(figure: Figure) -> str:
    assert figure.value is not None
    return f"{norwegian.figure(figure.value / 1e6, '', 1)}{NO_BREAK}mill.{NO_BREAK}kr"


def _shares(facts: Facts, metric_id: str, dimension: str) -> list[str]:
    """«kjøp (82 %)», the largest first; only what is shown of a total that is shown, and is not nothing."""
    total = facts.figure(metric_id)
    if not _known(total) or not total.value:
        return []
    found = [(value, facts.figure(metric_id, dimension, value)) for value in facts.values(metric_id, dimension)]
    shown = [(value, figure.value) for value, figure in found if _known(figure) and figure.value]
    return [
        f"{in_sentence(facts.label(dimension, value))}{NO_BREAK}"
        f"({norwegian.figure((part or 0) / total.value, 'andel', 2)})"
        for value, part in sorted(shown, key=lambda pair: -(pair[1] or 0))
    ]


def _compared(now: Figure, then: Figure, when: str, fewer: str, more: str) -> str | None:
    if not _known(now, then):
        return None
    by = (now.value or 0) - (then.value or 0)
    if not by:
        return f"like mange som {when}"
    return f"{norwegian.figure(abs(by), '', 0)} {more if by > 0 else fewer} enn {when}"


def _against(facts: Facts, metric_id: str, now: Figure, before: Figure) -> str:
    """«mot 31 % i 3. kvartal 2010», «det samme som i 3. kvartal 2010»."""
    metric, when = facts.metrics[metric_id], norwegian.period(facts.period.earlier(1))
    same = metric.text(now) == metric.text(before)
    return f"det samme som i {when}" if same else f"mot {metric.text(before)} i {when}"


def _than(facts: Facts, back: int) -> str:
    return f"ved utgangen av {norwegian.period(facts.period.earlier(back))}"


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


def _sentences(*sentences: str) -> list[str]:
    return [f"{sentence}." for sentence in sentences if sentence] or [TOO_SMALL]
