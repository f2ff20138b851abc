"""What stands on the models, for dbt: its exposures of the dashboards and of the report.

Belongs here: deriving dbt/models/exposures.yml. Does not belong here: what dashboards and the report show.

Written anew by `python -m superset_assets.exposures`; a test holds the file against this.
"""

import re
from typing import Any

import yaml

from dagster_project.settings import PROJECT_DIR, Settings
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
        tables = {assets.datasets[dataset]["table"].partition(".")[2] for dataset in datasets}
        exposures.append(_exposure(slug, "dashboard", dashboard["dashboard_title"], tables & models))
    # the report's own code, and what a closing keeps for it
    rooms = [PROJECT_DIR / "dagster_project" / room for room in ("report", "reported")]
    code = "".join(path.read_text("utf-8") for room in rooms for path in sorted(room.glob("*.py")))
    tables = set(re.findall(r"\b(?:marts|scorecard)\.(\w+)", code))
    exposures.append(_exposure("periodens_rapport", "application", "Periodens rapport", tables & models))
    return HEAD + yaml.safe_dump({"exposures": exposures}, allow_unicode=True, sort_keys=False, width=120)


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
