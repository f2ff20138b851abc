"""What is imported is what git has, answers, and says what the scorecard says."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dagster_project.defs.models import manifest
from dagster_project.settings import Settings
from superset_assets import rest, tree
from tests.bi.conftest import Login
from tests.conftest import ASKER, BAERUM, Installation

# nothing was put aside or refused, and no period is closed: these say so by having no rows
EMPTY_IN_THE_DEMONSTRATION = {"karantene", "avviste_leveranser", "revisjoner", "lukkede_perioder"}


Rows = Callable[[str, str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def assets(dashboards: Settings) -> tree.Tree:
    return tree.read(manifest(dashboards))


def numbers(superset: rest.Superset, kind: str, resource: str) -> dict[str, int]:
    """Superset's own numbers of the assets, by their ids."""
    return {row["uuid"]: row["id"] for row in superset.every(f"/api/v1/{resource}/", ["id", "uuid"])}


def exported(superset: rest.Superset) -> dict[str, str]:
    """Everything that Superset would export, but when it did."""
    answer = superset._client.get("/api/v1/assets/export/").raise_for_status()
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    return {
        name.split("/", 1)[1]: archive.read(name).decode()
        for name in archive.namelist()
        if not name.endswith("metadata.yaml")
    }


@pytest.fixture
def rows(login: Login, assets: tree.Tree) -> Rows:
    """What a chart's own query answers a Leder who has chosen a municipality."""
    superset = login("leder")
    charts, datasets = numbers(superset, "charts", "chart"), numbers(superset, "datasets", "dataset")

    def ask(slug: str, municipality_no: str) -> list[dict[str, Any]]:
        chart = superset.get(f"/api/v1/chart/{charts[tree.asset_id('charts', slug)]}")["result"]
        asks = json.loads(chart["query_context"])
        dataset = assets.charts[slug]["dataset"]
        asks["datasource"] = {"id": datasets[tree.asset_id("datasets", dataset)], "type": "table"}
        if "municipality_no" in assets.columns(dataset):
            for query in asks["queries"]:
                query["filters"].append({"col": "municipality_no", "op": "IN", "val": [municipality_no]})
        answer = superset.post("/api/v1/chart/data", asks)
        found = []
        for result in answer["result"]:
            assert not result["error"], f"{slug}: {result['error']}"
            found += result["data"]
        return found

    return ask


def test_importing_again_changes_nothing(login: Login, dashboards: Settings) -> None:
    superset = login("bolig_import")
    before = exported(superset)
    assert rest.bring_up_to_date(dashboards, manifest(dashboards)).pruned == ()
    assert exported(superset) == before


def test_what_git_no_longer_has_is_gone_and_what_people_made_stays(
    login: Login, dashboards: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    superset = login("bolig_import")
    (dataset, *_) = superset.every("/api/v1/dataset/", ["id"])
    own = superset.post(
        "/api/v1/chart/",
        {"slice_name": "Min egen", "viz_type": "table", "datasource_id": dataset["id"], "datasource_type": "table"},
    )["id"]
    shutil.copytree(tree.ASSETS, tmp_path / "assets")
    monkeypatch.setattr(tree, "ASSETS", tmp_path / "assets")
    (tmp_path / "assets" / "charts" / "botid.yaml").unlink()
    dashboard = tmp_path / "assets" / "dashboards" / "tildeling.yaml"
    dashboard.write_text(dashboard.read_text().replace("  - {chart: botid, width: 4, height: 40}\n", ""))
    try:
        pruned = rest.bring_up_to_date(dashboards, manifest(dashboards)).pruned
        assert pruned == ("chart Botid ved utflytting",)
        present = numbers(superset, "charts", "chart")
        assert tree.asset_id("charts", "botid") not in present
        assert own in present.values()
    finally:
        monkeypatch.undo()
        rest.bring_up_to_date(dashboards, manifest(dashboards))
        superset.delete(f"/api/v1/chart/{own}")


def test_every_dataset_is_a_view_that_superset_need_not_take_apart(login: Login, assets: tree.Tree) -> None:
    found = login("bolig_import").every("/api/v1/dataset/", ["uuid", "kind", "schema"])
    ours = {tree.asset_id("datasets", slug) for slug in assets.datasets}
    assert {(row["kind"], row["schema"]) for row in found if row["uuid"] in ours} == {("physical", "dashboards")}


@pytest.mark.parametrize("municipality_no", [ASKER, BAERUM])
def test_every_chart_answers_with_rows(rows: Rows, assets: tree.Tree, municipality_no: str) -> None:
    empty = {slug for slug in assets.charts if not rows(slug, municipality_no)}
    assert empty <= EMPTY_IN_THE_DEMONSTRATION


@pytest.mark.parametrize("municipality_no", [ASKER, BAERUM])
def test_every_chart_of_one_figure_shows_the_scorecards(
    rows: Rows, assets: tree.Tree, demonstration: Installation, municipality_no: str
) -> None:
    shown = 0
    for slug, chart in assets.charts.items():
        if chart["viz_type"] != "big_number_total":
            continue
        metric_id = chart["params"]["metric"]
        published = demonstration.ask(
            "select value from scorecard.status where municipality_no = %s and metric_id = %s and dimension = 'total'",
            municipality_no,
            metric_id,
        )
        # without the dashboard's filter the chart has the largest of the period types
        (row,) = rows(slug, municipality_no)
        assert row[metric_id] == pytest.approx(max(value for (value,) in published if value is not None)), slug
        shown += 1
    assert shown > 20


@pytest.mark.parametrize("municipality_no", [ASKER, BAERUM])
def test_what_is_counted_from_rows_is_what_the_scorecard_says(
    rows: Rows, assets: tree.Tree, demonstration: Installation, municipality_no: str
) -> None:
    for slug, metric_id in (
        ("ledige_dogn_ansvarlig", "vacant_days"),
        ("tapt_leie_ansvarlig", "vacancy_loss"),
        ("startlan_formal", "startlan_loans"),
        ("startlan_gruppe", "startlan_loans"),
        ("tildelinger_utvalg", "allocations_new"),
        ("utflytting", "stays_ended"),
    ):
        published = dict(
            demonstration.ask(
                "select extract(year from period_start)::integer, value from scorecard.metric_value"
                " where municipality_no = %s and metric_id = %s and dimension = 'total' and period_type = 'year'",
                municipality_no,
                metric_id,
            )
        )
        drawn = dict.fromkeys(published, 0.0)
        axis = assets.charts[slug]["params"]["x_axis"]
        for row in rows(slug, municipality_no):
            if row[axis] is None:
                continue  # not let, not paid out, not moved out yet
            if isinstance(row[axis], str):
                year = int(row[axis][:4])  # «2010 K4»
            else:
                year = datetime.fromtimestamp(row[axis] / 1000, UTC).year
            if year in drawn:
                drawn[year] += row[metric_id] or 0
        assert drawn == pytest.approx(published), slug


def test_the_first_table_of_the_meeting_is_novas_seventh(rows: Rows) -> None:
    found = {(row["dimension_value_label"], row["year"]): row for row in rows("tabell7", ASKER)}
    row = found["Økonomisk og sosialt vanskeligstilte", 2010]
    assert (row["queue_waiting"], row["queue_allocated"], row["queue_net_change"]) == (27, 25, -6)


def test_a_publication_forgets_the_figures_of_before(login: Login, dashboards: Settings) -> None:
    superset = login("leder")
    number = numbers(superset, "charts", "chart")[tree.asset_id("charts", "tall_ledige_naa")]
    superset.get(f"/api/v1/chart/{number}/data/")
    assert superset.get(f"/api/v1/chart/{number}/data/")["result"][0]["is_cached"]
    rest.bring_up_to_date(dashboards, manifest(dashboards))
    assert not superset.get(f"/api/v1/chart/{number}/data/")["result"][0]["is_cached"]
