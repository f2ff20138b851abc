"""The page «Veien videre» of a report: what comes, what measures change, what it takes; and what of it is public.

Belongs here: which rows and sentences of the outlook an edition shows. Does not belong here: how they come about
(dagster_project/outlook), and how pages and sheets look (document.py, workbook.py).

No number stands without its interval, its date and its author in the same row or sentence.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dagster_project.disclosure import THRESHOLD
from dagster_project.report.facts import Facts, Figure
from dagster_project.reported.content import FORESEEN_BY, Content
from dagster_project.vocabulary import norwegian
from dagster_project.vocabulary.periods import MONTHS, Period

TITLE = "Veien videre"
BASELINE, THE_PLAN = "som_i_dag", "planen"
ALL = "alle"
# the months whose counts a forecast is made of (docs/outlook.md)
WINDOW = 36
FIRST = 3

NOTE = (
    "Intervallene er 80 prosent intervaller: i fire av fem like sannsynlige framtider ligger køen innenfor. De kan ikke"
    " legges sammen. Det som skal til, er om lag."
)
HIDDEN = "Prognoser røper tallene de er regnet av. Køer der et av dem er lite, eller ikke er offentlig, vises ikke her."

Figures = Mapping[tuple[str, str, str, date], Figure]


@dataclass(frozen=True)
class Table:
    """A table of the page; columns from `numbers` on stand to the right."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    numbers: int


@dataclass(frozen=True)
class Row:
    """A line of the sheet."""

    part: str
    scenario: str
    made_by: str
    made_on: date
    queue: str
    on: date | None
    what: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


# ------------------------------------------------------------------------------------------------------------ public


def public(content: Content, figures: Figures, period: Period) -> Content:
    """The content with the forecasts only of queues whose own counts the edition shows, and none of them small.

    A forecast is a function of the queue at its origin and of who came, was housed and left in the months before: it
    gives them away. Scenarios, what it takes and what must be said are of all queues, and stay inside.
    """
    rows = content.get("outlook", [])
    origin = next((row["origin"] for row in rows if row["scenario_id"] == BASELINE), None)
    shown = {
        row["housing_category"]
        for row in content.get("outlook_queue", [])
        if origin == period.end.isoformat() and is_public(row["housing_category"], figures, period)
    }
    every = {row["housing_category"] for row in content.get("outlook_queue", [])} - {ALL}
    # a total goes with the first of its parts
    shown |= {ALL} if every and every <= shown else set()
    own = {
        name: [
            row for row in content.get(name, []) if row["scenario_id"] == BASELINE and row["housing_category"] in shown
        ]
        for name in ("outlook_queue", "outlook_reach")
    }
    return content | {
        "outlook": [{**row, "said": []} for row in rows if row["scenario_id"] == BASELINE],
        "outlook_queue": [
            {**row, "expected": None} | {name: row[name] and whole(row[name]) for name in ("p10", "p90")}
            for row in own["outlook_queue"]
        ],
        "outlook_reach": own["outlook_reach"],
        "outlook_solution": [],
        "outlook_card": [],
    }


def is_public(category: str, figures: Figures, period: Period) -> bool:
    """Whether the edition shows the queue at the period's end and all who came and left in the window, none few."""
    periods = [period.earlier(back) for back in range(WINDOW // MONTHS[period.type])]

    def of(metric_id: str, of: Period) -> Figure:
        return figures.get((metric_id, "housing_category", category, of.start), Figure())

    waiting = of("queue_waiting", period)
    flows = {metric_id: [of(metric_id, each) for each in periods] for metric_id in FORESEEN_BY}
    if not all(figure.is_known for figure in (waiting, *(each for flow in flows.values() for each in flow))):
        return False
    came, left, housed = (math.fsum(figure.value or 0 for figure in flows[name]) for name in FORESEEN_BY)
    return all(count == 0 or count >= THRESHOLD for count in (waiting.value or 0, came, housed, left - housed))


# -------------------------------------------------------------------------------------------------------------- page


def sentences(facts: Facts) -> list[str]:
    """What stands over the tables; nothing where no outlook is kept with the figures."""
    baseline = _scenarios(facts).get(BASELINE)
    if baseline is None:
        return []
    worked_out = (
        f"Regnet ut av {norwegian.in_sentence(baseline['made_by'])} på tallene per {_day(baseline['as_of'])}. {NOTE}"
    )
    return [*baseline["said"][:FIRST], worked_out, *([HIDDEN] if facts.is_public else [])]


def tables(facts: Facts) -> list[Table]:
    """The tables of the page; those without rows are left out."""
    made = [_queues(facts), _changes(facts), _what_it_takes(facts), *_cards(facts)]
    return [table for table in made if table.rows]


def _scenarios(facts: Facts) -> dict[str, dict[str, Any]]:
    return {row["scenario_id"]: row for row in facts.content.get("outlook", [])}


def _at(facts: Facts, scenario_id: str) -> dict[tuple[str, int], dict[str, Any]]:
    return {
        (row["housing_category"], row["month"]): row
        for row in facts.content.get("outlook_queue", [])
        if row["scenario_id"] == scenario_id
    }


def _queues(facts: Facts) -> Table:
    at = _at(facts, BASELINE)
    chances: dict[tuple[str, str], dict[str, Any]] = {}
    for row in facts.content.get("outlook_reach", []):
        if row["p_green"] is not None:
            # the last target within the horizon
            chances[row["scenario_id"], row["housing_category"]] = row
    rows = []
    order = [row["code"] for row in facts.content["label"] if row["dimension"] == "housing_category"]
    # the whole stands last
    for category in sorted({category for category, _ in at}, key=[*order, ALL].index):
        now, goal = at.get((category, 0)), chances.get((BASELINE, category))
        planned = chances.get((THE_PLAN, category))
        rows.append((
            _queue(facts, category),
            f"{whole(now['p10'] if now['expected'] is None else now['expected'])}" if now else norwegian.EMPTY,
            *(band(at.get((category, month))) for month in (12, 24, 36)),
            f"≤{norwegian.NO_BREAK}{goal['green']:g} {_day(goal['period_end'])}" if goal else norwegian.EMPTY,
            chance(goal), chance(planned),
        ))  # fmt: skip
    columns = ("Kø hvis ingenting endres", "Nå", "Om 12 md.", "Om 24 md.", "Om 36 md.", "Mål", "Sjanse", "Med planen")
    return Table("Køene", columns, rows, 1)


def _changes(facts: Facts) -> Table:
    rows = []
    for scenario_id, scenario in _scenarios(facts).items():
        at = _at(facts, scenario_id)
        last = max((month for _, month in at), default=0)
        for (category, month), row in at.items():
            if month == last and row["difference"] and (row["difference_p10"] or row["difference_p90"]):
                rows.append((
                    f"{scenario['name']} (versjon {scenario['version']}, {scenario['made_by']},"
                    f" {_day(scenario['made_on'])})",
                    _queue(facts, category), _day(row["month_end"]), band(row), _difference(row),
                ))  # fmt: skip
    return Table("Hva scenariene endrer", ("Scenario", "Kø", "Per", "I kø", "Endring"), rows, 2)


def _difference(row: dict[str, Any]) -> str:
    fewer = "færre" if row["difference"] <= 0 else "flere"
    low, high = row["difference_p10"], row["difference_p90"]
    ends = (whole(low), whole(high)) if low < 0 < high else sorted((whole(abs(low)), whole(abs(high))))
    return f"{whole(abs(row['difference']))} {fewer} ({ends[0]}–{ends[1]})".replace("-", norwegian.MINUS)


def _what_it_takes(facts: Facts) -> Table:
    asked: dict[tuple[str, str, str, float], dict[float, float | None]] = {}
    for row in facts.content.get("outlook_solution", []):
        key = (row["housing_category"], row["by_on"], row["ready_on"], row["target"])
        asked.setdefault(key, {})[row["confidence"]] = row["value"]
    rows = [
        (
            _queue(facts, category), f"≤{norwegian.NO_BREAK}{goal:g} {_day(by)}", _day(ready),
            *("nås ikke" if found.get(sure) is None else f"{found[sure]:g}" for sure in (0.5, 0.8)),
        )
        for (category, by, ready, goal), found in asked.items()
    ]  # fmt: skip
    columns = ("Kø", "Mål", "Innflyttingsklare", "Nye boliger for like sjanser", "For fire av fem")
    return Table("Hva som skal til", columns, rows, 2)


def _cards(facts: Facts) -> Iterator[Table]:
    years, kroner = norwegian.Scale("år", 1), norwegian.Scale("kr", 0)
    columns = (
        "Det samme budsjettet til", "Flere bosatt", "Spart ventetid, år", "Ut over to år", "Venter fortsatt",
        "Kr per år",
    )  # fmt: skip
    for scenario_id, scenario in _scenarios(facts).items():
        rows = [
            (
                f"{row['alternative']} ({scenario['made_by']}, {_day(scenario['made_on'])})",
                years.text(row["housed"]),
                f"{years.text(row['years_averted'])} ({years.text(row['years_p10'])}–{years.text(row['years_p90'])})",
                years.text(row["long_years_averted"]), f"{whole(row['left_p10'])}–{whole(row['left_p90'])}",
                kroner.text(row["cost_a_year_nok"]),
            )
            for row in facts.content.get("outlook_card", [])
            if row["scenario_id"] == scenario_id
        ]  # fmt: skip
        yield Table(f"To eller ti: budsjettet i «{scenario['name']}» brukt på ulike grupper", columns, rows, 1)


# ------------------------------------------------------------------------------------------------------------- sheet


def rows(facts: Facts) -> Iterator[Row]:
    """Every number of the page as a number, with its interval, its date and its author."""
    scenarios = _scenarios(facts)

    def row(part: str, of: dict[str, Any], on: str | None, what: str, *numbers: float | None) -> Row:
        scenario = scenarios[of["scenario_id"]]
        return Row(
            part, f"{scenario['name']} (versjon {scenario['version']})", scenario["made_by"],
            date.fromisoformat(scenario["made_on"]),
            _queue(facts, of["housing_category"]) if "housing_category" in of else "",
            date.fromisoformat(on) if on else None, what, *numbers,
        )  # fmt: skip

    for each in facts.content.get("outlook", []):
        for said in each["said"]:
            yield row("Må sies", each, each["as_of"], said)
    for each in facts.content.get("outlook_queue", []):
        yield row("Køen", each, each["month_end"], "husstander", each["expected"], each["p10"], each["p90"])
        if each["difference"] is not None:
            change = (each["difference"], each["difference_p10"], each["difference_p90"])
            yield row("Endring", each, each["month_end"], "husstander mot som i dag", *change)
    for each in facts.content.get("outlook_reach", []):
        if each["p_green"] is not None and each["scenario_id"] in scenarios:
            yield row("Sjanse for målet", each, each["period_end"], f"høyst {each['green']:g} i kø", each["p_green"])
    for each in facts.content.get("outlook_solution", []):
        sure = {0: "forventet bane", 0.5: "like sjanser", 0.8: "fire av fem"}[each["confidence"]]
        what = f"nye boliger, innflyttingsklare {_day(each['ready_on'])}, for høyst {each['target']:g}: {sure}"
        yield row("Hva som skal til", each, each["by_on"], what, each["value"])
    for each in facts.content.get("outlook_card", []):
        of = each["alternative"]
        years = (each["years_averted"], each["years_p10"], each["years_p90"])
        yield row("To eller ti", each, None, f"{of}: spart ventetid i år", *years)
        yield row("To eller ti", each, None, f"{of}: venter fortsatt", None, each["left_p10"], each["left_p90"])


# ------------------------------------------------------------------------------------------------------------- parts


def _queue(facts: Facts, category: str) -> str:
    return "Alle køene samlet" if category == ALL else facts.label("housing_category", category)


def _day(iso: str) -> str:
    return norwegian.short_day(date.fromisoformat(iso))


def whole(value: float) -> int:
    """Whole households, a half upwards."""
    return math.floor(value + 0.5)


def band(row: dict[str, Any] | None) -> str:
    """«57–73»; a dash where there is no forecast."""
    if row is None or row["p10"] is None:
        return norwegian.EMPTY
    return f"{whole(row['p10'])}–{whole(row['p90'])}"


def chance(row: dict[str, Any] | None) -> str:
    """Of simulated paths nothing is impossible, and nothing certain."""
    if row is None:
        return norwegian.EMPTY
    share = row["p_green"]
    edge = f"under 1{norwegian.NO_BREAK}%" if share < 0.005 else f"over 99{norwegian.NO_BREAK}%"
    return edge if not 0.005 <= share < 0.995 else f"{whole(100 * share)}{norwegian.NO_BREAK}%"
