"""Three municipalities, and everybody who may log in: no row crosses a border, by whatever way of the database.

Every table and view that a login may select from is asked, and every other way in is tried; the dashboards' own ways
are in tests/bi/test_borders.py.
"""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from dagster_project import warehouse
from dagster_project.needs.kept import look_ahead
from dagster_project.night import holding
from dagster_project.night.dbt import manifest
from dagster_project.operations import access
from dagster_project.settings import Settings
from dagster_project.vocabulary import municipalities
from dagster_project.warehouse import border, rights
from superset_assets import bringing
from tests.conftest import ASKER, BAERUM, OSLO, Installation

ALL = {ASKER, BAERUM, OSLO}

# whoever logs in, and what each is granted
GRANTED: dict[str, set[str]] = {
    "asker": {ASKER},
    "baerum": {BAERUM},
    "region": {ASKER, BAERUM},
    "alle": {border.EVERY},
    "ingen": set(),
}
SEEN = {name: (ALL if border.EVERY in of else of) for name, of in GRANTED.items()}

Ask = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def installation(three_municipalities: Installation) -> Installation:
    """Three municipalities, two of them with faults of their own; and a login for each person."""
    made = three_municipalities
    with holding.opened(made.settings) as connection:
        assert not look_ahead(connection).failed
    closed = made.bolig("close", "--period", "2010-Q4", "--by", "Boligstrategiorganet", "--municipality", ASKER)
    assert closed.returncode == 0, closed.stderr
    with warehouse.connect(made.settings, autocommit=True) as connection:
        bringing.make_datasets(connection, manifest(made.settings))
    for name, numbers in GRANTED.items():
        access.make_login(made.settings, name, sorted(numbers), "prøve")
    return made


@pytest.fixture(scope="module")
def settings(installation: Installation) -> Settings:
    return installation.settings


def connected(settings: Settings, login: str, **options: str) -> psycopg.Connection[Any]:
    return psycopg.connect(warehouse.url_of(warehouse.database_url(settings), login, None), autocommit=True, **options)


def made_for(settings: Settings, person: str) -> str:
    """A pass, as Superset's own login has it made."""
    with warehouse.connect(settings) as connection:
        return str(connection.execute("select access.pass(%s)", [person]).fetchone()[0])  # type: ignore[index]


@pytest.fixture(params=["asker", "baerum", "region", "alle", "ingen", "@reader", "sqllab", "dashboards", "no pass"])
def reader(settings: Settings, request: pytest.FixtureRequest) -> Iterator[tuple[Ask, set[str]]]:
    """Everybody who may log in, and what they may see; of the logins of several, a person of Bærum."""
    name = request.param
    if name in SEEN:
        connection = connected(settings, rights.person_login(settings, name))
    elif name == "@reader":
        connection = connected(settings, warehouse.role_name(settings, "reader"))
    else:
        login = warehouse.role_name(settings, "dashboards" if name == "dashboards" else "sqllab")
        options = {} if name == "no pass" else {"options": f"-c bolig.pass={made_for(settings, 'Baerum')}"}
        connection = connected(settings, login, **options)
    seen = SEEN.get(name, {"@reader": ALL, "no pass": set()}.get(name, {BAERUM}))
    with connection:
        yield lambda query, *terms: connection.execute(query.encode(), terms or None).fetchall(), seen


RELATIONS = """
    select format('%I.%I', nspname, relname), exists (
        select from pg_attribute where attrelid = pg_class.oid and attname = 'municipality_no' and not attisdropped
    )
    from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid
    where relkind in ('r', 'v', 'm', 'p', 'f') and nspname !~ '^pg_|^information_schema'
    and has_schema_privilege(nspname, 'usage') and has_any_column_privilege(pg_class.oid, 'select')
"""

# what is the same in every municipality: what the figures mean, what codes are called, and the law
OF_NOBODY = {
    "marts.dim_code",
    "scorecard.metric_definition",
    "scorecard.definition_version",
    "scenario.law_parameter",
}


def test_every_relation_shows_a_reader_the_granted_municipalities_whole_and_nothing_else(
    settings: Settings, reader: tuple[Ask, set[str]]
) -> None:
    ask, seen = reader
    relations = ask(RELATIONS)
    assert len(relations) > 15
    assert {name for name, is_of_one in relations if not is_of_one} <= OF_NOBODY
    with connected(settings, warehouse.role_name(settings, "reader")) as all_seeing:
        for name, _ in (each for each in relations if each[1]):
            query = f"select municipality_no, count(*) from {name} group by 1"
            told = dict(all_seeing.execute(query.encode()).fetchall())
            assert dict(ask(query)) == {number: rows for number, rows in told.items() if number in seen}, name


def test_what_is_seen_by_everybody_together_is_of_all_three(settings: Settings) -> None:
    """So that nothing above is equal because nothing is there."""
    with connected(settings, warehouse.role_name(settings, "reader")) as connection:
        # of the outlook nothing is worked out here: test_outlook.py holds its border
        relations = [
            name
            for name, is_of_one in connection.execute(RELATIONS.encode()).fetchall()
            if is_of_one and not name.startswith(("scenario.", "dashboards.veien_"))
        ]
        full = {
            name
            for name in relations
            if {number for (number,) in connection.execute(f"select distinct municipality_no from {name}".encode())}
            == ALL
        }
        assert {"marts.fct_queue_entry", "scorecard.metric_value", "quality.check_result", "quality.quarantine"} <= full
        assert len(full) > len(relations) * 2 / 3, sorted(set(relations) - full)


def test_every_table_with_a_municipality_has_the_border_and_every_view_is_bound_by_it(settings: Settings) -> None:
    """A rule over the catalogue: whoever is not the owner sees a table's rows by the rule or not at all."""
    with warehouse.connect(settings) as connection:
        open_ones = connection.execute(
            """
            select pg_class.oid::regclass::text from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid
            cross join lateral aclexplode(relacl) as granted
            where nspname !~ '^pg_|^information_schema|^dagster$|^superset$' and granted.grantee <> relowner
            and granted.privilege_type = 'SELECT' and relkind in ('r', 'p', 'm', 'f') and not relrowsecurity
            and exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'municipality_no')
            """
        ).fetchall()
        assert open_ones == []
        owners = connection.execute(
            "select distinct viewowner from pg_views where schemaname = any(%s)", [list(warehouse.PUBLISHED_SCHEMAS)]
        ).fetchall()
        assert owners == [(border.views_role(connection),)]
        assert connection.execute(
            "select rolcanlogin or rolbypassrls or rolsuper from pg_roles where rolname = %s",
            [border.views_role(connection)],
        ).fetchall() == [(False,)]
        rules = connection.execute(
            "select distinct polcmd, polpermissive, pg_get_expr(polqual, polrelid) from pg_policy"
        ).fetchall()
        assert sorted(is_permissive for _, is_permissive, _ in rules) == [False, True]
        only = connection.execute("select polrelid::regclass::text from pg_policy where not polpermissive order by 1")
        assert [name for (name,) in only] == [
            f"marts.fct_followup_{table}" for table in ("case", "cost", "days", "month", "outcome", "review", "warning")
        ]


def test_a_new_table_is_within_the_border_as_soon_as_it_is_there(settings: Settings) -> None:
    with warehouse.connect(settings) as connection:
        connection.execute("create table marts.later (municipality_no text, told text)")
        connection.execute("insert into marts.later values ('0220', 'a'), ('0219', 'b')")
        border.draw(connection)
        connection.commit()
    try:
        with connected(settings, rights.person_login(settings, "baerum")) as theirs:
            assert theirs.execute("select told from marts.later").fetchall() == [("b",)]
    finally:
        with warehouse.connect(settings) as connection:
            connection.execute("drop table marts.later")


@pytest.mark.parametrize("forged", ["asker|9999999999|" + "0" * 64, "asker", "", "alle|9999999999|", "@reader|1|x"])
def test_what_somebody_made_up_is_no_pass(settings: Settings, forged: str) -> None:
    with connected(settings, warehouse.role_name(settings, "sqllab"), options=f"-c bolig.pass={forged}") as connection:
        assert connection.execute("select municipality_no from scorecard.publication").fetchall() == []


def test_a_pass_is_one_persons_and_for_a_short_time(settings: Settings) -> None:
    given = made_for(settings, "baerum")
    _, until, signature = given.split("|")
    with warehouse.connect(settings) as connection:
        (now,) = connection.execute("select extract(epoch from now())::bigint").fetchone() or (0,)
        assert 0 < int(until) - now <= 121
        # the same signature under another name, and for longer
        for changed in (f"asker|{until}|{signature}", f"baerum|{int(until) + 600}|{signature}"):
            login = warehouse.role_name(settings, "sqllab")
            with connected(settings, login, options=f"-c bolig.pass={changed}") as theirs:
                assert theirs.execute("select municipality_no from scorecard.publication").fetchall() == []
        # a pass that is over
        old = connection.execute(
            "select told || '|' || encode(access.signature(told), 'hex')"
            " from concat_ws('|', 'baerum', %s::bigint) as told",
            [now - 1],
        ).fetchone() or ("",)
        with connected(settings, login, options=f"-c bolig.pass={old[0]}") as theirs:
            assert theirs.execute("select municipality_no from scorecard.publication").fetchall() == []


TRIED = {
    "another role": "set role {owner}",
    "another login": "set session authorization {owner}",
    "without the rule": "set row_security = off; select count(*) from scorecard.metric_value",
    "the grants": "select * from access.membership",
    "the seal": "select * from access.seal",
    "a pass of another": "select access.pass('alle')",
    "what another sees": "select access.visible_to('alle')",
    "a grant of one's own": "select access.let_in('asker', array['*'], 'asker')",
    "the rule away": "drop policy border on scorecard.metric_value",
    "a view of one's own": "create view marts.mine as select * from scorecard.metric_value",
    "a function that runs as the owner": "create function pg_temp.f() returns int language sql as 'select 1'",
    "a foreign key": "create temporary table mine (municipality_no text)",
    "what others ask": "select query from pg_stat_activity",
    "the tables as built": "select * from build_scorecard.metric_value",
    "what was delivered": "select * from raw.application",
    "the history": "select * from history.application",
    "the nights' records": "select * from operations.night_delivery",
    "the door's books": "select * from landing.delivery",
    "statistics as they are stored": "select * from pg_statistic",
    "a file": "select pg_read_file('postgresql.conf')",
    "a row's lock": "select * from scorecard.metric_value for update",
    "no limits": "reset all; set default_transaction_read_only = off; delete from scorecard.metric_value",
}


@pytest.mark.parametrize("way", TRIED)
def test_no_other_way_leads_across(settings: Settings, way: str) -> None:
    with connected(settings, rights.person_login(settings, "asker")) as connection:
        owner = f'"{warehouse.database_name(settings)}_owner"'
        with pytest.raises(psycopg.Error):
            for statement in TRIED[way].format(owner=owner).split("; "):
                connection.execute(statement.encode()).fetchall()


def test_statistics_and_a_functions_side_effect_tell_of_no_other_row(settings: Settings) -> None:
    """What the planner knows of a column, and an expression that would fail on a row that is not theirs."""
    with connected(settings, rights.person_login(settings, "asker")) as connection:
        known = connection.execute(
            "select schemaname || '.' || tablename from pg_stats where schemaname = any(%s)",
            [list(border.BORDERED)],
        ).fetchall()
        assert {name for (name,) in known} <= OF_NOBODY
        # it is asked of rows within the border only: of Bærum's it would divide by nothing
        assert connection.execute(
            "select count(*) > 0 from scorecard.metric_value"
            " where 1 / (case when municipality_no = '0219' then 0 else 1 end) = 1"
        ).fetchall() == [(True,)]


def test_a_copy_of_a_table_is_of_what_is_granted(settings: Settings) -> None:
    with (
        connected(settings, rights.person_login(settings, "asker")) as connection,
        connection.cursor().copy("copy scorecard.metric_value (municipality_no) to stdout") as copied,
    ):
        assert set(copied.rows()) == {(ASKER,)}


def test_only_the_role_reads_about_single_persons_follow_up(settings: Settings) -> None:
    """Leder's dashboards, SQL Lab, the reader and a person's own login see the shares and none of the rows."""
    of = "select distinct municipality_no from marts.fct_followup_{} order by 1"
    for name, shared in (("reader", True), ("sqllab", True), ("asker", False), ("alle", False)):
        login = warehouse.role_name(settings, name) if shared else rights.person_login(settings, name)  # type: ignore[arg-type]
        options = {"options": f"-c bolig.pass={made_for(settings, 'alle')}"} if name == "sqllab" else {}
        with connected(settings, login, **options) as connection:
            assert connection.execute(
                "select count(*) > 0 from scorecard.metric_value where metric_id = 'tenancy_sustained_12m'"
            ).fetchone() == (True,)
            for table in ("case", "month", "review", "warning", "outcome", "days", "cost"):
                assert connection.execute(of.format(table).encode()).fetchall() == [], (name, table)
    with pytest.raises(border.NotGranted, match="no login of their own"):
        access.let_follow(settings, "dashboards", True, "prøve")
    for name, seen in (("asker", [(ASKER,)]), ("ingen", [])):
        access.let_follow(settings, name, True, "prøve")
        with connected(settings, rights.person_login(settings, name)) as connection:
            assert connection.execute(of.format("review").encode()).fetchall() == seen
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"set role {border.followup_role(connection)}")
            access.let_follow(settings, name, False, "prøve")
            assert connection.execute(of.format("review").encode()).fetchall() == []


def test_what_is_revoked_is_not_seen_by_the_next_query_of_an_open_session(settings: Settings) -> None:
    access.make_login(settings, "kort", [ASKER], "prøve")
    with connected(settings, rights.person_login(settings, "kort")) as connection:
        of = "select municipality_no from scorecard.publication"
        assert connection.execute(of).fetchall() == [(ASKER,)]
        assert access.revoke(settings, "kort", [], "prøve") == [ASKER]
        assert connection.execute(of).fetchall() == []
        access.remove_login(settings, "kort", "prøve")
        with pytest.raises(psycopg.OperationalError):
            connection.execute(of)
    with warehouse.connect(settings) as connection:
        acts = connection.execute(
            "select act, municipality_no from operations.audit where note = 'login kort' order by audit_id"
        ).fetchall()
        assert acts == [("login made", None), ("granted", ASKER), ("revoked", ASKER), ("login removed", None)]
        assert not connection.execute("select from pg_roles where rolname like '%%kort'").rowcount


def test_a_municipality_is_seen_by_all_its_numbers_and_with_those_merged_into_it(settings: Settings) -> None:
    assert municipalities.seen_with("3203") == ["0220", "0627", "0628", "3025", "3203"]
    assert municipalities.seen_with("0220") == ["0220", "0627", "0628", "3025", "3203"]
    assert municipalities.seen_with("0627") == ["0627"]
    with warehouse.connect(settings, autocommit=True) as connection:
        access.grant(settings, "senere", ["3203"], "prøve")
        assert connection.execute("select '0220' = any(access.visible_to('senere'))").fetchone() == (True,)
        assert connection.execute("select '0219' = any(access.visible_to('senere'))").fetchone() == (False,)


def test_a_name_that_could_be_somebody_elses_is_refused(settings: Settings) -> None:
    for name in ("", " ", "@alle", "a|b", "@reader "):
        if name.strip() == border.SHARED:
            continue
        with pytest.raises(border.NotGranted):
            access.grant(settings, name, [ASKER], "prøve")
    for number in ("220", "02200", "asker", "", "%"):
        with pytest.raises(border.NotGranted):
            access.grant(settings, "asker", [number], "prøve")
    for name in ("kari nordmann", "ø", "x" * 60):
        with pytest.raises(border.NotGranted):
            access.make_login(settings, name, [], "prøve")
    with pytest.raises(border.NotGranted):
        access.revoke(settings, "ukjent", [], "prøve")
    with pytest.raises(border.NotGranted):
        access.remove_login(settings, "ukjent", "prøve")
