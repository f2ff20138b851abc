"""People of one municipality before dashboards that hold two: they see their own by every way, and nobody of the other.

The database's own ways are in tests/pipeline/test_border.py, with three municipalities.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from dagster_project.demo import figures
from dagster_project.operations import access, audit
from dagster_project.settings import Settings
from superset_assets import installation, rest
from superset_assets.derive import written
from superset_assets.derive.dashboards import Tree
from tests.bi.conftest import SQL_LAB, Answers, Browser, Login, Page, logins, numbers
from tests.bi.test_superset_security import PASSWORD, person
from tests.conftest import ASKER, BAERUM
from tests.deliveries import person as synthetic

pytestmark = pytest.mark.attack

# by name the role and what is granted
PEOPLE: dict[str, tuple[str, set[str]]] = {
    "asker.leder": ("Leder", {ASKER}),
    "asker.saksomrade": ("Saksområde", {ASKER}),
    "asker.analytiker": ("Analytiker", {ASKER}),
    "asker.forvalter": ("Forvalter", {ASKER}),
    "baerum.leder": ("Leder", {BAERUM}),
    "baerum.analytiker": ("Analytiker", {BAERUM}),
    "baerum.forvalter": ("Forvalter", {BAERUM}),
    "region.leder": ("Leder", {ASKER, BAERUM}),
    "uten.leder": ("Leder", set()),
}
OTHER = (figures.MUNICIPALITIES[BAERUM], BAERUM)

As = Callable[[str], rest.Superset]


@pytest.fixture(scope="module")
def people(dashboards: Settings, login: Login) -> Iterator[dict[str, int]]:
    """The people, let in by the importer and granted less than it sees; gives their numbers."""
    importer = login("bolig_import")
    roles = {row["name"]: row["id"] for row in importer.every("/api/v1/security/roles/")}
    made = {
        name: importer.post("/api/v1/security/users/", person(name, roles=[roles[role]]))["id"]
        for name, (role, _) in PEOPLE.items()
    }
    for name, (_, granted) in PEOPLE.items():
        access.revoke(dashboards, name, ["*"], "prøve")
        if granted:
            access.grant(dashboards, name, sorted(granted), "prøve")
    yield made
    for number in made.values():
        importer.delete(f"/api/v1/security/users/{number}")


@pytest.fixture(scope="module")
def as_(dashboards: Settings, people: Mapping[str, int]) -> As:
    """Log in over REST as one of them."""
    return logins(dashboards, lambda _: PASSWORD)


@pytest.fixture(scope="module")
def ask_chart(as_: As, login: Login, assets: Tree) -> Callable[..., list[list[dict[str, Any]]]]:
    """What each query of a chart answers a person who has chosen no municipality at all."""
    datasets = numbers(login("bolig_import"), "dataset")

    def ask(name: str, slug: str, period_type: str) -> list[list[dict[str, Any]]]:
        asks = json.loads(assets.chart(slug)["query_context"])
        dataset = assets.charts[slug]["dataset"]
        asks["datasource"] = {"id": datasets[written.asset_id("datasets", dataset)], "type": "table"}
        for query in asks["queries"]:
            if "period_type_label" in assets.columns(dataset) and "period_type" not in assets.charts[slug].get(
                "where", {}
            ):
                label = {"quarter": "Kvartal", "year": "År"}[period_type]
                query["filters"] += [{"col": "period_type_label", "op": "IN", "val": [label]}]
        return [result["data"] for result in as_(name).post("/api/v1/chart/data", asks)["result"]]

    return ask


def sorted_rows(answer: list[list[dict[str, Any]]]) -> list[list[str]]:
    """The rows of each query in one order; a sum of floats hangs on the order in which they were added."""

    def told(row: dict[str, Any]) -> str:
        rounded = {name: f"{value:.6g}" if isinstance(value, float) else value for name, value in row.items()}
        return json.dumps(rounded, sort_keys=True, ensure_ascii=False)

    return [sorted(map(told, rows)) for rows in answer]


# 500 requests: more than a test's time where others have the processors
@pytest.mark.timeout(1800)
def test_every_query_of_every_chart_answers_with_ones_own_municipality_though_none_is_chosen(
    assets: Tree, answers: Answers, ask_chart: Callable[..., list[list[dict[str, Any]]]]
) -> None:
    """By turns, so that an answer that is kept for one person would be given to the other."""
    differing = 0
    for slug in assets.charts:
        given = {
            number: sorted_rows(ask_chart(name, slug, "quarter"))
            for name, number in (("baerum.leder", BAERUM), ("asker.leder", ASKER))
        }
        for number, rows in given.items():
            assert rows == sorted_rows(answers(slug, number, "quarter")), (slug, number)
        differing += given[ASKER] != given[BAERUM]
    assert differing > len(assets.charts) / 2


def test_every_dataset_has_rows_of_ones_own_municipality_only(as_: As, login: Login, assets: Tree) -> None:
    datasets = numbers(login("bolig_import"), "dataset")
    seen: dict[str, set[str]] = {}
    for name in ("asker.leder", "baerum.leder", "region.leder", "uten.leder"):
        session = as_(name)
        for slug in assets.datasets:
            asks = {
                "datasource": {"id": datasets[written.asset_id("datasets", slug)], "type": "table"},
                "queries": [{"columns": ["municipality_no"], "metrics": [], "row_limit": 1000, "filters": []}],
                "result_format": "json",
                "result_type": "full",
            }
            rows = session.post("/api/v1/chart/data", asks)["result"][0]["data"]
            seen.setdefault(name, set()).update(row["municipality_no"] for row in rows)
    assert seen == {name: PEOPLE[name][1] for name in seen}


def test_files_and_the_rows_behind_a_figure_are_of_ones_own_municipality(
    dashboards: Settings, people: Mapping[str, int], login: Login, assets: Tree
) -> None:
    page = Browser(dashboards, "asker.saksomrade", PASSWORD)
    datasets = numbers(login("bolig_import"), "dataset")
    for slug in assets.datasets:
        number = datasets[written.asset_id("datasets", slug)]
        samples = page.ask("POST", f"/datasource/samples?datasource_type=table&datasource_id={number}", {"filters": []})
        assert samples.status_code == 200, samples.text
        assert not [word for word in OTHER if f'"{word}"' in samples.text], slug
        asks = {
            "datasource": {"id": number, "type": "table"},
            "queries": [{"columns": ["municipality", "municipality_no"], "metrics": [], "row_limit": 1000}],
            "result_format": "csv",
            "result_type": "full",
        }
        file = page.ask("POST", "/api/v1/chart/data", asks)
        assert file.status_code == 200, (slug, file.text)
        assert figures.MUNICIPALITIES[ASKER] in file.text or len(file.text.splitlines()) < 2, slug
        assert not [word for word in OTHER if word in file.text], slug
        values = page.ask("GET", f"/api/v1/datasource/table/{number}/column/municipality/values/")
        assert OTHER[0] not in values.text, slug


ACROSS = [
    "select distinct municipality_no from scorecard.metric_value",
    "select distinct municipality_no from quality.night",
    "select distinct municipality_no from dashboards.styringskort",
    "with every as (select * from marts.fct_queue_entry) select distinct municipality_no from every",
    "select municipality_no from scorecard.publication union select '0220'",
]
REFUSED = [
    "select current_setting('bolig.pass')",
    "set bolig.pass = 'baerum.leder|9999999999|00'",
    "select set_config('bolig.pass', 'baerum.leder|9999999999|00', false)",
    "reset role",
    "set role bolig_owner",
    "select access.pass('baerum.leder')",
    "select access.visible_to('baerum.leder')",
    "select * from access.membership",
    "select * from superset.ab_user",
    "select query from pg_stat_activity",
    "explain select * from scorecard.metric_value",
]


def test_what_is_typed_in_sql_lab_sees_ones_own_municipality_only(as_: As, login: Login) -> None:
    rows = login("bolig_import").every("/api/v1/database/", ["id", "uuid"])
    number = next(row["id"] for row in rows if row["uuid"] == written.asset_id("databases", written.SQL_DATABASE))

    def run(name: str, sql: str) -> Any:
        return as_(name).post(SQL_LAB, {"database_id": number, "sql": sql, "schema": "marts", "queryLimit": 1000})

    for sql in ACROSS:
        for name, own, other in (("asker.analytiker", ASKER, BAERUM), ("baerum.analytiker", BAERUM, ASKER)):
            told = json.dumps(run(name, sql)["data"])
            assert own in told, (name, sql)
            assert other not in told or "'0220'" in sql, (name, sql)
    for sql in REFUSED:
        with pytest.raises(rest.SupersetRefused):
            run("asker.analytiker", sql)


def test_a_forvalter_knows_and_changes_the_people_of_the_own_municipality_only(
    dashboards: Settings, people: Mapping[str, int], login: Login
) -> None:
    # somebody of the other municipality leaves a trace in the record of who did what
    assert (
        Browser(dashboards, "baerum.leder", PASSWORD).client.get("/superset/dashboard/styringskort/").status_code == 200
    )
    page = Browser(dashboards, "asker.forvalter", PASSWORD)
    users = "/api/v1/security/users/"
    listed = page.ask("GET", users)
    assert {row["username"] for row in listed.json()["result"]} == {
        *(name for name, (_, granted) in PEOPLE.items() if granted <= {ASKER})
    }
    assert listed.json()["count"] == len(listed.json()["result"])
    for path in (
        users,
        "/api/v1/log/?q=(page_size:5000)",
        "/api/v1/log/related/user",
        "/api/v1/dashboard/related/owners",
        "/api/v1/dashboard/related/created_by",
        "/api/v1/chart/related/owners",
        "/api/v1/dataset/related/owners",
    ):
        answer = page.ask("GET", path)
        assert not [
            name for name in (*PEOPLE, "forvalter", "bolig_import") if "baerum" in name and name in answer.text
        ], path
    theirs = people["baerum.leder"]
    for name in ("baerum.leder", "region.leder"):
        for method, body in (
            ("PUT", {"password": f"Ny-{PASSWORD}"}),
            ("PUT", {"active": False}),
            ("PUT", {"first_name": "Ny"}),
            ("DELETE", None),
        ):
            assert page.ask(method, f"{users}{people[name]}", body).status_code >= 400, (name, method, body)
    assert page.ask("GET", f"{users}{theirs}").status_code == 404
    form = page.form(
        f"/resetpassword/form?pk={theirs}", {"password": f"Ny-{PASSWORD}", "conf_password": f"Ny-{PASSWORD}"}
    )
    assert form.status_code >= 400 or Browser(dashboards, "baerum.leder", PASSWORD).is_in
    assert Browser(dashboards, "baerum.leder", PASSWORD).is_in


def test_whoever_is_let_in_sees_what_the_forvalter_sees_and_a_name_brings_nothing_from_before(
    dashboards: Settings, people: Mapping[str, int], login: Login
) -> None:
    page = Browser(dashboards, "asker.forvalter", PASSWORD)
    (leder,) = (row["id"] for row in login("bolig_import").every("/api/v1/security/roles/") if row["name"] == "Leder")
    users = "/api/v1/security/users/"

    def granted(name: str) -> set[str]:
        return {each.municipality_no for each in access.granted(dashboards) if each.person == name}

    made = page.ask("POST", users, person("asker.ny", roles=[leder]))
    assert made.status_code == 201, made.text
    assert granted("asker.ny") == {ASKER}
    # a name that sees more elsewhere is not to be had
    access.grant(dashboards, "regionens", [BAERUM], "prøve")
    refused = page.ask("POST", users, person("regionens", roles=[leder]))
    assert refused.status_code >= 400
    assert page.ask("PUT", f"{users}{made.json()['id']}", {"username": "regionens"}).status_code >= 400
    # what begins so is no person's: the operator's login, or an export's
    everybody = Browser(dashboards, "forvalter")
    for name in ("@reader", "@ny", "a|b"):
        for whose in (page, everybody):
            assert whose.ask("POST", users, person(name, roles=[leder], email="x@localhost.invalid")).status_code >= 400
    access.revoke(dashboards, "regionens", [], "prøve")
    assert page.ask("DELETE", f"{users}{made.json()['id']}").status_code == 200
    assert granted("asker.ny") == set()
    # what was granted before there was an account is what it sees, though whoever makes it sees more
    access.grant(dashboards, "baerum.ny", [BAERUM], "prøve")
    made = everybody.ask("POST", users, person("baerum.ny", roles=[leder]))
    assert made.status_code == 201, made.text
    assert granted("baerum.ny") == {BAERUM}
    assert everybody.ask("DELETE", f"{users}{made.json()['id']}").status_code == 200
    assert granted("baerum.ny") == set()


def test_what_is_granted_and_revoked_counts_at_once(dashboards: Settings, as_: As, login: Login) -> None:
    session = as_("baerum.leder")
    number = numbers(login("bolig_import"), "dataset")[written.asset_id("datasets", "publisering")]
    asks = {
        "datasource": {"id": number, "type": "table"},
        "queries": [{"columns": ["municipality_no"], "metrics": [], "row_limit": 1000, "filters": []}],
        "result_format": "json",
        "result_type": "full",
    }

    def seen() -> set[str]:
        return {row["municipality_no"] for row in session.post("/api/v1/chart/data", asks)["result"][0]["data"]}

    assert seen() == {BAERUM}
    access.grant(dashboards, "baerum.leder", [ASKER], "prøve")
    assert seen() == {ASKER, BAERUM}
    access.revoke(dashboards, "baerum.leder", [ASKER], "prøve")
    assert seen() == {BAERUM}


def test_who_did_what_is_told_of_ones_own_people(
    dashboards: Settings, people: Mapping[str, int], login: Login, assets: Tree
) -> None:
    today = datetime.now(UTC).date()
    page = Browser(dashboards, "asker.saksomrade", PASSWORD)
    Browser(dashboards, "asker.saksomrade", f"Feil-{PASSWORD}")
    number = numbers(login("bolig_import"), "dataset")[written.asset_id("datasets", "boliger")]
    asks = {"datasource": {"id": number, "type": "table"}, "queries": [{"columns": ["municipality_no"], "metrics": []}]}
    for more in ({"result_format": "csv", "result_type": "full"}, {"result_format": "json", "result_type": "full"}):
        assert page.ask("POST", "/api/v1/chart/data", asks | more).status_code == 200
    # also what is kept from an earlier opening
    for _ in range(2):
        page.ask("POST", f"/datasource/samples?datasource_type=table&datasource_id={number}", {"filters": []})
    page.client.get("/superset/dashboard/tildeling/")
    analyst = Browser(dashboards, "asker.analytiker", PASSWORD)
    (database,) = (
        row["id"]
        for row in login("bolig_import").every("/api/v1/database/", ["id", "uuid"])
        if row["uuid"] == written.asset_id("databases", written.SQL_DATABASE)
    )
    sql = f"select 1 as a -- {synthetic(1)}"
    analyst.ask("POST", SQL_LAB, {"database_id": database, "sql": sql, "schema": "marts", "client_id": "revisjon1"})
    told = audit.listed(dashboards, today, "asker.saksomrade")
    assert [(each.what, each.detail) for each in told][-6:] == [
        ("logged in", "127.0.0.1"),
        ("failed to log in", "127.0.0.1"),
        ("took a file", "boliger, csv"),
        ("opened rows", "boliger"),
        ("opened rows", "boliger"),
        ("opened a dashboard", "tildeling"),
    ]
    (asked,) = (each for each in audit.listed(dashboards, today, "asker.analytiker") if "1 as a" in (each.detail or ""))
    assert asked.what == "asked in SQL Lab" and synthetic(1) not in asked.line()
    assert {each.who for each in audit.listed(dashboards, today, municipality_no=BAERUM)} & {
        "asker.saksomrade"
    } == set()
    assert "asker.saksomrade" in {each.who for each in audit.listed(dashboards, today, municipality_no=ASKER)}


def test_a_dashboard_begins_with_the_first_municipality_that_its_reader_sees(
    dashboards: Settings, people: Mapping[str, int], as_: As, assets: Tree
) -> None:
    def municipality(answer: Any, slug: str, only: str | None = None) -> dict[str, Any]:
        metadata = json.loads(answer["result"]["json_metadata"])
        first, *others = metadata["native_filter_configuration"]
        assert first["id"] == "NATIVE_FILTER-municipality"
        as_kept = assets.files[f"dashboards/{slug}.yaml"]["metadata"]["native_filter_configuration"]
        for other, kept in zip(others, as_kept[1:], strict=True):
            assert other["defaultDataMask"] == kept["defaultDataMask"]
            follows = first["id"] in kept["cascadeParentIds"]
            assert other["cascadeParentIds"] == ([] if follows and only else kept["cascadeParentIds"])
            said = [(each["subject"], each["comparator"]) for each in other.get("adhoc_filters", [])]
            assert said == ([("municipality", [only])] if follows and only else [])
        found: dict[str, Any] = first
        return found

    sees = {"asker.leder": [ASKER], "baerum.leder": [BAERUM], "region.leder": [ASKER, BAERUM], "uten.leder": []}
    for name, municipality_nos in sees.items():
        seen = [figures.MUNICIPALITIES[number] for number in municipality_nos]
        page = Browser(dashboards, name, PASSWORD)
        for slug in assets.dashboards:
            only = seen[0] if len(seen) == 1 else None
            told = municipality(page.ask("GET", f"/api/v1/dashboard/{slug}").json(), slug, only)
            mask, waits = told["defaultDataMask"], told["requiredFirst"]
            if not seen:
                assert (mask["filterState"], mask["extraFormData"], waits) == ({}, {}, True)
                continue
            assert mask["filterState"]["value"] == seen[:1]
            assert mask["extraFormData"]["filters"] == [{"col": "municipality", "op": "IN", "val": seen[:1]}]
            assert not waits and not told["controlValues"]["defaultToFirstItem"]
    # a program has it as it is kept
    kept = municipality(as_("baerum.leder").get("/api/v1/dashboard/styringskort"), "styringskort")
    assert (kept["defaultDataMask"]["filterState"], kept["requiredFirst"]) == ({}, True)


def test_in_the_browser_no_answer_of_any_dashboard_names_the_other(
    dashboards: Settings, people: Mapping[str, int], browser: Any, assets: Tree
) -> None:
    context = browser.new_context(locale="nb-NO")
    context.set_default_timeout(120_000)
    signed_in = Browser(dashboards, "asker.leder", PASSWORD).client.cookies
    address = installation.address(dashboards)
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in signed_in.items()])
    page = context.new_page()
    page.set_viewport_size({"width": 1920, "height": 1080})
    told: list[str] = []
    lists: list[str] = []

    def keep(response: Any) -> None:
        if "/api/v1/" in response.url or "/superset/dashboard/" in response.url:
            told.append(response.text())
        if "/api/v1/chart/data" in response.url:
            lists.append(response.request.post_data_json["form_data"].get("native_filter_id"))

    page.on("response", keep)
    opened = Page(page, address)
    opened.open(written.order()[-1])
    for slug in written.order():
        lists.clear()
        opened.go_to(slug)
        # of whoever sees one municipality every list is asked for once
        assert max(Counter(filter(None, lists)).values()) == 1, (slug, lists)
        assert figures.MUNICIPALITIES[ASKER] in page.content(), slug
        assert figures.MUNICIPALITIES[BAERUM] not in page.content(), slug
    opened.picture("grense_asker")
    context.close()
    assert len(told) > len(assets.dashboards)
    # the comparison names regions, by their public figures
    assert not [text[:200] for text in told if f'"municipality": "{OTHER[0]}"' in text or f'"{OTHER[1]}"' in text]
