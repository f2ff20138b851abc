"""What somebody types into a chart or into SQL Lab reaches no further than its login may, and stops nobody else."""

from typing import Any

import pytest

from dagster_project import warehouse
from dagster_project.settings import Settings
from superset_assets import rest, tree
from tests.bi.conftest import Login
from tests.bi.test_roles import ask_sql, dataset_number, refused

pytestmark = pytest.mark.attack

# expressions, each a text: what runs SQL that it is given, reads files or sessions, changes something, or waits
REACHING = (
    "query_to_xml('select * from marts.dim_dwelling', true, true, '')::text",
    "query_to_xml('select 1', true, true, '')::text",
    "query_to_xml_and_xmlschema('select 1', true, true, '')::text",
    "table_to_xml('marts.dim_dwelling', true, true, '')::text",
    "schema_to_xml('dashboards', true, true, '')::text",
    "database_to_xml(true, true, '')::text",
    "ts_rewrite('a'::tsquery, 'select ''a''::tsquery, ''b''::tsquery')::text",
    "(ts_stat('select ''a b''::tsvector'))::text",
    "set_config('statement_timeout', '0', false)",
    "set_config('default_transaction_read_only', 'off', false)",
    "lo_create(4242)::text",
    "lo_from_bytea(4243, 'x')::text",
    "pg_try_advisory_lock(hashtext('bolig.night'), 0)::text",
    "pg_advisory_lock(hashtext('bolig.prepare'), 0)::text",
    "pg_notify('bolig', 'x')::text",
    "pg_logical_emit_message(false, 'x', 'x')::text",
    "pg_sleep(0)::text",
    "pg_terminate_backend(1)::text",
    "pg_cancel_backend(1)::text",
    "pg_read_file('/etc/passwd')",
    "pg_ls_dir('.')::text",
    "pg_export_snapshot()",
    "pg_stat_get_activity(null)::text",
    "current_setting('data_directory')",
    "nextval('scorecard.none')::text",
)
# a subquery is refused by Superset, and what it would read by the server
SUBQUERIES = (
    "(select max(address) from staging.stg_property__dwelling)",
    "(select max(dwelling_id) from marts.dim_dwelling)",
    "(select max(rolpassword) from pg_authid)",
)
# statements that are no query
STATEMENTS = (
    "alter role current_user password 'x'",
    "alter role bolig_sqllab password 'x'",
    "alter role bolig_sqllab set statement_timeout = 0",
    "alter role bolig_dashboards password 'x'",
    "set statement_timeout = 0",
    "set default_transaction_read_only = off",
    "set session characteristics as transaction read write",
    "set role bolig_owner",
    "reset all",
    "begin read write",
    "commit",
    "drop owned by current_user",
    "reassign owned by current_user to bolig_reader",
    "lock table marts.dim_dwelling in access share mode",
    "listen bolig",
    "notify bolig, 'x'",
    "do $$ begin perform 1; end $$",
    "copy (select 1) to '/tmp/bolig'",
    "copy (select 1) to program 'id'",
    "prepare mine as select 1",
    "explain analyze select lo_create(4244)",
    "create temporary table mine (a int)",
    "create function pg_temp.mine() returns int language sql as 'select 1'",
    "select 1 into marts.mine",
    "with gone as (delete from scorecard.metric_value returning 1) select * from gone",
    "comment on schema marts is 'x'",
    "grant select on marts.dim_dwelling to public",
    "load 'plpgsql'",
    "vacuum",
    "checkpoint",
)


def custom(sql: str) -> dict[str, Any]:
    return {"expressionType": "SQL", "sqlExpression": sql, "label": "egen"}


def metric(sql: str) -> dict[str, Any]:
    return {"expressionType": "SQL", "sqlExpression": sql, "label": "egen", "hasCustomLabel": True}


# where a chart takes an expression that somebody writes
PLACES: dict[str, Any] = {
    "column": lambda sql: {"columns": [custom(sql)], "metrics": ["rows"]},
    "metric": lambda sql: {"columns": [], "metrics": [metric(f"max({sql})")]},
    "order": lambda sql: {"columns": ["area"], "metrics": ["rows"], "orderby": [[metric(f"max({sql})"), True]]},
    "where": lambda sql: {"columns": ["area"], "metrics": ["rows"], "extras": {"where": f"({sql} <> 'x')"}},
    "having": lambda sql: {"columns": ["area"], "metrics": ["rows"], "extras": {"having": f"(max({sql}) <> 'x')"}},
    "filter": lambda sql: {
        "columns": ["area"],
        "metrics": ["rows"],
        "filters": [{"col": custom(sql), "op": "!=", "val": "x"}],
    },
}


@pytest.fixture(scope="module")
def draw(login: Login) -> Any:
    """What a Leder's chart of their own answers, an expression at a place of it."""
    leder, number = login("leder"), dataset_number(login("bolig_import"), "boliger")

    def run(place: str, sql: str) -> Any:
        query = {"row_limit": 5, "filters": [], "extras": {}} | PLACES[place](sql)
        body = {
            "datasource": {"id": number, "type": "table"},
            "force": True,
            "queries": [query],
            "result_format": "json",
            "result_type": "full",
        }
        answer = leder.post("/api/v1/chart/data", body)["result"][0]
        if answer.get("error"):
            raise rest.SupersetRefused(str(answer["error"]))
        return answer["data"]

    return run


@pytest.fixture(scope="module", autouse=True)
def unharmed(login: Login, dashboards: Settings, draw: Any) -> Any:
    """Whatever was tried, the dashboards, SQL Lab and the server are as before."""
    yield
    assert draw("column", "upper('a')")
    assert ask_sql(login, "analytiker", "select 1 as one")["data"] == [{"one": 1}]
    with warehouse.connect(dashboards) as connection:
        assert connection.execute("select count(*) from pg_largeobject_metadata").fetchone() == (0,)
        assert connection.execute("select count(*) from pg_locks where locktype = 'advisory'").fetchone() == (0,)


@pytest.mark.parametrize("place", PLACES)
def test_a_chart_takes_an_expression_and_none_that_reaches_beyond_its_rows(draw: Any, place: str) -> None:
    # it is the expression that is refused, not the place
    assert draw(place, "upper('a')")
    for sql in (*REACHING, *SUBQUERIES):
        with pytest.raises(rest.SupersetRefused) as said:
            draw(place, sql)
        assert "permission denied" in str(said.value) or "subquer" in str(said.value).lower(), (sql, str(said.value))


@pytest.mark.parametrize("place", ["where", "having"])
def test_a_chart_ends_in_no_second_statement(draw: Any, place: str) -> None:
    for sql in ("1 = 1); alter role bolig_dashboards password 'x'; select (1", "1 = 1); set statement_timeout = 0 --"):
        with pytest.raises(rest.SupersetRefused):
            draw(place, sql)


@pytest.mark.parametrize("head", ["", "select 1; ", "/* */ -- \n", "commit; "])
def test_sql_lab_hands_on_nothing_but_queries(login: Login, head: str) -> None:
    for statement in STATEMENTS if not head else STATEMENTS[:8]:
        refused(lambda sql=head + statement: ask_sql(login, "analytiker", sql))
    for query in ("select 1 as one", "with one as (select 1 as one) select * from one", "select 2; select 1 as one"):
        assert ask_sql(login, "analytiker", query)["data"] == [{"one": 1}]


def test_what_a_query_may_call_in_sql_lab_reaches_no_further_either(login: Login) -> None:
    for sql in REACHING:
        refused(lambda sql=sql: ask_sql(login, "analytiker", f"select {sql}"))


def test_sql_lab_and_the_dashboards_have_two_logins_and_neither_is_another_programs(login: Login) -> None:
    importer = login("bolig_import")
    found = {row["uuid"]: row["id"] for row in importer.every("/api/v1/database/", ["id", "uuid"])}
    logins = {
        slug: importer.get(f"/api/v1/database/{found[tree.asset_id('databases', slug)]}/connection")["result"][
            "sqlalchemy_uri"
        ]
        .partition("://")[2]
        .partition("@")[0]
        .partition(":")[0]
        for slug in (tree.DATABASE, tree.SQL_DATABASE)
    }
    assert logins == {tree.DATABASE: "bolig_dashboards", tree.SQL_DATABASE: "bolig_sqllab"}
