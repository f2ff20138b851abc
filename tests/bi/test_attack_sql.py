"""What somebody types into a chart or into SQL Lab reaches no further than its login may, and stops nobody else."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from dagster_project import warehouse
from dagster_project.settings import Settings
from superset_assets import rest
from superset_assets.derive import written
from tests.bi.conftest import SQL_LAB, Login
from tests.bi.test_roles import dataset_number

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
    "superset.cancel_query(1)::text",
    "pg_read_file('/etc/passwd')",
    "pg_export_snapshot()",
    "current_setting('data_directory')",
    "lastval()::text",
)
# the same as sets of rows, which only a column takes
ROWS = ("(ts_stat('select ''a b''::tsvector'))::text", "pg_ls_dir('.')::text", "pg_stat_get_activity(null)::text")
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
        if answer["rejected_filters"]:
            # a filter whose kind cannot be found out is left out, and said to be
            raise rest.SupersetRefused("permission denied: the filter is left out")
        return answer["data"]

    return run


@pytest.fixture(scope="module")
def ask(login: Login) -> Any:
    """What SQL Lab answers to an Analytiker."""
    rows = login("bolig_import").every("/api/v1/database/", ["id", "uuid"])
    number = next(row["id"] for row in rows if row["uuid"] == written.asset_id("databases", written.SQL_DATABASE))
    analytiker = login("analytiker")
    options = {"database_id": number, "schema": "marts", "queryLimit": 10}
    return lambda sql: analytiker.post(SQL_LAB, options | {"sql": sql})["data"]


@pytest.fixture(scope="module", autouse=True)
def unharmed(dashboards: Settings, draw: Any, ask: Any) -> Any:
    """Whatever was tried, the dashboards, SQL Lab and the server are as before."""
    yield
    assert draw("column", "upper('a')")
    assert ask("select 1 as one") == [{"one": 1}]
    with warehouse.connect(dashboards) as connection:
        assert connection.execute("select count(*) from pg_largeobject_metadata").fetchone() == (0,)
        assert connection.execute("select count(*) from pg_locks where locktype = 'advisory'").fetchone() == (0,)


@pytest.mark.parametrize("place", PLACES)
def test_a_chart_takes_an_expression_and_none_that_reaches_beyond_its_rows(draw: Any, place: str) -> None:
    # it is the expression that is refused, not the place
    assert draw(place, "upper('a')")
    for sql in (*REACHING, *SUBQUERIES, *(ROWS if place == "column" else ())):
        with pytest.raises(rest.SupersetRefused, match=r"permission denied|sub-queries"):
            draw(place, sql)


@pytest.mark.parametrize("place", ["where", "having"])
def test_a_chart_ends_in_no_second_statement(draw: Any, place: str) -> None:
    for sql in ("1 = 1); alter role bolig_dashboards password 'x'; select (1", "1 = 1); set statement_timeout = 0 --"):
        with pytest.raises(rest.SupersetRefused):
            draw(place, sql)


def test_sql_lab_hands_on_nothing_but_queries(ask: Any) -> None:
    heads = ("select 1; ", "/* */ -- \n", "commit; ")
    for sql in (*STATEMENTS, *(head + STATEMENTS[0] for head in heads)):
        with pytest.raises(rest.SupersetRefused):
            ask(sql)
    for query in ("with one as (select 1 as one) select * from one", "select 2; (select 1 as one)"):
        assert ask(query) == [{"one": 1}]


def test_what_a_query_may_call_in_sql_lab_reaches_no_further_either(ask: Any) -> None:
    for sql in (*REACHING, *ROWS):
        with pytest.raises(rest.SupersetRefused, match=r"permission denied|disallowed"):
            ask(f"select {sql}")


# what nothing but its end ends within the time that SQL Lab's login has, and what keeps nothing on the disk
LONG = "select count(*) from generate_series(1, 100000) as a cross join generate_series(1, 1000000) as b"
RUNNING = "select pid from pg_stat_activity where usename = %s and state = 'active' and query ilike '%%cross join%%'"


def test_a_query_that_is_stopped_ends_in_the_database(dashboards: Settings, login: Login) -> None:
    rows = login("bolig_import").every("/api/v1/database/", ["id", "uuid"])
    number = next(row["id"] for row in rows if row["uuid"] == written.asset_id("databases", written.SQL_DATABASE))
    asked = {"database_id": number, "schema": "marts", "queryLimit": 10, "client_id": "stopped", "sql": LONG}
    analytiker = login("analytiker")
    with (
        ThreadPoolExecutor(1) as pool,
        warehouse.connect(dashboards, autocommit=True) as connection,
    ):

        def wait_until(runs: bool) -> float:
            began = time.monotonic()
            while bool(connection.execute(RUNNING, [warehouse.role_name(dashboards, "sqllab")]).rowcount) != runs:
                assert time.monotonic() - began < 30, f"runs: {not runs}"
                time.sleep(0.1)
            return time.monotonic() - began

        answer = pool.submit(login("analytiker").post, SQL_LAB, asked)
        wait_until(True)
        analytiker.post("/api/v1/query/stop", {"client_id": "stopped"})
        assert wait_until(False) < 10
        # an error, or an answer without rows: which, hangs on whether Superset has noted the stop before it reads of it
        refused = answer.exception(30)
        assert isinstance(refused, rest.SupersetRefused) or (refused is None and not answer.result().get("data"))


def test_what_stops_a_query_stops_no_other_logins(dashboards: Settings) -> None:
    """The records' login asks for it: of a night, of a dashboard and of itself it ends nothing."""
    with (
        warehouse.connect(dashboards) as night,
        warehouse.connect(dashboards, "dashboards") as chart,
        warehouse.connect(dashboards, "superset") as records,
    ):
        for other in (night, chart):
            process = other.info.backend_pid
            assert records.execute("select superset.cancel_query(%s)", [process]).fetchone() == (True,)
            assert other.execute("select 1").fetchone() == (1,)
        with pytest.raises(psycopg.Error, match="permission denied"):
            chart.execute("select superset.cancel_query(1)")


def test_sql_lab_and_the_dashboards_have_two_logins_and_neither_is_another_programs(login: Login) -> None:
    importer = login("bolig_import")
    found = {row["uuid"]: row["id"] for row in importer.every("/api/v1/database/", ["id", "uuid"])}
    logins = {
        slug: importer.get(f"/api/v1/database/{found[written.asset_id('databases', slug)]}/connection")["result"][
            "sqlalchemy_uri"
        ]
        .partition("://")[2]
        .partition("@")[0]
        .partition(":")[0]
        for slug in (written.DATABASE, written.SQL_DATABASE)
    }
    assert logins == {written.DATABASE: "bolig_dashboards", written.SQL_DATABASE: "bolig_sqllab"}
