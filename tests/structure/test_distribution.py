"""Every model keeps within a municipality: what lets one machine build some of them and another machine others.

Read from the compiled SQL: whatever is joined, counted, numbered or looked up is of one municipality, so that runs may
each build their own, and tables may be distributed by municipality_no (docs/scaling.md) without changing a model. A
table without the column belongs to no municipality and may be joined by anything: definitions, labels. So may a seed.
"""

from collections.abc import Iterator
from string import Template
from typing import Any

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from dagster_project import gate
from expectations import runner
from superset_assets import tree

NUMBER, OUTSIDE = "municipality_no", "(outside)"

Municipal = dict[str, bool]
"""Whether a relation has a column municipality_no, by its name."""


@pytest.fixture(scope="module")
def municipal(manifest: dict[str, Any]) -> Municipal:
    """Of every source, seed and model whether it has the column."""
    found: Municipal = {source["identifier"]: True for source in manifest["sources"].values()}  # the test below
    for node in manifest["nodes"].values():
        if node["resource_type"] == "seed":
            found[node["name"]] = False  # the code's own, the same everywhere: municipality numbers, labels
    models = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    while waiting := [node for name, node in models.items() if name not in found]:
        for node in waiting:
            if all(name.split(".")[-1] in found for name in node["depends_on"]["nodes"] if name.startswith("model.")):
                (*_, whole) = scopes(node["compiled_code"])
                found[node["name"]] = has_number(whole, found)
    return found


def scopes(sql: str) -> list[Scope]:
    """Every query of a statement, the innermost first."""
    return list(traverse_scope(sqlglot.parse_one(sql, dialect="postgres")))


def has_number(source: Scope | exp.Expression, municipal: Municipal) -> bool:
    """Whether the rows of a query or a table have the column."""
    if isinstance(source, exp.Table):
        return municipal[source.name]
    assert isinstance(source, Scope)
    query = source.expression
    if isinstance(query, exp.SetOperation):
        return has_number(source.set_operation_scopes[0], municipal)
    if not isinstance(query, exp.Select):
        return False  # values, unnest, generate_series
    return any(
        projection.alias_or_name == NUMBER
        or (projection.is_star and any(has_number(each, municipal) for each in starred(source, projection)))
        for projection in query.expressions
    )


def starred(scope: Scope, star: exp.Expression) -> list[Scope | exp.Expression]:
    """What a star stands for."""
    if isinstance(star, exp.Column):
        return [scope.sources[star.table]]
    return [source for _, source in scope.selected_sources.values()]


def faults(sql: str, municipal: Municipal) -> Iterator[str]:
    """What in a statement reaches over a municipality's border."""
    for scope in scopes(sql):
        query = scope.expression
        if isinstance(query, exp.Select):
            yield from (f"{what}: {query.sql('postgres')[:300]}" for what in of_query(scope, query, municipal))


def of_query(scope: Scope, query: exp.Select, municipal: Municipal) -> Iterator[str]:
    inside = {name for name, (_, source) in scope.selected_sources.items() if has_number(source, municipal)}
    if not inside:
        return
    groups = joined(inside | ({OUTSIDE} if is_nested(scope) else set()), links(scope, query, inside))
    if len(groups) > 1:
        yield f"{' and '.join(sorted(' '.join(sorted(group)) for group in groups))} are not joined by {NUMBER}"
    if is_nested(scope):
        return  # its rows are those of one municipality, by what was just held
    for window in query.find_all(exp.Window):
        if window.parent_select is query and not partitions(window, query):
            yield f"a window is not by {NUMBER}"
    group = query.args.get("group")
    is_aggregated = any(call.parent_select is query for call in query.find_all(exp.AggFunc) if not_windowed(call))
    if (group or is_aggregated) and not (group and is_by_number(group, query)):
        yield f"what is counted is not by {NUMBER}"
    distinct = query.args.get("distinct")
    if distinct and not (names_number(distinct) if distinct.args.get("on") else has_number(scope, municipal)):
        yield f"distinct is not by {NUMBER}"


def is_nested(scope: Scope | None) -> bool:
    """Whether a query is asked for each row of another: a lateral one, exists, in, or one that gives a value."""
    return scope is not None and (scope.is_subquery or (scope.is_set_operation and is_nested(scope.parent)))


def links(scope: Scope, query: exp.Select, inside: set[str]) -> Iterator[tuple[str, str]]:
    """The pairs of tables whose numbers are held equal; of a nested query also with what is outside."""
    for equal in query.find_all(exp.EQ):
        sides = (equal.left, equal.right)
        if equal.parent_select is query and all(isinstance(side, exp.Column) and side.name == NUMBER for side in sides):
            tables = [side.table or next(iter(scope.selected_sources)) for side in sides]
            names = [table if table in scope.selected_sources else OUTSIDE for table in tables]
            yield names[0], names[1]
    for join in query.args.get("joins") or []:
        if NUMBER in [column.name for column in join.args.get("using") or []]:
            # what is joined with stands before it
            yield join.alias_or_name, next(name for name in scope.selected_sources if name in inside)


def is_by_number(group: exp.Group, query: exp.Select) -> bool:
    for each in group.expressions:
        if isinstance(each, exp.GroupingSets):
            if all(names_number(one) for one in each.expressions):
                return True
        # a number names a column of the result
        elif names_number(query.expressions[int(each.this) - 1] if isinstance(each, exp.Literal) else each):
            return True
    return False


def joined(names: set[str], linked: Iterator[tuple[str, str]]) -> list[set[str]]:
    """The tables in groups that hang together."""
    groups = [{name} for name in names]
    for one, other in linked:
        touched = [group for group in groups if one in group or other in group]
        groups = [group for group in groups if group not in touched] + [set().union(*touched)]
    return groups


def names_number(expression: exp.Expression) -> bool:
    return any(column.name == NUMBER for column in expression.find_all(exp.Column))


def not_windowed(call: exp.AggFunc) -> bool:
    parent = call.parent
    while isinstance(parent, (exp.Filter, exp.WithinGroup, exp.Order)):
        parent = parent.parent
    return not isinstance(parent, exp.Window)


def partitions(window: exp.Window, query: exp.Select) -> bool:
    by = window.args.get("partition_by") or []
    for named in query.args.get("windows") or []:
        if named.alias_or_name and named.this.name in {window.alias, getattr(window.this, "name", "")}:
            by = by + (named.args.get("partition_by") or [])
    return any(names_number(column) or column.name == NUMBER for column in by)


def test_models_and_their_tests_reach_over_no_municipality_border(
    manifest: dict[str, Any], municipal: Municipal
) -> None:
    found = [
        f"{node['name']}: {fault}"
        for node in manifest["nodes"].values()
        # a generic test (not_null, relationships) is dbt's own SQL
        if node["resource_type"] in ("model", "test") and not node.get("test_metadata")
        for fault in faults(node["compiled_code"], municipal)
    ]
    assert not found, "\n".join(found)


def test_the_gates_queries_reach_over_no_municipality_border(municipal: Municipal) -> None:
    for expectation in runner.expectations():
        query = expectation.arguments.get("unexpected_rows_query")
        if query:
            named = Template(query.replace("{batch}", expectation.table)).substitute(gate.parameters(published=True))
            assert not list(faults(named, municipal)), expectation.id


def test_the_dashboards_datasets_reach_over_no_municipality_border(manifest: dict[str, Any]) -> None:
    assets = tree.read(manifest)
    readers = {name.partition(".")[2]: NUMBER in columns for name, columns in assets.tables.items()}
    for slug in assets.datasets:
        assert not list(faults(assets.sql(slug), readers | {"publication": True})), slug


@pytest.mark.parametrize(
    "statement",
    [
        "select 1 from fct_stay as a inner join fct_contract as b on a.stay_id = b.stay_id",
        "select 1 from fct_stay as a, fct_contract as b where a.stay_id = b.stay_id",
        "select 1 from fct_stay as a inner join fct_contract as b using (stay_id)",
        "select 1 from fct_stay as a cross join fct_contract as b",
        "select 1 from fct_stay as a inner join fct_contract as b on a.municipality_no = b.municipality_no"
        " left join dim_dwelling as c on a.dwelling_id = c.dwelling_id",
        "with a as (select * from fct_stay) select 1 from a inner join fct_contract as b on a.stay_id = b.stay_id",
        "select 1 from fct_stay as a where exists (select 1 from fct_contract as b where a.stay_id = b.stay_id)",
        "select 1 from fct_stay as a where a.stay_id in (select stay_id from fct_contract)",
        "select (select max(started_on) from fct_contract) from fct_stay",
        "select 1 from fct_stay cross join lateral (select 1 from fct_contract where stay_id = fct_stay.stay_id) as c",
        "select row_number() over (partition by stay_id order by started_on) from fct_contract",
        "select row_number() over stay from fct_contract window stay as (partition by stay_id)",
        "select stay_id, count(*) from fct_contract group by stay_id",
        "select count(*) from fct_contract",
        "select municipality_no, area, count(*) from dim_dwelling group by grouping sets ((municipality_no), (area))",
        "select distinct stay_id from fct_contract",
        "select distinct on (stay_id) * from fct_contract order by stay_id",
    ],
)
def test_a_statement_that_reaches_over_the_border_is_found(statement: str, municipal: Municipal) -> None:
    assert list(faults(statement, municipal))


@pytest.mark.parametrize(
    "statement",
    [
        "select 1 from fct_stay as a inner join fct_contract as b using (municipality_no, stay_id)",
        "select 1 from fct_stay as a, fct_contract as b where a.municipality_no = b.municipality_no",
        "select 1 from fct_stay as a inner join metric_definition as b on a.stay_id = b.metric_id",
        "select (select max(b.started_on) from fct_contract as b where b.municipality_no = a.municipality_no)"
        " from fct_stay as a",
        "select municipality_no, count(*) from fct_contract group by 1",
        "select distinct * from fct_contract",
        "select count(*) over stay from fct_contract window stay as (partition by municipality_no, stay_id)",
    ],
)
def test_a_statement_that_keeps_within_is_not(statement: str, municipal: Municipal) -> None:
    assert not list(faults(statement, municipal))


def test_every_unique_key_of_what_is_published_begins_with_the_municipality(
    manifest: dict[str, Any], municipal: Municipal
) -> None:
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    for node in models:
        if not municipal[node["name"]]:
            continue
        held = [c["columns"] for c in node["constraints"] if c["type"] in ("primary_key", "unique")]
        # a constraint at a column is over that column alone
        held += [
            [column["name"]]
            for column in node["columns"].values()
            for constraint in column["constraints"]
            if constraint["type"] in ("primary_key", "unique")
        ]
        indexes = [index["columns"] for index in node["config"].get("indexes") or [] if index.get("unique")]
        for key in held + indexes:
            assert key[0] == NUMBER, f"{node['name']}: {key}"
    for test in manifest["nodes"].values():
        if test["resource_type"] == "test" and (test.get("test_metadata") or {}).get("name") == "unique":
            (name,) = {each.split(".")[-1] for each in test["depends_on"]["nodes"]}
            assert not municipal[name], f"{test['name']}: unique within a municipality is what can be held"
