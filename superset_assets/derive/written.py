"""What is written by hand in assets/, and what dbt's manifest promises beside it.

Belongs here: reading the files, ids, and the databases. Does not belong here: what is derived of it (datasets.py,
charts.py, dashboards.py).

What is written by hand:

datasets/SLUG.yaml    title (what its sheet in a workbook is called), table (schema.name as readers know it),
                      description, time (its main date, optional); columns (in their order; a coded column or a boolean
                      comes as its Norwegian label, under its name with _label); codes (coded columns that charts filter
                      by, as they are); beside (columns of another table that has one row or none for each row of this:
                      {table, by: the columns that both have, besides the municipality, columns}); figures (catalogue
                      metrics that are counted from the table's rows, or `all` where each row is a figure); metrics
                      (others, by name their SQL, or {sql, format}; one with the id of a catalogue metric takes its
                      label, format and definition); leads_on (true: each row has a link to the dashboard that tells
                      of its metric, as column `page`).
charts/SLUG.yaml      slice_name, viz_type, dataset (slug), params (Superset's own), where (column: value or list, null,
                      or {not: null}; every query of the chart has them), about (catalogue metrics that the
                      description defines; default: those that it shows or has rows of), note (a sentence that the
                      description begins with).
dashboards/SLUG.yaml  dashboard_title, description, filters (names from filters.yaml), and rows, or tabs of rows: lists
                      of {chart: slug} or {text: markdown}, each with width (of 12) and height (in units of 8 pixels).
filters.yaml          by name: label, description, the dataset and column whose values it offers, and a default.
labels.yaml           by column: what it is called on the screen.
colours.yaml          by what it is called: the colour of whatever can be a series; the report takes it from here too.
order.yaml            the dashboards in the order of the way through them.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dagster_project import BoligError
from dagster_project.outlook import told
from dagster_project.warehouse import BUILD_PREFIX, OUTLOOK, quality, views

ASSETS = Path(__file__).parents[1] / "assets"

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://boligstrategi/superset")

DATABASE, SQL_DATABASE = "boligstrategi", "boligstrategi_sql"

# the dbt group of the metric catalogue's figures
SCORECARD = "scorecard"

# never in a dataset, whatever table it stands on
PERSONAL = ("person_id",)

TEMPORAL = ("date", "timestamp")


class AssetError(BoligError):
    """An asset cannot be read or put together; the message names its file."""


@dataclass(frozen=True)
class Written:
    """The hand-written assets, by their slugs, the columns of every published table, and by coded column its labels.

    `owners`: by published table the office whose it is.
    """

    datasets: dict[str, dict[str, Any]]
    charts: dict[str, dict[str, Any]]
    dashboards: dict[str, dict[str, Any]]
    filters: dict[str, dict[str, Any]]
    labels: dict[str, str]
    colours: dict[str, str]
    codes: dict[str, list[str]]
    tables: dict[str, dict[str, str]]
    owners: dict[str, str]

    def label(self, column: str) -> str:
        """What a column is called on the screen."""
        plain = column.removesuffix("_label")
        return self.labels.get(plain) or self.labels.get(column) or column


def asset_id(kind: str, slug: str) -> str:
    """An asset's id: the same in every installation."""
    return str(uuid.uuid5(NAMESPACE, f"{kind}/{slug}"))


def published_columns(manifest: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Every table that readers may see, as schema.name, with its columns and their types."""
    found = {
        f"{node['schema'].removeprefix(BUILD_PREFIX)}.{node['name']}": {
            column["name"]: column["data_type"] for column in node["columns"].values()
        }
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"].startswith(BUILD_PREFIX)
    }
    return found | views.types(quality.SCHEMA, quality.views()) | views.types(OUTLOOK, told.told())


def owners(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Every table that readers may see, with the office whose it is: its dbt group's owner.

    What is told of the nights, and of what comes, is whose the scorecard is.
    """
    of_group = {group["name"]: group["owner"]["name"] for group in manifest["groups"].values()}
    of_model = {
        f"{node['schema'].removeprefix(BUILD_PREFIX)}.{node['name']}": of_group[node["group"]]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"].startswith(BUILD_PREFIX)
    }
    recorded = views.types(quality.SCHEMA, quality.views()) | views.types(OUTLOOK, told.told())
    return of_model | dict.fromkeys(recorded, of_group[SCORECARD])


def order() -> list[str]:
    """The dashboards' slugs in the order of the way through them."""
    return list(yaml.safe_load((ASSETS / "order.yaml").read_text("utf-8")))


def read_folder(kind: str, needed: set[str]) -> dict[str, dict[str, Any]]:
    found = {}
    for path in sorted((ASSETS / kind).glob("*.yaml")):
        asset = yaml.safe_load(path.read_text("utf-8"))
        if not isinstance(asset, dict) or not needed <= asset.keys():
            raise AssetError(f"{kind}/{path.name} must have {', '.join(sorted(needed))}.")
        if not re.fullmatch(r"[a-z0-9_]+", path.stem):
            raise AssetError(f"{kind}/{path.name}: a slug is made of a-z, 0-9 and _.")
        found[path.stem] = asset
    return found


@cache
def read_file(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def databases(dashboards_url: str, sqllab_url: str) -> dict[str, dict[str, Any]]:
    """The dashboards' connection and SQL Lab's, each with a login of its own. Passwords are given at the import.

    The logins' SQLAlchemy URLs have their passwords masked as Superset masks them.
    """

    def database(slug: str, name: str, url: str, in_sql_lab: bool) -> dict[str, Any]:
        return {
            "database_name": name,
            "sqlalchemy_uri": url,
            "uuid": asset_id("databases", slug),
            "version": "1.0.0",
            "is_managed_externally": True,
            "external_url": None,
            "expose_in_sqllab": in_sql_lab,
            "allow_ctas": False,
            "allow_cvas": False,
            "allow_dml": False,
            "allow_run_async": False,
            "allow_csv_upload": False,
            "impersonate_user": False,
            "cache_timeout": None,
            "extra": {
                "allows_virtual_table_explore": False,
                "cost_estimate_enabled": False,
                "cancel_query_on_windows_unload": True,
                "metadata_params": {},
                "engine_params": {
                    # no column is of this type, and the driver would look for it at each connection
                    "use_native_hstore": False,
                },
                "schemas_allowed_for_csv_upload": [],
            },
        }

    return {
        f"databases/{DATABASE}.yaml": database(DATABASE, "Boligstrategi", dashboards_url, in_sql_lab=False),
        f"databases/{SQL_DATABASE}.yaml": database(SQL_DATABASE, "Boligstrategi (SQL)", sqllab_url, in_sql_lab=True),
    }
