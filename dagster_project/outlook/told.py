"""What readers see of the outlook: views over `scenario` in which each number stands with interval, date and author.

Belongs here: the views `scenario.told_*`, in words. They show what was worked out on the newest delivery; of hindsight
all that was ever frozen. Does not belong here: how views are made (warehouse/views.py), and any sentence that a run
keeps (words.py). Nothing of dbt's is read: its tables take another shape from one night to the next.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from dagster_project.vocabulary import labels
from dagster_project.vocabulary.norwegian import NO_BREAK
from dagster_project.warehouse import OUTLOOK, views
from dagster_project.warehouse.views import View, label

if TYPE_CHECKING:
    from psycopg import Connection

PREFIX = "told_"

STATUSES = {"utkast": "Utkast", "til_behandling": "Til behandling", "vedtatt": "Vedtatt", "arkivert": "Arkivert"}
LEVERS = {
    "nye_boliger": "Nye boliger",
    "avgang_boliger": "Boliger som går ut",
    "omdisponering": "Omdisponering",
    "kortere_dodtid": "Kortere tid mellom leieforhold",
    "bosetting_flyktninger": "Bosetting av flyktninger",
    "leie_av_marked": "Leie som andel av markedsleien",
    "fornyelsesandel": "Andel kontrakter som fornyes",
    "startlan_til_leietaker": "Startlån til leietakere",
    "tilgang": "Tilgang til køen",
    "booppfolging": "Booppfølging",
}
MODES = {
    "overskudd": "bare overskudd",
    "alle": "alle som blir ledige",
    "straks": "straks (regnestykke)",
    "ved_skifte": "ved skifte av kontrakt",
    "kjoper_i_markedet": "kjøper i markedet",
    "kjoper_egen_bolig": "kjøper egen bolig",
    "faktor": "faktor",
    "antall": "antall",
}
WAITED_FOR = {
    "rehabilitering": "rehabilitering",
    "klargjoring": "klargjøring",
    "tildeling": "tildeling",
    "innflytting": "innflytting",
    "eiendom": "eiendomsforvaltningen",
    "felles": "felles ansvar",
    "ukjent": "ukjent",
}
ASSUMPTIONS = {
    "retur_andel": "Andel som må flytte og søker igjen",
    "ikke_marked_andel": "Andel som ikke kjøper eller leier privat",
    "bosetting_kommunal_andel": "Andel bosatte i kommunal bolig",
    "bosetting_okonomisk_andel": "Andel av dem i bolig for økonomisk vanskeligstilte",
    "kommunal_bostotte_andel": "Kommunal dekning av boutgift over taket",
    "ombygging_mnd": "Måneder med ombygging",
    "ombygging_kostnad": "Ombygging, kroner per bolig",
    "kostnad_bolig": "Ny bolig, kroner",
    "tilskudd_bolig": "Tilskudd, kroner per bolig",
    "rente": "Rente",
    "levetid": "Levetid, år",
    "drift_bolig": "Drift, kroner per bolig og år",
    "tjeneste_bolig": "Tjenester, kroner per bolig og år",
    "booppfolging_kostnad": "Booppfølging, kroner per husstand og år",
    "befolkningsvekst": "Befolkningsvekst per år",
}
# a lever's value as a meeting says it: what it is multiplied by, and its unit
UNITS = {
    "nye_boliger": (1, "boliger"),
    "avgang_boliger": (1, "boliger"),
    "omdisponering": (1, "boliger"),
    "kortere_dodtid": (1, "døgn"),
    "bosetting_flyktninger": (1, "per år"),
    "leie_av_marked": (100, "%"),
    "fornyelsesandel": (100, "%"),
    "startlan_til_leietaker": (1, "per år"),
    "tilgang": (100, "%"),
    "booppfolging": (1, "husstander"),
}
STATES = {
    "ok": "Prognose med intervall",
    "svak": "Få hendelser: bare intervallet",
}
FLAGS = {
    "nivaskifte_tilgang": "tilgangen har nytt nivå: siste tolv måneder",
    "nivaskifte_tildeling": "tildelingen har nytt nivå: siste tolv måneder",
    "lav_treff": "intervallet har truffet for sjelden",
    "seriebrudd": "etter brudd i serien",
}
# what a run says that no person wrote
WORKED_OUT = "Regnet ut"

_CATEGORIES = {**labels.of("housing_category"), "alle": "Alle køene samlet"}

# the runs on the delivery that the newest baseline is of, each with that baseline
_CURRENT = """
    (
        select
            run.municipality_no, run.run_id, run.scenario_id, run.version, run.load_id, run.origin, run.as_of, run.said,
            run.is_refused, run.method_version, baseline.run_id as baseline_id, made.name, made.made_by, made.made_on,
            made.scenario_status, made.horizon_months
        from scenario.run as baseline
        inner join scenario.run as run
            on baseline.municipality_no = run.municipality_no and baseline.load_id = run.load_id
        inner join scenario.scenario as made
            on run.municipality_no = made.municipality_no and run.scenario_id = made.scenario_id
            and run.version = made.version
        where
            baseline.run_id = (
                select max(newer.run_id) from scenario.run as newer
                where newer.municipality_no = baseline.municipality_no and newer.scenario_id = 'som_i_dag'
            )
            and run.run_id = (
                select max(newer.run_id) from scenario.run as newer
                where newer.municipality_no = run.municipality_no and newer.scenario_id = run.scenario_id
            )
    ) as run
"""
_BASELINE = "run.scenario_id = 'som_i_dag'"

_MUNICIPALITY = ("text", "run.municipality_no", "The municipality")
_SCENARIO = {
    "scenario": ("text", "run.name", "The scenario's name"),
}
# as one is chosen: with its author in the name, so that they stand where its figures are seen
_CHOSEN = {
    "scenario_no": (
        "text",
        "run.name || ' (' || run.made_by || ', ' || to_char(run.made_on, 'DD.MM.YYYY') || ')'",
        "The scenario with who made it and when",
    ),
}
# a number of a scenario is never told without these
_OF_RUN = {
    "made_by": ("text", "run.made_by", "Who made the scenario"),
    "made_on": ("date", "run.made_on", "When"),
    "version": ("integer", "run.version", "The scenario's version"),
    "as_of": ("date", "run.as_of", "The day that the delivery closes on which it was worked out"),
}


def _category(expression: str, name: str = "category_no") -> dict[str, tuple[str, str, str]]:
    return {name: ("text", label(expression, _CATEGORIES, expression), "The housing category in words")}


def _whole(value: str) -> str:
    return f"floor({value} + 0.5)::integer"


def _band(low: str, high: str) -> str:
    """An interval of households: 57–73."""
    return f"{_whole(low)} || '–' || {_whole(high)}"


def _decimal(value: str) -> str:
    """A number with one decimal: 4,3."""
    return f"replace(to_char({value}, 'FM999990.0'), '.', ',')"


def _tenth(value: str) -> str:
    return f"round(({value})::numeric, 1)"


def _nok(value: str) -> str:
    return f"round(({value})::numeric)"


def _chance(value: str) -> str:
    """A chance in per cent; of simulated paths nothing is impossible, and nothing certain."""
    return (
        f"case when {value} < 0.005 then 'under 1{NO_BREAK}%' when {value} >= 0.995 then 'over 99{NO_BREAK}%'"
        f" else {_whole(f'100 * {value}')} || '{NO_BREAK}%' end"
    )


def _month_end(month: str, origin: str = "run.origin") -> str:
    return f"((date_trunc('month', {origin}) + make_interval(months => {month} + 1))::date - 1)"


def _day(value: str) -> str:
    return f"to_char({value}, 'DD.MM.YYYY')"


def _amount(kind: str, value: str) -> str:
    """A lever's value with its unit, in figures that sort as they grow."""
    cases = " ".join(
        f"when '{name}' then lpad({_whole(f'{value} * {factor}')}::text, 3) || '{NO_BREAK}{unit}'"
        for name, (factor, unit) in UNITS.items()
    )
    return f"case {kind} {cases} end"


def _said() -> View:
    return View(
        "What must be said of each scenario, the sentences in their order. One row per municipality, scenario and"
        " sentence.",
        {
            "municipality_no": _MUNICIPALITY,
            "scenario_id": ("text", "run.scenario_id", "The scenario; som_i_dag: nothing is done"),
            **_SCENARIO,
            "sort_order": ("integer", "line.place", "The sentence's place; the first three sum up the baseline"),
            "sentence": ("text", "line.sentence", "The sentence, Norwegian"),
            **_OF_RUN,
        },
        f"{_CURRENT} cross join unnest(run.said) with ordinality as line (sentence, place)",
    )


def _queue() -> View:
    return View(
        "The queue of each scenario by month: what was, the interval that comes, and that of nothing done beside it."
        " One row per municipality, scenario, category and month.",
        {
            "municipality_no": _MUNICIPALITY,
            "scenario_id": ("text", "run.scenario_id", "The scenario"),
            **_SCENARIO,
            **_CHOSEN,
            **_category("base.housing_category"),
            "month": ("integer", "base.month", "Months after the origin; 0 and before are facts"),
            "month_no": ("text", f"to_char({_month_end('base.month')}, 'YYYY-MM')", "The month"),
            "fact": ("double precision", "case when base.month <= 0 then base.expected end", "Households that waited"),
            "middle": (
                "double precision",
                "case when base.month >= 0 then own.p50 end",
                "Half of the simulated paths is below it; empty where only the interval may be shown",
            ),
            "low": ("double precision", "case when base.month >= 0 then own.p10 end", "The interval's lower bound"),
            "high": ("double precision", "case when base.month >= 0 then own.p90 end", "The interval's upper bound"),
            "as_is_low": (
                "double precision", "case when base.month > 0 then base.p10 end", "The lower bound if nothing is done",
            ),
            "as_is_high": (
                "double precision", "case when base.month > 0 then base.p90 end", "The upper bound if nothing is done",
            ),
            **_OF_RUN,
        },
        f"""
            {_CURRENT}
            inner join scenario.result as base
                on run.municipality_no = base.municipality_no and run.baseline_id = base.run_id and base.figure = 'ko'
            left join scenario.result as own
                on run.municipality_no = own.municipality_no and run.run_id = own.run_id and own.figure = 'ko'
                and base.housing_category = own.housing_category and base.month = own.month
            where not run.is_refused
            """,
    )  # fmt: skip


# of a run the queue of each category at the months that are told; lateral, for it is asked of one municipality
_AT = """
    inner join lateral (
        select
            housing_category,
            max(expected) filter (where month = 0) as waiting,
            max(p10) filter (where month = 12) as low_12, max(p90) filter (where month = 12) as high_12,
            max(p10) filter (where month = 24) as low_24, max(p90) filter (where month = 24) as high_24,
            max(p10) filter (where month = 36) as low_36, max(p90) filter (where month = 36) as high_36
        from scenario.result
        where
            result.municipality_no = run.municipality_no and result.run_id = run.run_id and figure = 'ko'
            and month in (0, 12, 24, 36)
        group by 1
    ) as at on true
"""


def _last_target(run_id: str, category: str, as_: str) -> str:
    """The last year's target of the queue within the horizon, with its chance in a run."""
    return f"""
        left join lateral (
            select green, period_end, p_green from scenario.reach
            where
                reach.municipality_no = run.municipality_no and reach.run_id = {run_id}
                and reach.housing_category = {category}
                and reach.metric_id = 'queue_waiting' and reach.period_type = 'year'
            order by period_end desc limit 1
        ) as {as_} on true
    """


_PLAN = """
    left join lateral (
        select max(newer.run_id) as run_id from scenario.run as newer
        where
            newer.municipality_no = run.municipality_no and newer.scenario_id = 'planen'
            and newer.load_id = run.load_id and not newer.is_refused
    ) as plan on true
"""


def _flags() -> str:
    said = " ".join(
        f"|| case when '{flag}' = any(estimate.flags) then '; {words}' else '' end" for flag, words in FLAGS.items()
    )
    return (
        f"case when estimate.state = 'for_tynn' then 'Ingen prognose: ' || estimate.reason_no"
        f" else {label('estimate.state', STATES)} {said} end"
    )


def _category_view() -> View:
    return View(
        "Each queue as it goes: today, what comes, and how likely its target is reached as it goes and with the plan."
        " One row per municipality and category.",
        {
            "municipality_no": _MUNICIPALITY,
            **_category("estimate.housing_category"),
            **_category("estimate.housing_category", "queue_no"),
            "waiting": ("integer", "at.waiting", "Households that wait at the origin"),
            "in_12_no": ("text", _band("low_12", "high_12"), "The interval in twelve months if nothing is done"),
            "in_36_no": ("text", _band("low_36", "high_36"), "The same in thirty-six months"),
            "goal_no": (
                "text",
                f"'≤{NO_BREAK}' || now.green || ' ' || {_day('now.period_end')}",
                "The target at the last year's end within the horizon",
            ),
            "chance_no": ("text", _chance("now.p_green"), "How likely it is reached as it goes"),
            "chance_plan_no": ("text", _chance("planned.p_green"), "How likely it is reached with the plan as adopted"),
            "coverage_no": (
                "text", "coverage.housed || ' av ' || coverage.needed",
                "Who came into a dwelling of those who needed one in the last twelve months",
            ),
            "basis_no": ("text", _flags(), "What the forecast rests on, or why there is none"),
            **_OF_RUN,
        },
        f"""
            {_CURRENT}
            {_AT}
            inner join scenario.estimate as estimate
                on run.municipality_no = estimate.municipality_no and run.origin = estimate.origin
                and estimate.parameter = 'hendelser' and at.housing_category = estimate.housing_category
            left join scenario.coverage as coverage
                on run.municipality_no = coverage.municipality_no and run.origin = coverage.origin
                and estimate.housing_category = coverage.housing_category
            {_PLAN}
            {_last_target("run.run_id", "estimate.housing_category", "now")}
            {_last_target("plan.run_id", "estimate.housing_category", "planned")}
            where {_BASELINE}
            """,
    )  # fmt: skip


_CHANGE = f"""
    case
        when change.mean = 0 and change.p10 = 0 and change.p90 = 0 then 'uendret'
        when change.mean is not null then
            {_whole("abs(change.mean)")} || case when change.mean <= 0 then ' færre (' else ' flere (' end
            || case
                when change.p10 < 0 and change.p90 > 0
                    then {_whole("change.p10")} || ' til +' || {_whole("change.p90")}
                else {_whole("least(abs(change.p10), abs(change.p90))")} || '–'
                    || {_whole("greatest(abs(change.p10), abs(change.p90))")}
            end || ')'
    end
"""


def _figure(name: str, as_: str) -> str:
    """A figure of the whole run at its horizon."""
    return f"""
        left join scenario.result as {as_}
            on run.municipality_no = {as_}.municipality_no and run.run_id = {as_}.run_id
            and {as_}.housing_category = 'alle' and {as_}.figure = '{name}' and {as_}.month = run.horizon_months
    """


def _scenario_view() -> View:
    return View(
        "The scenarios beside each other: the queue with its interval, what they change, whom they cost. One row per"
        " municipality, scenario and category.",
        {
            "municipality_no": _MUNICIPALITY,
            **_SCENARIO,
            **_CHOSEN,
            **_category("at.housing_category"),
            "sort_order": (
                "integer",
                "array_position(array['som_i_dag', 'planen', 'planen_egen_takt'], run.scenario_id)",
                "The order: nothing done first, then the plan; empty of others",
            ),
            "status_no": (
                "text",
                f"case when run.scenario_id in ('som_i_dag', 'planen_egen_takt') then '{WORKED_OUT}'"
                f" else {label('run.scenario_status', STATUSES)} end",
                "What has been decided of it",
            ),
            "in_12_no": ("text", _band("low_12", "high_12"), "The interval of the queue in twelve months"),
            "in_24_no": ("text", _band("low_24", "high_24"), "In twenty-four months"),
            "in_36_no": ("text", _band("low_36", "high_36"), "In thirty-six months"),
            "difference_no": (
                "text",
                _CHANGE,
                "What it changes at its horizon against nothing done, with its interval",
            ),
            "worse_off": ("integer", "worse.expected", "Households that pay more rent than now"),
            "cost_a_year_nok": ("bigint", _nok("cost.expected"), "What it costs the municipality in its last year"),
            "nok_per_household": ("bigint", _nok("price.expected"), "What a household that is housed costs"),
            **_OF_RUN,
        },
        f"""
            {_CURRENT}
            {_AT}
            left join scenario.difference as change
                on run.municipality_no = change.municipality_no and run.run_id = change.run_id
                and at.housing_category = change.housing_category and change.figure = 'ko'
                and change.month = run.horizon_months
            {_figure("leie_darligere_stilt", "worse")}
            {_figure("kostnad_per_ar", "cost")}
            {_figure("kroner_per_husstand", "price")}
            where not run.is_refused and at.low_12 is not null
            """,
    )


def _solution() -> View:
    return View(
        "What it takes to reach each target of a queue by new dwellings alone. One row per municipality and question.",
        {
            "municipality_no": _MUNICIPALITY,
            **_category("asked.housing_category", "queue_no"),
            "goal_no": (
                "text",
                f"'≤{NO_BREAK}' || asked.target || ' ' || {_day(_month_end('asked.by_month'))}",
                "The queue shall be no longer than this by this day",
            ),
            "ready_no": ("text", _day(_month_end("asked.ready_month")), "The month in which they are first let"),
            "without_no": ("text", _band("nothing.p10", "nothing.p90"), "The queue on the day with nothing done"),
            "even_no": ("text", "coalesce(asked.even::text, 'nås ikke')", "Dwellings for even chances"),
            "likely_no": ("text", "coalesce(asked.likely::text, 'nås ikke')", "Dwellings for four chances of five"),
            "as_expected": ("integer", "asked.as_expected", "Dwellings by the expected path alone: a sum, no chance"),
            "by_month": ("integer", "asked.by_month", "Months from the origin to the day"),
            **_OF_RUN,
        },
        f"""
            {_CURRENT}
            inner join lateral (
                select
                    housing_category, target, by_month, ready_month,
                    max(value) filter (where confidence = 0.5) as even,
                    max(value) filter (where confidence = 0.8) as likely,
                    max(value) filter (where confidence = 0) as as_expected
                from scenario.solution
                where solution.municipality_no = run.municipality_no and solution.run_id = run.run_id
                group by question_id, 1, 2, 3, 4
            ) as asked on true
            left join scenario.result as nothing
                on run.municipality_no = nothing.municipality_no and run.run_id = nothing.run_id
                and asked.housing_category = nothing.housing_category and nothing.figure = 'ko'
                and asked.by_month = nothing.month
            where {_BASELINE}
            """,
    )


def _grid() -> View:
    return View(
        "The queue with one lever at a time, at values that a meeting may turn, everything else as it goes. One row per"
        " municipality, lever, category, value and month.",
        {
            "municipality_no": _MUNICIPALITY,
            "lever_no": ("text", label("grid.lever", LEVERS, "grid.lever"), "The lever in words"),
            **_category("grid.housing_category"),
            "value": ("double precision", "grid.value", "How much of it"),
            "value_no": ("text", _amount("grid.lever", "grid.value"), "The same with its unit"),
            "month": ("integer", "grid.month", "Months after the origin"),
            "month_no": ("text", f"to_char({_month_end('grid.month')}, 'YYYY-MM')", "The month"),
            "middle": ("double precision", "grid.p50", "Half of the simulated paths is below it; may be empty"),
            "low": ("double precision", "grid.p10", "The interval's lower bound"),
            "high": ("double precision", "grid.p90", "The interval's upper bound"),
            **_OF_RUN,
        },
        f"""
            {_CURRENT}
            inner join scenario.grid as grid
                on run.municipality_no = grid.municipality_no and run.load_id = grid.load_id and grid.figure = 'ko'
            where {_BASELINE}
            """,
    )


_OF_RENT = "'leie_av_marked'"


def _rent() -> View:
    def of(figure: str) -> str:
        return f"max(expected) filter (where figure = '{figure}') as {figure}"

    figures = (
        *("leie_inntekt", "leie_stat", "leie_kommune", "leie_leietakere", "leie_kontrakter", "leie_kontrakter_okt"),
        *("leie_darligere_stilt", "leie_darligere_stilt_500", "leie_darligere_stilt_1000"),
    )
    return View(
        "Rents nearer the market's, all at once: what comes in a month, who carries it, and how many pay more. A sum,"
        " no forecast. One row per municipality and share of the market's rent.",
        {
            "municipality_no": _MUNICIPALITY,
            "value_no": (
                "text",
                f"{_amount(_OF_RENT, 'rent.value')} || case when leie_kontrakter_okt = 0 then ' (nå)' else '' end",
                "Share of the market's rent",
            ),
            "rent_nok": ("bigint", _nok("leie_inntekt"), "More rent a month"),
            "tenants_nok": ("bigint", _nok("leie_leietakere"), "Of it tenants carry"),
            "state_nok": ("bigint", _nok("leie_stat"), "Of it the state carries, as housing allowance"),
            "municipal_nok": ("bigint", _nok("leie_kommune"), "Of it the municipality carries itself"),
            "contracts": ("integer", "leie_kontrakter", "Contracts that run"),
            "raised": ("integer", "leie_kontrakter_okt", "Of them raised"),
            "worse_off": ("integer", "leie_darligere_stilt", "Households that pay more than now"),
            "worse_off_500": ("integer", "leie_darligere_stilt_500", "By over 500 kroner a month"),
            "worse_off_1000": ("integer", "leie_darligere_stilt_1000", "By over 1 000 kroner a month"),
            **_OF_RUN,
        },
        f"""
            {_CURRENT}
            inner join lateral (
                select value, {", ".join(map(of, figures))}
                from scenario.grid
                where grid.municipality_no = run.municipality_no and grid.load_id = run.load_id and lever = {_OF_RENT}
                group by value
            ) as rent on true
            where {_BASELINE}
            """,
    )


def _lever() -> View:
    return View(
        "What each scenario does. One row per municipality, scenario and lever.",
        {
            "municipality_no": _MUNICIPALITY,
            **_SCENARIO,
            "action_no": ("text", label("lever.lever", LEVERS, "lever.lever"), "The lever in words"),
            **_category("lever.housing_category", "queue_no"),
            "amount_no": ("text", f"ltrim({_amount('lever.lever', 'lever.value')})", "How much of it"),
            "from_on": ("date", "lever.from_on", "From when"),
            "to_on": ("date", "lever.to_on", "Until when"),
            "how_no": (
                "text",
                "nullif(concat_ws(', ',"
                f" {label('lever.mode', MODES, 'lever.mode')},"
                f" {label('lever.waits_for', WAITED_FOR, 'lever.waits_for')},"
                f" 'fra ' || {label('lever.from_category', _CATEGORIES)}), '')",
                "In which way",
            ),
            **_OF_RUN,
        },
        f"""
            {_CURRENT}
            inner join scenario.lever as lever
                on run.municipality_no = lever.municipality_no and run.scenario_id = lever.scenario_id
                and run.version = lever.version
            """,
    )


def _card() -> View:
    return View(
        "The same money for different groups, without a score and without a rank. One row per municipality, scenario"
        " and alternative.",
        {
            "municipality_no": _MUNICIPALITY,
            **_SCENARIO,
            "alternative": ("text", "card.alternative", "What the money buys"),
            "housed": (
                "double precision",
                _tenth("card.housed"),
                "Households that otherwise would not be housed, as expected",
            ),
            "years_no": (
                "text",
                f"{_decimal('card.years_averted')} || ' (' || {_decimal('averted.p10')} || '–'"
                f" || {_decimal('averted.p90')} || ')'",
                "Years of waiting that it averts, with their interval",
            ),
            "long_years": (
                "double precision",
                _tenth("card.long_years_averted"),
                "The same beyond the second year, as expected",
            ),
            "left_no": ("text", _band("waiting.p10", "waiting.p90"), "Who still waits at the horizon"),
            "smallest_no": (
                "text",
                f"card.coverage_housed || ' av ' || card.coverage_needed || ' (' ||"
                f" {label('card.coverage_category', _CATEGORIES)} || ')'",
                "The smallest coverage of the last twelve months, and whose it is",
            ),
            "cost_a_year_nok": ("bigint", _nok("card.cost_a_year_nok"), "What it costs a year for life"),
            **_OF_RUN,
        },
        f"""
            {_CURRENT}
            inner join scenario.card as card on run.municipality_no = card.municipality_no and run.run_id = card.run_id
            left join scenario.result as averted
                on run.municipality_no = averted.municipality_no and run.run_id = averted.run_id
                and card.housing_category = averted.housing_category and averted.figure = 'kort_ventear_spart'
            left join scenario.result as waiting
                on run.municipality_no = waiting.municipality_no and run.run_id = waiting.run_id
                and card.housing_category = waiting.housing_category and waiting.figure = 'kort_ko'
            """,
    )


# shares are read in per cent
_ASSUMED = f"""
    case
        when assumed.code = 'rente' or assumed.code like '%andel'
            then replace(rtrim(to_char(100 * assumed.value, 'FM990.99'), '.'), '.', ',') || '{NO_BREAK}%'
        else replace(to_char(assumed.value, 'FM999,999,999,990'), ',', '{NO_BREAK}')
    end
"""


def _assumption() -> View:
    return View(
        "What the scenarios take for granted, who says so, and the law's numbers that they reckon with. One row per"
        " municipality, scenario, code and category.",
        {
            "municipality_no": _MUNICIPALITY,
            **_SCENARIO,
            "assumption_no": ("text", label("assumed.code", ASSUMPTIONS, "assumed.code"), "What is assumed"),
            "queue_no": (
                "text",
                label("assumed.housing_category", {**_CATEGORIES, "alle": "Alle"}),
                "For which category it holds",
            ),
            "value": ("double precision", "assumed.value", "The value"),
            "amount_no": ("text", _ASSUMED, "The same as it is read"),
            "source": ("text", "assumed.source", "Who says so"),
            "valid_from": ("date", "assumed.valid_from", "From when; empty where it always holds"),
            **_OF_RUN,
        },
        f"""
            {_CURRENT}
            inner join scenario.assumption as assumed
                on run.municipality_no = assumed.municipality_no and run.scenario_id = assumed.scenario_id
                and run.version = assumed.version
            """,
    )


def _quality() -> View:
    return View(
        "How well the method would have foreseen each queue, against saying «as today». One row per municipality,"
        " category and horizon.",
        {
            "municipality_no": _MUNICIPALITY,
            **_category("tried.housing_category", "queue_no"),
            "horizon": ("integer", "tried.horizon", "Months ahead"),
            "inside_no": (
                "text", f"{_whole('tried.coverage * tried.n')} || ' av ' || tried.n",
                "How often what came lay within the interval",
            ),
            "width": ("double precision", _tenth("tried.width"), "The interval's mean width, in households"),
            "error": ("double precision", _tenth("tried.mae"), "Mean error of the middle, in households"),
            "error_as_is": ("double precision", _tenth("tried.mae_no_change"), "The same of saying «as today»"),
            "known_no": (
                "text",
                "case when tried.known_then then 'det som var levert da' else 'dagens rader, kuttet der' end",
                "What it was tried on",
            ),
            **_OF_RUN,
        },
        f"""
            {_CURRENT}
            inner join scenario.quality as tried
                on run.municipality_no = tried.municipality_no and run.origin = tried.origin
            where {_BASELINE}
            """,
    )  # fmt: skip


def _hindsight() -> View:
    return View(
        "What was foreseen and what came: every month of a frozen run that has come since. One row per municipality,"
        " run, category and month.",
        {
            "municipality_no": ("text", "run.municipality_no", "The municipality"),
            "scenario": ("text", "made.name", "The scenario"),
            **_category("foreseen.housing_category", "queue_no"),
            "month_no": ("text", f"to_char({_month_end('foreseen.month')}, 'YYYY-MM')", "The month that has come"),
            "foreseen_no": ("text", _band("foreseen.p10", "foreseen.p90"), "The interval that was said"),
            "fact": ("double precision", "fact.waiting", "What came"),
            "is_inside": ("boolean", "fact.waiting between foreseen.p10 and foreseen.p90", "Whether it lay within"),
            "frozen_by": ("text", "run.frozen_by", "Who froze the run"),
            "made_by": ("text", "made.made_by", "Who made the scenario"),
            "as_of": ("date", "run.as_of", "The day that the delivery closes on which it was said"),
        },
        f"""
            scenario.run as run
            inner join scenario.scenario as made
                on run.municipality_no = made.municipality_no and run.scenario_id = made.scenario_id
                and run.version = made.version
            inner join scenario.result as foreseen
                on run.municipality_no = foreseen.municipality_no and run.run_id = foreseen.run_id
                and foreseen.figure = 'ko' and foreseen.month > 0 and foreseen.p10 is not null
            -- as the newest run of those that have the month behind them says it
            inner join lateral (
                select result.expected as waiting
                from scenario.run as later
                inner join scenario.result
                    on later.municipality_no = result.municipality_no and later.run_id = result.run_id
                where
                    later.municipality_no = run.municipality_no and later.scenario_id = 'som_i_dag'
                    and result.figure = 'ko' and result.housing_category = foreseen.housing_category
                    and result.month <= 0
                    and {_month_end("result.month", "later.origin")} = {_month_end("foreseen.month")}
                order by later.run_id desc limit 1
            ) as fact on true
            where run.is_frozen
            """,
    )


def _chance_view() -> View:
    return View(
        "How likely the target that is furthest away is reached: of the whole where that has a forecast, else of the"
        " category that is least likely to. One row per municipality and metric.",
        {
            "municipality_no": _MUNICIPALITY,
            "metric_id": ("text", "target.metric_id", "The metric"),
            "reach_no": (
                "text",
                f"{_chance('target.p_green')} || coalesce(', med planen ' || {_chance('planned.p_green')}, '')"
                f" || ' (' || case when target.housing_category = 'alle' then '' else"
                f" {label('target.housing_category', _CATEGORIES)} || ': ' end"
                f" || '≤{NO_BREAK}' || target.green || ' ' || {_day('target.period_end')} || ')'",
                "The chance as it goes and with the plan as adopted, of which target",
            ),
            **_OF_RUN,
        },
        f"""
            {_CURRENT}
            inner join lateral (
                select distinct on (reach.metric_id) reach.*
                from scenario.reach
                where
                    reach.municipality_no = run.municipality_no and reach.run_id = run.run_id
                    and reach.p_green is not null and reach.period_type = 'year'
                order by
                    reach.metric_id, reach.housing_category <> 'alle', reach.period_end desc, reach.p_green,
                    reach.housing_category
            ) as target on true
            {_PLAN}
            left join scenario.reach as planned
                on run.municipality_no = planned.municipality_no and plan.run_id = planned.run_id
                and target.metric_id = planned.metric_id and target.housing_category = planned.housing_category
                and target.period_type = planned.period_type and target.period_end = planned.period_end
            where {_BASELINE}
            """,
    )


def _need() -> View:
    def at(component: str, years: int, alternative: str = "hoved") -> str:
        return (
            f"max(need.value) filter (where need.component = '{component}' and need.horizon_years = {years}"
            f" and need.alternative = '{alternative}')"
        )

    def between(years: int) -> str:
        low, high = (at("udekket", years, alternative) for alternative in ("lav", "hoy"))
        return f"case when round({low}) = round({high}) then round({low})::text else {_band(low, high)} end"

    return View(
        "The need of each group beside the stock: households without the dwelling that they need, adopted measures in"
        " it; today, in four and in twelve years. One row per municipality, group and kind of dwelling.",
        {
            "municipality_no": ("text", "need.municipality_no", "The municipality"),
            "need_group": ("text", "need.need_group", "The group"),
            "need_dwelling_type": ("text", "need.need_dwelling_type", "ordinar or tilpasset"),
            "need_group_no": ("text", label("need.need_group", labels.of("need_group")), "The group in words"),
            "need_type_no": (
                "text", label("need.need_dwelling_type", labels.of("need_dwelling_type")), "The same in words",
            ),
            "dwellings": ("integer", at("boliger", 0), "Dwellings in stock; empty where the group has none of its own"),
            "need_now": ("integer", f"round({at('udekket', 0)})", "Uncovered need today"),
            "need_4y": ("integer", f"round({at('udekket', 4)})", "In four years, main alternative"),
            "need_4y_no": ("text", between(4), "The same in the low and the high alternative"),
            "need_12y": ("integer", f"round({at('udekket', 12)})", "In twelve years: a sum, and no forecast"),
            "need_12y_no": ("text", between(12), "The same in the low and the high alternative"),
            "new_dwellings": (
                "integer", at("nye_boliger", 4),
                "New dwellings in four years, beyond adopted measures, so that nobody must wait longer than a year",
            ),
            "made_by": ("text", "'Datavarehuset'", "Who worked it out: the warehouse, after the night"),
            "as_of": ("date", "max(overview.as_of)", "The day that the delivery closes"),
        },
        """
            scenario.need as need
            inner join scenario.need_overview as overview
                on need.municipality_no = overview.municipality_no and need.need_version = overview.need_version
            -- of the newest delivery; barnefamilie is a part of the others
            where need.need_version = 0 and need.need_group <> 'barnefamilie'
            group by need.municipality_no, need.need_group, need.need_dwelling_type
            """,
    )  # fmt: skip


@cache
def told() -> dict[str, View]:
    """Every view, by its name."""
    made = {
        "said": _said(),
        "queue": _queue(),
        "category": _category_view(),
        "scenario": _scenario_view(),
        "solution": _solution(),
        "grid": _grid(),
        "rent": _rent(),
        "lever": _lever(),
        "card": _card(),
        "assumption": _assumption(),
        "quality": _quality(),
        "hindsight": _hindsight(),
        "chance": _chance_view(),
        "need": _need(),
    }
    return {f"{PREFIX}{name}": view for name, view in made.items()}


def prepare(connection: "Connection[Any]") -> None:
    """Make sure that the views are there as this version of the code has them. Repeatable."""
    views.prepare(connection, OUTLOOK, "Forecasts and scenarios, as they are kept and as they are told", told(), PREFIX)
