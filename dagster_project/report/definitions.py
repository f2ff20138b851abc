"""The definitions page: what every figure means, where it comes from, who answers for it, and what it meant before.

Belongs here: the page, made of the catalogue, the targets and the versions that published or closed.
Does not belong here: the definitions themselves (dbt/macros/catalogue).
"""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.night import holding
from dagster_project.settings import Settings
from dagster_project.vocabulary import catalogue, labels, norwegian
from dagster_project.vocabulary.periods import period_of

if TYPE_CHECKING:
    from psycopg import Connection

TEMPLATE = Path(__file__).with_name("definitions.html.j2")


def page(settings: Settings) -> str:
    """The page as HTML, whole in itself: nothing of it is fetched. Raises WarehouseError."""
    import jinja2

    with holding.opened(settings) as connection:
        owners, versions = _owners(connection), _versions(connection)
    perspectives: dict[str, list[dict[str, Any]]] = {name: [] for name in labels.of("perspective").values()}
    for metric_id, entry in catalogue.metrics().items():
        perspectives[labels.label("perspective", entry.perspective)].append(
            {
                "id": metric_id,
                "name": entry.name_no,
                "definition": entry.definition_no,
                "caveat": entry.caveat_no,
                "unit": entry.unit,
                "direction": labels.label("direction", entry.direction),
                "dimensions": norwegian.capitalised(
                    norwegian.listing(
                        [norwegian.in_sentence(labels.label("dimension", dimension)) for dimension in entry.dimensions]
                    )
                ),
                "sources": entry.sources,
                "owners": owners.get(metric_id, []),
                "version": catalogue.definition_version(metric_id),
                "versions": versions.get(metric_id, []),
            }
        )
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(TEMPLATE.read_text("utf-8")).render(perspectives=perspectives)


def _owners(connection: "Connection[Any]") -> dict[str, list[str]]:
    """Who owns the targets that hold now, by metric; none before anything is published."""
    if connection.execute("select to_regclass('marts.fct_target')").fetchone() == (None,):
        return {}
    rows = connection.execute(
        """
        select metric_id, array_agg(distinct target_owner order by target_owner)
        from (
            select distinct on (municipality_no, metric_id, dimension, dimension_value, period_type)
                metric_id, target_owner
            from marts.fct_target
            order by municipality_no, metric_id, dimension, dimension_value, period_type, valid_from desc
        ) as held
        group by metric_id
        """
    )
    return dict(rows.fetchall())


def _versions(connection: "Connection[Any]") -> dict[str, list[dict[str, Any]]]:
    """The versions of each metric's definition that published or closed, the newest first."""
    rows = connection.execute(
        """
        select
            version.metric_id, version.definition_version, version.definition_no, min(version.kept_at)::date,
            coalesce(
                jsonb_agg(distinct jsonb_build_array(closing.period_start, closing.period_type))
                filter (where closing.period_start is not null),
                '[]'
            )
        from scorecard.definition_version as version
        left join scorecard.closing on version.code_version = closing.code_version
        group by version.metric_id, version.definition_version, version.definition_no
        order by version.metric_id, min(version.kept_at) desc
        """
    )
    versions: dict[str, list[dict[str, Any]]] = {}
    for metric_id, version, definition, since, periods in rows:
        closed = [norwegian.period(period_of(type_, date.fromisoformat(start))) for start, type_ in sorted(periods)]
        versions.setdefault(metric_id, []).append(
            {"version": version, "definition": definition, "since": norwegian.short_day(since), "closed": closed}
        )
    return versions
