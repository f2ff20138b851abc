"""What stands on the models, for dbt: its exposures of the dashboards and of the report.

Belongs here: deriving dbt/models/exposures.yml. Does not belong here: what dashboards and the report show.

Written anew by `python -m superset_assets.exposures`; a test holds the file against this.
"""

import re
from typing import Any

import yaml

from dagster_project.settings import PROJECT_DIR, Settings
from dagster_project.warehouse import OUTLOOK
from superset_assets.derive import dashboards

FILE = PROJECT_DIR / "dbt" / "models" / "exposures.yml"
OWNER = {"name": "Boligstrategiorganet"}
HEAD = "# Written by `python -m superset_assets.exposures`: what stands on the models.\n"


def derived(manifest: dict[str, Any]) -> str:
    """The file as it should be."""
    assets = dashboards.read(manifest)
    models = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    exposures = []
    for slug, dashboard in sorted(assets.dashboards.items()):
        datasets = {assets.charts[chart]["dataset"] for chart in assets.placed(slug)}
        shown = {each["table"] for name in datasets for each in _tables(assets.datasets[name])}
        tables = {table.partition(".")[2] for table in shown}
        # what is told of the outlook was worked out of what its code reads
        if any(table.startswith(f"{OUTLOOK}.") for table in shown):
            tables |= _read_by("outlook")
        exposures.append(_exposure(slug, "dashboard", dashboard["dashboard_title"], tables & models))
    # the report's own code, and what a closing keeps for it
    tables = _read_by("report", "reported")
    exposures.append(_exposure("periodens_rapport", "application", "Periodens rapport", tables & models))
    return HEAD + yaml.safe_dump({"exposures": exposures}, allow_unicode=True, sort_keys=False, width=120)


def _tables(dataset: dict[str, Any]) -> list[dict[str, Any]]:
    return [dataset, *([dataset["beside"]] if "beside" in dataset else [])]


def _read_by(*rooms: str) -> set[str]:
    """The published tables that the code of these rooms names."""
    folders = [PROJECT_DIR / "dagster_project" / room for room in rooms]
    code = "".join(path.read_text("utf-8") for folder in folders for path in sorted(folder.glob("*.py")))
    return set(re.findall(r"\b(?:marts|scorecard)\.(\w+)", code))


def _exposure(name: str, kind: str, label: str, tables: set[str]) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "label": label,
        "owner": dict(OWNER),
        "depends_on": [f"ref('{table}')" for table in sorted(tables)],
    }


if __name__ == "__main__":
    from dagster_project.night.dbt import manifest

    FILE.write_text(derived(manifest(Settings())), "utf-8")
