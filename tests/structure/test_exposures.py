"""dbt's exposures against what stands on the models, from both sides."""

from typing import Any

from superset_assets import exposures
from superset_assets.derive import dashboards


def test_the_exposures_are_those_of_the_dashboards_and_the_report(manifest: dict[str, Any]) -> None:
    assert exposures.FILE.read_text("utf-8") == exposures.derived(manifest), (
        "Write it anew: python -m superset_assets.exposures"
    )


def test_every_dashboard_is_one_and_stands_on_what_its_charts_select_from(manifest: dict[str, Any]) -> None:
    assets = dashboards.read(manifest)
    declared = {
        exposure["name"]: {
            manifest["nodes"][node]["schema"].removeprefix("build_") + "." + manifest["nodes"][node]["name"]
            for node in exposure["depends_on"]["nodes"]
        }
        for exposure in manifest["exposures"].values()
        if exposure["type"] == "dashboard"
    }
    assert declared.keys() == assets.dashboards.keys()
    models = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    for slug, tables in declared.items():
        charts = [assets.charts[chart] for chart in assets.placed(slug)]
        selected = {assets.datasets[chart["dataset"]]["table"] for chart in charts}
        # quality's views and the books of what was reported are no models
        assert tables == {table for table in selected if table.partition(".")[2] in models}, slug


def test_every_model_that_others_may_build_on_is_published_and_the_others_are_private(manifest: dict[str, Any]) -> None:
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model":
            is_published = node["schema"].startswith("build_")
            assert node["config"]["access"] == ("public" if is_published else "private"), node["name"]
            assert node["group"] in ("marts", "scorecard"), node["name"]
