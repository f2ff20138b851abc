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
        datasets = [assets.datasets[assets.charts[chart]["dataset"]] for chart in assets.placed(slug)]
        shown = {each["table"] for dataset in datasets for each in (dataset, dataset.get("beside", dataset))}
        # quality's views and the books of what was reported are no models
        selected = {table for table in shown if table.partition(".")[2] in models}
        if any(table.startswith("scenario.") for table in shown):
            # what is told of the outlook stands on what that reads
            assert selected | {"marts.fct_queue_entry", "marts.fct_target", "marts.fct_contract"} <= tables, slug
        else:
            assert tables == selected, slug


def test_every_model_that_others_may_build_on_is_published_and_the_others_are_private(manifest: dict[str, Any]) -> None:
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model":
            is_published = node["schema"].startswith("build_")
            assert node["config"]["access"] == ("public" if is_published else "private"), node["name"]
            assert node["group"] in ("marts", "scorecard"), node["name"]
