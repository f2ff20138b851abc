"""Dashboards: every chart's and filter's query without cache, at the database, and ten people at once at Superset.

Belongs here: asking what the dashboards ask, with their filters as a user has them. Does not belong here: the charts.

Each run is of another municipality, so that no answer is in the server's memory because it was just asked for; and each
is asked by somebody who sees that one and no other, as the border has it.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import country
from bench.measuring import median, percentile_95
from bench.table import Row
from dagster_project import warehouse
from dagster_project.night.dbt import manifest
from dagster_project.operations import access
from dagster_project.serving import supervision
from dagster_project.settings import Settings
from dagster_project.warehouse import DATASETS
from superset_assets import installation, rest
from superset_assets.derive import dashboards, written

PEOPLE = 10
USER = "leder"
QUERY_GOAL, CLICK_GOAL = 0.2, 0.5


@dataclass(frozen=True)
class Chart:
    """A chart as it stands on a dashboard: what it asks for, and which filters of the dashboard it obeys."""

    name: str
    asks: Mapping[str, Any]
    filters: Sequence[Mapping[str, Any]]
    by_municipality: bool

    def of(self, municipality_no: str, result_type: str = "full") -> dict[str, Any]:
        """What is posted when somebody looks at this municipality."""
        chosen = [{"col": "municipality_no", "op": "IN", "val": [municipality_no]}] if self.by_municipality else []
        queries = [
            dict(query, filters=[*query.get("filters", []), *self.filters, *chosen]) for query in self.asks["queries"]
        ]
        return dict(self.asks, queries=queries, force=True, result_type=result_type)


def run(runs: int, scratch: Path) -> Iterator[Row]:
    """The charts' queries at the greatest of the sizes."""
    count = country.sizes("10")[-1]
    settings = country.published(scratch.parent / "country", count)
    numbers = country.some(count, max(runs, PEOPLE))
    with serving(settings):
        superset = _login(settings)
        charts = _charts(superset, settings)
        filters = _filters(dashboards.read(manifest(settings)))
        queries = [(number, *asked) for number in numbers[:runs] for asked in filters]
        queries += [
            (number, chart.name, answer["query"])
            for number in numbers[:runs]
            for chart in charts
            for answer in superset.post("/api/v1/chart/data", chart.of(number, "query"))["result"]
        ]
        yield _row(f"a chart's or filter's query, {count} municipalities", _at_database(settings, queries), QUERY_GOAL)
        clicks, errors = _clicks(settings, charts, numbers)
        yield _row(f"a click, {PEOPLE} people at once, {count} municipalities", clicks, CLICK_GOAL, errors)


def _row(what: str, seconds: Mapping[str, Sequence[float]], goal: float, errors: int = 0) -> Row:
    every = [second for taken in seconds.values() for second in taken]
    p95 = percentile_95(every)
    slowest = max(seconds, key=lambda name: median(seconds[name]))
    return Row(
        "dashboards",
        f"{what}: p95 of {len(every)} ({errors} errors; slowest {slowest})",
        p95 * 1000,
        "ms",
        len(next(iter(seconds.values()))),
        against="median",
        other=median(every) * 1000,
        lowest=min(every) * 1000,
        highest=max(every) * 1000,
        goal=f"p95 under {goal * 1000:.0f} ms" + (", no error" if goal == CLICK_GOAL else ""),
        met=p95 < goal and not errors,
    )


def _at_database(settings: Settings, queries: Sequence[tuple[str, str, str]]) -> dict[str, list[float]]:
    """Seconds of each chart's queries, as the dashboards' login with the pass of a municipality's own, rows fetched."""
    seconds: dict[str, list[float]] = {}
    for number in dict.fromkeys(number for number, _, _ in queries):
        person = _person(number)
        access.grant(settings, person, [number], "bench")
        with warehouse.connect(settings) as owner:
            (told,) = owner.execute("select access.pass(%s)", [person]).fetchone() or ("",)
        with warehouse.connect(settings, "dashboards", autocommit=True, options=f"-c bolig.pass={told}") as connection:
            connection.prepare_threshold = None
            for name, query in ((name, query) for of, name, query in queries if of == number):
                began = time.perf_counter()
                connection.execute(query.encode()).fetchall()
                seconds.setdefault(name, []).append(time.perf_counter() - began)
    return seconds


def _person(municipality_no: str) -> str:
    return f"bench.{municipality_no}"


def _let_in(settings: Settings, numbers: Sequence[str]) -> dict[str, str]:
    """An account for each municipality that sees that one alone; gives their passwords by number."""
    importer = rest.Superset(
        installation.address(settings), installation.IMPORTER, installation.password(settings, installation.IMPORTER)
    )
    (role,) = (row["id"] for row in importer.every("/api/v1/security/roles/") if row["name"] == "Leder")
    there = {row["username"] for row in importer.every("/api/v1/security/users/")}
    passwords = {number: installation.password(settings, _person(number)) for number in numbers}
    for number in numbers:
        person = _person(number)
        if person not in there:
            names = {"first_name": "Bench", "last_name": number, "email": f"{person}@localhost.invalid"}
            account = {"username": person, "password": passwords[number], "roles": [role], "active": True}
            importer.post("/api/v1/security/users/", account | names)
            access.revoke(settings, person, [], "bench")
        access.grant(settings, person, [number], "bench")
    return passwords


def _clicks(settings: Settings, charts: Sequence[Chart], numbers: Sequence[str]) -> tuple[dict[str, list[float]], int]:
    """Seconds until Superset answered, by chart, and how often it did not.

    Everybody asks for all charts, one after the other without a pause, and begins with another.
    """

    passwords = _let_in(settings, numbers[:PEOPLE])

    def person(place: int) -> list[tuple[str, float | None]]:
        number = numbers[place]
        superset = rest.Superset(installation.address(settings), _person(number), passwords[number])
        found: list[tuple[str, float | None]] = []
        first = place * len(charts) // PEOPLE
        for chart in [*charts[first:], *charts[:first]]:
            began = time.perf_counter()
            try:
                answers = superset.post("/api/v1/chart/data", chart.of(numbers[place]))["result"]
            except (rest.SupersetRefused, rest.SupersetUnavailable):
                found.append((chart.name, None))
                continue
            taken = time.perf_counter() - began
            found.append((chart.name, None if any(answer["error"] for answer in answers) else taken))
        return found

    with ThreadPoolExecutor(PEOPLE) as pool:
        answered = [answer for found in pool.map(person, range(PEOPLE)) for answer in found]
    seconds: dict[str, list[float]] = {}
    for name, taken in answered:
        if taken is not None:
            seconds.setdefault(name, []).append(taken)
    return seconds, sum(taken is None for _, taken in answered)


def _charts(superset: rest.Superset, settings: Settings) -> list[Chart]:
    """Every chart on every dashboard, with the filters that stand there when it is opened."""
    assets = dashboards.read(manifest(settings))
    known = {row["uuid"]: row["id"] for row in superset.every("/api/v1/chart/", ["id", "uuid"])}
    datasets = {row["uuid"]: row["id"] for row in superset.every("/api/v1/dataset/", ["id", "uuid"])}
    found = []
    for dashboard, shown in assets.dashboards.items():
        masks = {
            filter_["id"].removeprefix("NATIVE_FILTER-"): filter_["defaultDataMask"]["extraFormData"].get("filters", [])
            for filter_ in assets.files[f"dashboards/{dashboard}.yaml"]["metadata"]["native_filter_configuration"]
        }
        for slug in dict.fromkeys(assets.placed(dashboard)):
            answer = superset.get(f"/api/v1/chart/{known[written.asset_id('charts', slug)]}")["result"]
            asks = json.loads(answer["query_context"])
            asks["datasource"] = {
                "id": datasets[written.asset_id("datasets", assets.charts[slug]["dataset"])],
                "type": "table",
            }
            in_scope = [name for name in shown.get("filters", []) if slug in assets.in_scope(dashboard, name)]
            found.append(
                Chart(
                    slug,
                    asks,
                    [one for name in in_scope if name != "municipality" for one in masks[name]],
                    "municipality" in in_scope,
                )
            )
    return found


def _filters(assets: dashboards.Tree) -> list[tuple[str, str]]:
    """What the filters ask for when a dashboard is opened: their values, of all municipalities."""
    found = []
    for name, filter_ in assets.filters.items():
        column = filter_["column"]
        asked = f"min({column}), max({column})" if filter_["type"] == "filter_range" else f"distinct {column}"
        found.append((f"filter {name}", f"select {asked} from {DATASETS}.{filter_['dataset']}"))
    return found


def _login(settings: Settings) -> rest.Superset:
    return rest.Superset(installation.address(settings), USER, installation.password(settings, USER))


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """A Superset that serves while it is asked, as `bolig superset serve` does."""
    if not installation.is_prepared(settings):
        country.bolig(settings, "superset", "prepare")
    with supervision.serving(settings):
        yield
