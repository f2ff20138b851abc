"""What an overview says besides its figures, as it was when it was made: all that its files are set from.

Belongs here: gathering it, fit for JSON; no person stands in it. Does not belong here: figures (reckoning.py), and how
anything looks (document.py, dataset.py).
"""

from typing import TYPE_CHECKING, Any, LiteralString

from psycopg.rows import dict_row

from dagster_project.needs.reckoning import HIGH, HORIZONS, LOW, MAIN, MONTHS, UNCOVERED, Reckoning
from dagster_project.outlook.series import month_end
from dagster_project.vocabulary import labels

if TYPE_CHECKING:
    from psycopg import Connection

Content = dict[str, Any]


def gather(connection: "Connection[Any]", reckoned: Reckoning) -> Content:
    """All that the files of an overview say besides the figures."""
    basis, on = reckoned.basis, reckoned.on
    number = basis.published.municipality_no
    terms = {"no": number, "on": on, "load": basis.published.load_id}

    def rows(query: LiteralString) -> list[dict[str, Any]]:
        with connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, terms).fetchall()

    names = rows(_NAME)
    registered = basis.records.registered
    return {
        "municipality": f"{names[0]['name']} kommune" if names and names[0]["name"] else f"Kommune {number}",
        "window_from": month_end(reckoned.origin, -reckoned.window).isoformat(),
        "origin": reckoned.origin.isoformat(),
        "rates": [
            {
                "housing_category": category, "state": each.state, "reason": each.reason,
                "intake": each.intake.mean, "allocated": each.allocated.mean, "attrition": each.attrition.mean,
                "events": sum(each.counts), "counts": list(each.counts), "waiting": each.waiting,
                "flags": list(each.flags),
            }
            for category, each in reckoned.estimates.items()
        ],
        "groups": [
            {
                "housing_category": each.category, "need_group": each.name, "need_dwelling_type": each.dwelling_type,
                "age_from": each.age_from, "age_to": each.age_to, "reason": each.reason,
                "projected_to": {
                    alternative.name: basis.population.growth(
                        reckoned.origin, HORIZONS[-1] * MONTHS, alternative.projection, (each.age_from, each.age_to)
                    )[1]
                    for alternative in (LOW, MAIN, HIGH)
                },
            }
            for each in basis.groups.values()
        ],
        "register": None if registered is None else {
            "rows": len(registered),
            "ahead": sum(each.wanted_from_on > on and each.status in ("meldt", "kartlagt") for each in registered),
        },
        "coefficients": [
            {"need_group": each.need_group, "prevalence": each.prevalence, "share_without": each.share_without,
             "source": each.source, "valid_from": each.valid_from.isoformat()}
            for each in basis.records.coefficients
        ],
        "measures": [
            {"housing_category": each.category, "dwellings": each.dwellings,
             "planned_end_on": each.planned_end_on.isoformat()}
            for each in basis.measures
        ],
        "measures_for_all": rows(_FOR_ALL)[0]["dwellings"],
        "delivered_rate": reckoned.own.delivered_rate,
        "settled_a_year": basis.settled_a_year,
        "parties": rows(_PARTIES),
        "between": rows(_BETWEEN),
        "quality": rows(_QUALITY),
        "earlier": rows(_EARLIER),
        "label": {name: labels.of(name) for name in ("need_group", "need_dwelling_type", "housing_category")},
    }  # fmt: skip


_NAME: LiteralString = "select name from marts.dim_municipality where municipality_no = %(no)s and is_present"

_FOR_ALL: LiteralString = """
    select coalesce(sum(dwellings_planned - coalesce(dwellings_delivered, 0)), 0)::float8 as dwellings
    from marts.fct_measure
    where
        municipality_no = %(no)s and measure_status in ('planlagt', 'pagar', 'forsinket') and adopted_on <= %(on)s
        and target_group = 'alle' and dwellings_planned > coalesce(dwellings_delivered, 0)
"""

_PARTIES: LiteralString = """
    select party_name, party_role, took_part_on::text, party_note from marts.fct_need_party
    where municipality_no = %(no)s and coalesce(took_part_on <= %(on)s, true)
    order by party_role desc, took_part_on, party_name
"""

# of the last whole year by the day; a count behind it says how many it is a share of
_BETWEEN: LiteralString = """
    select distinct on (metric_id) metric_id, name_no, definition_no, period_start::text, value, numerator, denominator
    from scorecard.metric_value
    inner join scorecard.metric_definition using (metric_id)
    where
        municipality_no = %(no)s and metric_id in ('refused_without_help_12m', 'evicted_to_temporary_90d')
        and period_type = 'year' and dimension = 'total' and value is not null
        and period_start + interval '1 year' <= %(on)s::date + 1
    order by metric_id, period_start desc
"""

_QUALITY: LiteralString = """
    select source, table_name, count(distinct (file, line))::integer as rows
    from landing.quarantined_row
    where load_id = %(load)s and municipality_no = %(no)s
    group by source, table_name order by source, table_name
"""

# as it was said then: the newest frozen overview of an earlier day
_EARLIER: LiteralString = f"""
    select
        overview.need_version, overview.need_date::text, need.need_group, need.need_dwelling_type, need.horizon_years,
        need.value
    from scenario.need_overview as overview
    inner join scenario.need as need using (municipality_no, need_version)
    where
        overview.municipality_no = %(no)s and need.component = '{UNCOVERED}' and need.alternative = '{MAIN.name}'
        and overview.need_version = (
            select need_version from scenario.need_overview as before
            where before.municipality_no = %(no)s and before.need_version > 0 and before.need_date < %(on)s
            order by need_date desc, need_version desc limit 1
        )
    order by need.need_group, need.need_dwelling_type, need.horizon_years
"""
