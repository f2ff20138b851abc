"""Every statement keeps within a municipality: what keeps each one's people its own, and lets one machine build some
municipalities and another machine others.

Of dbt's models, read from the compiled SQL: whatever is joined, counted, numbered or looked up is of one municipality,
so that runs may each build their own, and tables may be distributed by municipality_no (docs/scaling.md) without
changing a model. A table without the column belongs to no municipality and may be joined by anything: definitions,
labels. So may a seed.

Of the project's own Python, read from its source: every table that a statement reads or writes is named together with
its municipality, for the keys of two registers may be alike, and no row is found by its place (ctid) alone, which says
nothing of whose it is: a table may lie in parts, each of which has the same places.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from string import Template
from typing import Any

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from dagster_project import warehouse
from dagster_project.landing import raw
from dagster_project.night import gate
from dagster_project.outlook import told
from dagster_project.settings import PROJECT_DIR
from dagster_project.warehouse.tables import RECORDS
from expectations import runner
from superset_assets.derive import dashboards

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
    queries = {
        expectation.id: expectation.arguments["unexpected_rows_query"].replace("{batch}", expectation.table)
        for expectation in runner.expectations()
        if "unexpected_rows_query" in expectation.arguments
    }
    for name, query in (queries | runner.batches()).items():
        assert not list(faults(Template(query).substitute(gate.parameters(published=True)), municipal)), name


def test_the_dashboards_datasets_reach_over_no_municipality_border(manifest: dict[str, Any]) -> None:
    assets = dashboards.read(manifest)
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


def test_what_is_told_of_the_outlook_reaches_over_no_municipality_border() -> None:
    every = {table.name: NUMBER in table.columns for table in RECORDS.tables.values() if table.schema == "scenario"}
    for name, view in told.told().items():
        assert next(iter(view.columns)) == NUMBER, name
        columns = ", ".join(f"({expression}) as {column}" for column, (_, expression, _) in view.columns.items())
        assert not list(faults(f"select {columns} from {view.rows}", every)), name


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


# ------------------------------------------------------------------------------------------------ the project's Python

ROOMS = ("dagster_project", "expectations", "superset_assets")
SCHEMAS = ("history", "raw", "landing", "intermediate", *warehouse.PUBLISHED_SCHEMAS)

# What is put into a statement stands for a table of municipalities where a table stands; what stands in parentheses
# there is a statement of its own, which is read where it is written.
PUT_IN, STATEMENT_PUT_IN = "put_in", "statement_put_in"

MADE_OF = r"create [a-z ]*table [^();]*\bas\s+(?=with\b|select\b)"
BEGINS = re.compile(rf"[\s(]*((select|insert into|update|delete from|with|merge into)\b|copy \(|{MADE_OF})", re.I)
DEFINES = re.compile(r"\s*(create|alter|comment on|do) ", re.I)
# a part of a statement
NAMES_A_TABLE = re.compile(
    rf"(\b(from|join|into|update|using)\s+|^\s*)({'|'.join(SCHEMAS)})\.\w+\s+(as|where|left|inner|cross|set|using|\(|$)",
    re.I,
)
# with what a part that begins so becomes one
WHOLE = {
    r"\s*from\b": "select ",
    r"\s*((left|inner|cross|full) )?join\b": f"select from {STATEMENT_PUT_IN} ",
    rf"\s*(({'|'.join(SCHEMAS)})\.\w|\(\{{\}}\))": "select from ",
}

# Statements, by some of their words, that are about the whole installation, and why.
ABOUT_ALL = {
    "select count(*) from scope": "whether the night has anything to do",
    "select count(*) from {}": "how many rows tonight's table has, for Dagster's page",
    "from landing.delivery where load_id = %s and status": "whose the load is, is what is asked; a load has one number",
    "select exists (select from {history} where {column}::{new}": "a column of every municipality gets another type",
    "select count(*) from scorecard.publication\n": "how many municipalities a night of batches has published",
    "delete from {} {}": "the condition is put in; definitions, which are nobody's, are replaced whole",
    "select {} from {} {}": "the same",
    "left join scorecard.closing on version.code_version": "which periods were closed by which definition, anywhere",
    "scorecard.publication\n            left join lateral": "a view, whose first column says it of every row",
    "select {} from {}": "what a person's own program asks: the border says whose it is",
    "select distinct {} from {}.{} order by 1 limit 2": "the first that a person sees: the same",
}


@dataclass(frozen=True)
class Text:
    """A string of the source; `{}` where something is put in."""

    place: str
    words: str


@cache
def texts() -> tuple[Text, ...]:
    """Every string of the project but its docstrings, and every file of SQL; what is added together is one."""
    files = [path for room in ROOMS for path in sorted((PROJECT_DIR / room).rglob("*.sql"))]
    paths = [path for room in ROOMS for path in sorted((PROJECT_DIR / room).rglob("*.py"))]
    return tuple(Text(str(path.relative_to(PROJECT_DIR)), path.read_text("utf-8")) for path in files) + tuple(
        Text(f"{path.relative_to(PROJECT_DIR)}:{line}", words)
        for path in paths
        for line, words in strings(ast.parse(path.read_text("utf-8")))
    )


def strings(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    words = written(node)
    if words is not None:
        yield node.lineno, words  # type: ignore[attr-defined]
    for child in ast.iter_child_nodes(node):
        if words is None or written(child) is None:
            yield from strings(child)


def written(node: ast.AST) -> str | None:
    """The words of a string, an f-string, or of what is added to one; None for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = [written(node.left), written(node.right)]
        return None if sides == [None, None] else "".join("{}" if side is None else side for side in sides)
    return None


def parsed(words: str) -> list[exp.Expression]:
    """The statements of a string. Raises sqlglot's ParseError."""
    sql = re.sub(r"%\(\w+\)s|%s", "$1", words).replace("%%", "%")
    sql = re.sub(r"\b(from|join)(\s+)\(\{\w*\}\)", rf"\1\2{STATEMENT_PUT_IN}", sql)
    sql = re.sub(MADE_OF, "", re.sub(r"'?\{\w*\}'?", PUT_IN, sql), flags=re.I)
    return [each for each in sqlglot.parse(sql, dialect="postgres") if each]


def unnamed(words: str, municipal: Municipal) -> Iterator[str]:
    """The tables of a string's statements that are read or written without their municipality."""
    for statement in parsed(words):
        made = {STATEMENT_PUT_IN, *(each.alias for each in statement.find_all(exp.CTE))}
        for query in statement.find_all(exp.Select, exp.Update, exp.Delete, exp.Insert):
            inside = [
                table
                for table in query.find_all(exp.Table)
                if owner(table) is query and table.name not in made and is_municipal(table, municipal)
            ]
            named = names(query, inside)
            yield from (table.sql("postgres") for table in inside if table.alias_or_name not in named)


def is_municipal(table: exp.Table, municipal: Municipal) -> bool:
    """Whether a table has the column; one that is put in, or of which nothing is known, is taken to."""
    if PUT_IN in (table.name, table.db):
        return {**municipal, **own()}.get(table.name, True)
    is_ours = table.db.removeprefix(warehouse.BUILD_PREFIX) in SCHEMAS or table.name in raw.raw_tables()
    return is_ours and {**municipal, **own()}.get(table.name, True)


@cache
def own() -> Municipal:
    """Of every record table whether it has the column."""
    return {table.name: NUMBER in table.columns for table in RECORDS.tables.values()}


def owner(node: exp.Expression) -> exp.Expression | None:
    return node.find_ancestor(exp.Select, exp.Update, exp.Delete, exp.Insert)


def names(query: exp.Expression, inside: list[exp.Table]) -> set[str]:
    """The tables whose municipality a query names: in a condition, or in what it gives, groups by or writes."""
    everything = {table.alias_or_name for table in inside}
    if isinstance(query, exp.Insert):
        given = query.this.expressions if isinstance(query.this, exp.Schema) else query.expression.expressions
        return everything if {NUMBER, PUT_IN} & {each.alias_or_name for each in given} else set()
    joins = query.args.get("joins") or []
    if any(column.name == NUMBER for join in joins for column in join.args.get("using") or []):
        return everything
    places = [query.args.get(name) for name in ("where", "group", "distinct")] + [join.args.get("on") for join in joins]
    found: set[str] = set()
    for place in places + (query.expressions if isinstance(query, exp.Select) else []):
        for column in [place] if place and place.is_star else place.find_all(exp.Column) if place else ():
            if column.is_star or (column.name == NUMBER and owner(column) is query):
                table = column.table if isinstance(column, exp.Column) else ""
                found |= {table} if table else everything if len(inside) == 1 else set()
    return found


def finds_by_place(words: str) -> bool:
    """Whether a string asks for rows by where they lie."""
    return bool(re.search(r"\bctid\b", words, re.I))


# Words with a place that find no row by it alone, and why.
BESIDE_THE_KEY = {
    "h.ctid = d.gone": "is added to a condition on municipality and key, where history lies whole",
    "(select ctid as at, * from {history} where municipality_no = {no}": "only reads the place",
}


def test_no_statement_finds_rows_by_their_place() -> None:
    found = [text for text in texts() if finds_by_place(text.words)]
    assert [
        f"{text.place}: {text.words[:160]}" for text in found if not any(part in text.words for part in BESIDE_THE_KEY)
    ] == []
    assert all(any(part in text.words for text in found) for part in BESIDE_THE_KEY)


def is_exempt(words: str) -> bool:
    return any(part in words for part in ABOUT_ALL)


def test_every_statement_of_python_names_the_municipality(municipal: Municipal) -> None:
    found, read = [], 0
    for text in texts():
        if not is_read(text.words):
            continue
        read += 1
        try:
            faults = list(unnamed(whole(text.words), municipal))
        except sqlglot.ParseError as error:
            faults = [f"cannot be read ({error.errors[0]['description']}); write it so that it can"]
        if not is_exempt(text.words):
            found += [f"{text.place}: {fault}: {' '.join(text.words.split())[:160]}" for fault in faults]
    assert not found, "\n".join(found)
    assert read > 150


def is_read(words: str) -> bool:
    """Whether a string is a statement on rows, or a part of one."""
    return bool(BEGINS.match(words) or (NAMES_A_TABLE.search(words) and not DEFINES.match(words)))


def whole(words: str) -> str:
    """A statement, or a part of one made whole."""
    return next((before for begins, before in WHOLE.items() if re.match(begins, words, re.I)), "") + words


def test_what_is_exempt_is_there() -> None:
    assert {part for part in ABOUT_ALL if not any(part in text.words for text in texts())} == set()


@pytest.mark.parametrize(
    "words",
    [
        "select key from {0} except select {1}::text from {2} where ctid not in (select at from {0})",
        "select to_jsonb(held) from history.allocation__application as held where ctid = %s",
        "delete from {} where ctid in (select at from {} where municipality_no = %s)",
        "delete from marts.fct_stay where stay_id = %s",
        "update history.property__tenancy set kontrakt_id = null where forrige_kontrakt_id in (select 'K1')",
        "update {0} as t set {1} = new from renaming where t.{1} = old",
        "select a.value from scorecard.reported as a inner join scorecard.closing as b using (period_start)"
        " where a.municipality_no = %(no)s",
        "select count(*) from scorecard.metric_value",
        "insert into landing.erased_person values (%s, %s)",
        "create temporary table found on commit drop as select soknad_id from history.allocation__application",
        "select soknad_id from allocation__application where load_id = %s",
        "select 1 from scorecard.reported where exists (select from marts.fct_stay where municipality_no = '0220')",
        "from scorecard.reported where revision = %s",
        "scorecard.publication left join landing.delivery on publication.load_id = delivery.load_id",
    ],
)
def test_a_statement_of_python_that_names_none_is_found(words: str, municipal: Municipal) -> None:
    assert is_read(words)
    assert list(unnamed(whole(words), municipal)) and not is_exempt(words)


@pytest.mark.parametrize(
    "words",
    [
        "update {history} set loads = loads - {loads} where municipality_no = {no} and ctid = any(array(select gone))",
        "delete from marts.fct_stay where CTID = '(0,1)'",
        "select (history.ctid, 1) from history.allocation__application as history where municipality_no = '0220'",
    ],
)
def test_a_statement_that_finds_rows_by_their_place_is_found(words: str) -> None:
    assert finds_by_place(words)


@pytest.mark.parametrize(
    "words",
    [
        "select {columns} from history.{0} where municipality_no = %s and loads @> %s::bigint",
        "update {} as h set loads = %s from difference as d where h.municipality_no = {no} and h.sak_id = d.sak_id",
        "select municipality_no, count(*) from scorecard.revision group by 1",
        "select * from scorecard.publication order by municipality_no",
        "select name_no from scorecard.metric_definition where metric_id = %s",
        "select a.value from scorecard.reported as a inner join scorecard.closing using (municipality_no, revision)",
        "insert into {} ({}) select {} from {} where municipality_no = any(%s)",
    ],
)
def test_a_statement_of_python_that_names_them_is_not(words: str, municipal: Municipal) -> None:
    assert not list(unnamed(whole(words), municipal))
