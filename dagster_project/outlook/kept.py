"""What is kept of the outlook: runs and what hangs on them, in the schema `scenario`.

Belongs here: writing and reading these tables, and versions by content. Does not belong here: freezing (runs.py), the
tables (warehouse/tables.py), what guards them (the migration), and what stands in them (working.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from psycopg import sql

from dagster_project.outlook import fairness, rates, series, words
from dagster_project.outlook.law import law_parameters
from dagster_project.outlook.levers import Assumption, Lever
from dagster_project.outlook.paths import PATHS
from dagster_project.outlook.runs import BASELINE, THE_PLAN, OutlookRefused, newest_run
from dagster_project.outlook.series import Published, month_end
from dagster_project.outlook.working import (
    METHOD_VERSION,
    Answer,
    Outlook,
    Scenario,
    Worked,
    at_own_pace,
)
from dagster_project.warehouse import locks

if TYPE_CHECKING:
    from psycopg import Connection

LOCK = "bolig.outlook"


@dataclass(frozen=True)
class Kept:
    """What was worked out of a municipality: runs by scenario, refusals, and whether anything was new."""

    municipality_no: str
    runs: dict[str, int]
    refusals: dict[str, str]
    is_new: bool = True

    def lines(self) -> list[str]:
        """In plain words."""
        if not self.is_new:
            return [f"The outlook of {self.municipality_no} is worked out for this delivery already."]
        return [
            f"The outlook of {self.municipality_no}: {len(self.runs)} scenarios worked out, "
            f"{len(self.refusals)} refused.",
            *(f"- {name}: {why}" for name, why in self.refusals.items()),
        ]


def published_numbers(connection: "Connection[Any]") -> list[str]:
    """The municipalities of which anything is published."""
    return [no for (no,) in connection.execute("select municipality_no from scorecard.publication order by 1")]


def read_scenarios(connection: "Connection[Any]", municipality_no: str) -> tuple[list[Scenario], list[Assumption]]:
    """The scenarios and assumptions that are published, as the municipality has delivered them."""
    levers: dict[str, list[Lever]] = {}
    for scenario_id, *lever in connection.execute(_LEVERS, [municipality_no]):
        levers.setdefault(scenario_id, []).append(Lever(*lever))
    scenarios = [
        Scenario(scenario_id, name, made_by, made_on, status, horizon, budget, tuple(levers.get(scenario_id, ())))
        for scenario_id, name, made_by, made_on, status, horizon, budget in connection.execute(
            _SCENARIOS, [municipality_no]
        )
    ]
    return scenarios, [Assumption(*row) for row in connection.execute(_ASSUMPTIONS, [municipality_no])]


_SCENARIOS = """
    select
        scenario_id, scenario_name, made_by, made_on, scenario_status, horizon_months,
        budget_nok::float8
    from marts.fct_scenario
    where municipality_no = %s and scenario_status <> 'arkivert'
    order by scenario_id
"""

_LEVERS = """
    select
        scenario_id, lever, lever_value::float8, acts_from_on, housing_category, from_housing_category, waits_for,
        acts_to_on, lever_mode, lever_no
    from marts.fct_scenario_lever
    where municipality_no = %s
    order by scenario_id, lever_no, lever_id
"""

_ASSUMPTIONS = """
    select assumption_code, assumption_value::float8, assumption_source, assumption_category, valid_from
    from marts.fct_assumption
    where municipality_no = %s
    order by assumption_code, assumption_category, valid_from
"""


def work_out(connection: "Connection[Any]", municipality_no: str, *, again: bool = False) -> Kept:
    """Work out everything of a municipality on what is published of it, in one transaction.

    Not more than once for each delivery and version of the code, unless it is asked for `again`.
    Raises OutlookRefused where nothing is published.
    """
    # two at once would both make version 2
    with locks.held(connection, LOCK), connection.transaction():
        # what is read is of one moment, whatever a night publishes meanwhile
        connection.execute("set transaction isolation level repeatable read")
        published = series.read(connection, municipality_no)
        if published is None:
            raise OutlookRefused(f"Nothing of {municipality_no} is published; `bolig nightly` does it.")
        if not again and _is_done(connection, published):
            return Kept(municipality_no, {}, {}, is_new=False)
        scenarios, assumptions = read_scenarios(connection, municipality_no)
        _keep_law(connection)
        outlook = Outlook(published, assumptions, known=lambda origin: _known(connection, municipality_no, origin))
        worked = [
            outlook.baseline,
            *(outlook.work(scenario) for scenario in scenarios if scenario.scenario_id != BASELINE),
        ]
        the_plan = next((each for each in scenarios if each.scenario_id == THE_PLAN), None)
        if the_plan and (own := at_own_pace(the_plan, outlook.own)):
            worked.append(outlook.work(own))
        outlook.baseline.answers = outlook.solve_targets()
        by_plan = next((each for each in worked if each.scenario.scenario_id == THE_PLAN), None)
        outlook.baseline.said += outlook.target_sentences(by_plan)
        _forget_unfrozen(connection, municipality_no)
        runs: dict[str, int] = {}
        for each in worked:
            runs[each.scenario.scenario_id] = _keep(connection, published, each, runs.get(BASELINE))
        _keep_of_origin(connection, outlook)
        _keep_grid(connection, outlook)
    return Kept(municipality_no, runs, {each.scenario.scenario_id: each.refusal for each in worked if each.refusal})


def _is_done(connection: "Connection[Any]", published: Published) -> bool:
    return bool(
        connection.execute(
            "select from scenario.run where municipality_no = %s and scenario_id = %s and load_id = %s"
            " and code_version = %s and method_version = %s limit 1",
            [published.municipality_no, BASELINE, published.load_id, published.code_version, METHOD_VERSION],
        ).rowcount
    )


def _known(connection: "Connection[Any]", municipality_no: str, origin: date) -> Published | None:
    """The queue and the dwellings as the delivery that closes this month end had them; None where there is none."""
    row = connection.execute(
        "select load_id from landing.delivery where municipality_no = %s and as_of = %s and status = 'accepted'"
        " order by load_id desc limit 1",
        [municipality_no, origin],
    ).fetchone()
    if row is None:
        return None
    terms = {"no": municipality_no, "load": row[0], "as_of": origin}
    queue = [series.QueueEntry(*entry) for entry in connection.execute(_QUEUE_THEN, terms)]
    dwellings = [series.Dwelling(*dwelling) for dwelling in connection.execute(_DWELLINGS_THEN, terms)]
    return Published(municipality_no, origin, row[0], "", queue, dwellings)


# what has not happened by the as-of date counts as empty, as in the marts
_QUEUE_THEN = """
    select
        boligkategori, inn_dato, case when ut_dato <= %(as_of)s then ut_dato end,
        case when ut_dato <= %(as_of)s then ut_arsak end
    from history.allocation__waitlist_entry
    where
        municipality_no = %(no)s and loads @> %(load)s::bigint and boligkategori <> 'flyktning'
        and inn_dato <= %(as_of)s
"""

_DWELLINGS_THEN = """
    select boligkategori, anskaffet_dato, case when avhendet_dato <= %(as_of)s then avhendet_dato end
    from history.property__dwelling
    where municipality_no = %(no)s and loads @> %(load)s::bigint and anskaffet_dato <= %(as_of)s
"""


def _keep_law(connection: "Connection[Any]") -> None:
    for each in law_parameters():
        connection.execute(
            "insert into scenario.law_parameter (code, valid_from, value, source) values (%s, %s, %s, %s)"
            " on conflict (code, valid_from) do update set value = excluded.value, source = excluded.source",
            [each.code, each.valid_from, each.value, each.source],
        )


def _forget_unfrozen(connection: "Connection[Any]", municipality_no: str) -> None:
    """Of each scenario the newest run is kept, and the frozen ones."""
    connection.execute("delete from scenario.run where municipality_no = %s and not is_frozen", [municipality_no])


def _keep(connection: "Connection[Any]", published: Published, worked: Worked, baseline: int | None) -> int:
    number, scenario = published.municipality_no, worked.scenario
    version = _version(connection, published, worked)
    said = [words.named(line).replace("{version}", f"{version}") for line in worked.said]
    (run_id,) = connection.execute(
        "insert into scenario.run (municipality_no, scenario_id, version, load_id, as_of, origin, code_version,"
        " method_version, seed, n_paths, said, is_refused)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning run_id",
        [
            number, scenario.scenario_id, version, published.load_id, published.as_of, published.origin,
            published.code_version, METHOD_VERSION, f"{number}, {published.origin:%Y%m%d}", PATHS, said,
            worked.refusal is not None,
        ],
    ).fetchone() or (0,)  # fmt: skip
    of = (number, run_id)
    _copy(
        connection,
        "result",
        "municipality_no, run_id, housing_category, figure, month, expected, p10, p50, p90",
        ((*of, row.category, row.figure, row.month, row.expected, row.p10, row.p50, row.p90) for row in worked.rows),
    )
    _copy(
        connection,
        "difference",
        "municipality_no, run_id, baseline_run_id, housing_category, figure, month, mean, p10, p90",
        (
            (*of, baseline, each.category, each.figure, each.month, each.mean, each.p10, each.p90)
            for each in worked.changes
        ),
    )
    _copy(
        connection,
        "finance",
        "municipality_no, run_id, line, year, amount_nok, payer",
        ((*of, line.name, line.year, line.amount_nok, line.payer) for line in worked.lines),
    )
    _copy(
        connection,
        "reach",
        "municipality_no, run_id, metric_id, housing_category, period_type, period_end, green, red, p_green,"
        " p_not_red, expected",
        ((*of, *vars(each).values()) for each in worked.reached),
    )
    for answer in worked.answers:
        keep_answer(connection, number, run_id, answer)
    _copy(connection, "card",
          "municipality_no, run_id, alternative, housing_category, dwellings, housed, years_averted,"
          " long_years_averted, left_waiting, coverage_housed, coverage_needed, coverage_category, cost_a_year_nok",
          ((*of, made.name, category, dwellings, made.housed, made.years_averted, made.long_years_averted,
            made.left_waiting[category], least and least.housed, least and least.needed, least and least.category,
            made.cost_a_year_nok)
           for made, category, dwellings in worked.card for least in [made.smallest_coverage]))  # fmt: skip
    return int(run_id)


def _version(connection: "Connection[Any]", published: Published, worked: Worked) -> int:
    """The version of the scenario that has this content: the one that is there, or a new one."""
    number, scenario, content = published.municipality_no, worked.scenario, worked.content_hash
    there = connection.execute(
        "select version from scenario.scenario where municipality_no = %s and scenario_id = %s and content_hash = %s",
        [number, scenario.scenario_id, content],
    ).fetchone()
    if there:
        return int(there[0])
    (version,) = connection.execute(
        "insert into scenario.scenario (municipality_no, scenario_id, version, name, made_by, made_on,"
        " scenario_status, horizon_months, budget_nok, content_hash, first_seen_load)"
        " select %(no)s, %(id)s, coalesce(max(version), 0) + 1, %(name)s, %(by)s, %(on)s, %(status)s,"
        " %(horizon)s, %(budget)s, %(hash)s, %(load)s"
        " from scenario.scenario where municipality_no = %(no)s and scenario_id = %(id)s returning version",
        {
            "no": number, "id": scenario.scenario_id, "name": scenario.name,
            "by": scenario.made_by, "on": scenario.made_on, "status": scenario.status, "horizon": scenario.horizon,
            "budget": scenario.budget_nok, "hash": content, "load": published.load_id,
        },
    ).fetchone() or (0,)  # fmt: skip
    of = (number, scenario.scenario_id, version)
    _copy(connection, "lever",
          "municipality_no, scenario_id, version, lever_no, lever, housing_category, from_category, waits_for, from_on,"
          " to_on, value, mode",
          ((*of, place, lever.kind, lever.category, lever.from_category, lever.waits_for, lever.from_on, lever.to_on,
            lever.value, lever.mode) for place, lever in enumerate(scenario.levers, 1)))  # fmt: skip
    _copy(connection, "assumption",
          "municipality_no, scenario_id, version, code, housing_category, value, source, valid_from",
          ((*of, each.code, each.category, each.value, each.source,
            each.valid_from if each.valid_from != date.min else None)
           for each in worked.assumptions))  # fmt: skip
    return int(version)


def keep_answer(connection: "Connection[Any]", municipality_no: str, run_id: int, answer: Answer) -> None:
    """Keep what it takes, with the run whose paths it was read from; asked again, the new answer takes its place."""
    found = answer.solution
    connection.execute(
        "delete from scenario.solution where municipality_no = %s and run_id = %s and question_id = %s",
        [municipality_no, run_id, answer.question_id],
    )
    rows = [(0.0, found.expected, None, None), *(
        (confidence, value, found.best[confidence], found.later.get(confidence))
        for confidence, value in found.by_confidence.items()
    )]  # fmt: skip
    _copy(connection, "solution",
          "municipality_no, run_id, question_id, housing_category, lever, target, by_month, ready_month, confidence,"
          " value, reachable, best, later_p10, later_p90",
          ((municipality_no, run_id, answer.question_id, answer.category, "nye_boliger", answer.goal, answer.by_month,
            answer.ready_month, confidence, value, value is not None, best, *(later or (None, None)))
           for confidence, value, best, later in rows))  # fmt: skip


def _keep_of_origin(connection: "Connection[Any]", outlook: Outlook) -> None:
    """Estimates, quality and coverage: of the newest origin only."""
    number, origin = outlook.published.municipality_no, outlook.origin
    for table in ("estimate", "quality", "coverage"):
        connection.execute(
            sql.SQL("delete from scenario.{} where municipality_no = %s").format(sql.Identifier(table)), [number]
        )
    window_from = month_end(origin, -outlook.window)
    rows: list[tuple[Any, ...]] = []
    for category, each in outlook.estimates.items():
        shared = (window_from, origin, sum(each.counts), each.state, each.reason, list(each.flags), METHOD_VERSION)
        believed = {"tilgang": each.intake, "tildeling": each.allocated, "avgang": each.attrition}
        rows.append((number, origin, category, "hendelser", sum(each.counts), None, None, *shared))
        if each.is_refused:
            continue
        rows += [
            (number, origin, category, name, rate.mean, *map(float, rate.at(rates.TENTHS)), *shared)
            for name, rate in believed.items()
        ]
        rows.append((number, origin, category, "omlop", each.turnover, None, None, *shared))
        rows += [
            (number, origin, category, name, k, None, None, *shared)
            for name, k in zip(("spredning_tilgang", "spredning_tildeling"), each.dispersion, strict=True)
        ]
    _copy(connection, "estimate",
          "municipality_no, origin, housing_category, parameter, value, low, high, window_from, window_to, events,"
          " state, reason_no, flags, method_version", rows)  # fmt: skip
    _copy(connection, "quality",
          "municipality_no, origin, housing_category, horizon, n, coverage, mae, mae_no_change, skill, crps, width,"
          " known_then",
          ((number, origin, each.category, each.horizon, each.n, each.coverage, each.mae, each.mae_no_change,
            each.skill, each.crps, each.width, each.known_then) for each in outlook.quality))  # fmt: skip
    parity = fairness.parity(outlook.coverages)
    _copy(connection, "coverage",
          "municipality_no, origin, housing_category, housed, needed, is_smallest, is_largest, parity",
          ((number, origin, each.category, each.housed, each.needed, parity is not None and each == parity.smallest,
            parity is not None and each == parity.largest, parity and parity.value)
           for each in outlook.coverages))  # fmt: skip


def _keep_grid(connection: "Connection[Any]", outlook: Outlook) -> None:
    number, of = outlook.published.municipality_no, outlook.published
    connection.execute("delete from scenario.grid where municipality_no = %s", [number])
    _copy(connection, "grid",
          "municipality_no, load_id, origin, lever, housing_category, value, figure, month, expected, p10, p50, p90,"
          " difference, difference_p10, difference_p90",
          ((number, of.load_id, of.origin, each.lever, row.category, each.value, row.figure, row.month, row.expected,
            row.p10, row.p50, row.p90, *((change.mean, change.p10, change.p90) if change else (None, None, None)))
           for each in outlook.grid() for row, change in [(each.row, each.change)]))  # fmt: skip


def _copy(connection: "Connection[Any]", table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    names = sql.SQL(", ").join(sql.Identifier(name.strip()) for name in columns.split(","))
    command = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier("scenario", table), names)
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        for row in rows:
            copy.write_row(row)


def queue_at(
    connection: "Connection[Any]", municipality_no: str, run_id: int, months: Sequence[int]
) -> dict[tuple[str, int], tuple[float, float]]:
    """By category and month the queue's p10 and p90."""
    rows = connection.execute(
        "select housing_category, month, p10, p90 from scenario.result where municipality_no = %s and run_id = %s"
        " and figure = 'ko' and month = any(%s) order by housing_category, month",
        [municipality_no, run_id, list(months)],
    )
    return {(category, month): (low, high) for category, month, low, high in rows}


def compared(connection: "Connection[Any]", municipality_no: str, one: str, other: str) -> list[str]:
    """Two scenarios side by side, a line for each category, with the intervals."""
    runs = [newest_run(connection, municipality_no, each) for each in (one, other)]
    found = []
    of = [queue_at(connection, municipality_no, run["run_id"], (12, 24, 36)) for run in runs]
    for category, month in of[0]:
        if (category, month) in of[1]:
            bands = " mot ".join(
                f"{words.whole(low)}–{words.whole(high)}" for low, high in (each[category, month] for each in of)
            )
            found.append(f"{words.name(category)}, {words.day(month_end(runs[0]['origin'], month))}: {bands} i kø")
    authors = " og ".join(
        f"«{run['name']}» (versjon {run['version']}, {run['made_by']}, {words.day(run['made_on'])})" for run in runs
    )
    return [f"{authors}, per {words.day(runs[0]['as_of'])}, 80 prosent intervall:", *found]


def tables_of(
    connection: "Connection[Any]", municipality_no: str, run_id: int, run: dict[str, Any]
) -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    """Everything that is kept of a run, by table: its columns and rows."""
    found = {}
    version = [municipality_no, run["scenario_id"], run["version"]]
    for table in ("scenario", "lever", "assumption"):
        query = sql.SQL("select * from scenario.{} where municipality_no = %s and scenario_id = %s and version = %s")
        cursor = connection.execute(query.format(sql.Identifier(table)), version)
        found[table] = ([column.name for column in cursor.description or ()], cursor.fetchall())
    for table in ("run", "result", "difference", "finance", "reach", "solution", "card"):
        query = sql.SQL("select * from scenario.{} where municipality_no = %s and run_id = %s order by 3, 4, 5")
        cursor = connection.execute(query.format(sql.Identifier(table)), [municipality_no, run_id])
        found[table] = ([column.name for column in cursor.description or ()], cursor.fetchall())
    return found


def workbook(connection: "Connection[Any]", municipality_no: str, scenario_id: str) -> bytes:
    """The newest run of a scenario as a workbook: assumptions, levers, all results, a sheet for each.

    Somebody's text stays text, also where it looks like a formula.
    """
    import io
    from datetime import datetime, time

    import xlsxwriter

    run = newest_run(connection, municipality_no, scenario_id)
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "remove_timezone": True})
    created = datetime.combine(run["as_of"], time())  # of the day of its figures, so that it is the same each time
    book.set_properties({"title": run["name"], "author": run["made_by"], "created": created})
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    for table, (columns, rows) in tables_of(connection, municipality_no, run["run_id"], run).items():
        sheet = book.add_worksheet(table)
        sheet.write_row(0, 0, columns)
        for place, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(place, column, value, day)
                elif isinstance(value, list | str):
                    sheet.write_string(place, column, value if isinstance(value, str) else "\n".join(map(str, value)))
                elif value is not None:
                    sheet.write(place, column, value)
    book.close()
    return content.getvalue()
