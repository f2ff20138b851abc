"""What is imported is what git has, and no more."""

import io
import shutil
import zipfile
from pathlib import Path

import pytest

from dagster_project.night.dbt import manifest
from dagster_project.settings import Settings
from superset_assets import installation, rest
from superset_assets.derive import written
from superset_assets.derive.dashboards import Tree
from tests.bi.conftest import Login, numbers


def exported(superset: rest.Superset) -> dict[str, str]:
    """Everything that Superset would export, but when it did."""
    answer = superset._client.get("/api/v1/assets/export/").raise_for_status()
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    return {
        name.split("/", 1)[1]: archive.read(name).decode()
        for name in archive.namelist()
        if not name.endswith("metadata.yaml")
    }


@pytest.fixture(scope="module")
def before(login: Login) -> dict[str, str]:
    """What is exported of a Superset that was imported once."""
    return exported(login("bolig_import"))


def test_importing_again_changes_nothing_and_forgets_the_figures_of_before(
    login: Login, dashboards: Settings, assets: Tree, before: dict[str, str]
) -> None:
    superset, leder = login("bolig_import"), login("leder")
    number = numbers(leder, "chart")[written.asset_id("charts", "i_tall_ledigheten")]

    def is_cached() -> bool:
        return bool(leder.get(f"/api/v1/chart/{number}/data/")["result"][0]["is_cached"])

    is_cached()
    assert is_cached()
    installation.remember_imported(dashboards, {})
    again = rest.bring_up_to_date(dashboards, manifest(dashboards))
    assert (again.pruned, again.brought) == ((), len(assets.files))
    assert not is_cached()
    assert exported(superset) == before
    # what is as it was imported is left out, and the figures are forgotten nevertheless
    is_cached()
    assert is_cached()
    assert rest.bring_up_to_date(dashboards, manifest(dashboards)).brought == 0
    assert not is_cached()


def test_what_somebody_has_changed_is_brought_back(login: Login, dashboards: Settings, before: dict[str, str]) -> None:
    superset = login("bolig_import")
    for resource, kind, slug, change in (
        ("chart", "charts", "i_tall_ledigheten", {"slice_name": "Pyntet"}),
        ("dashboard", "dashboards", "tildeling", {"css": ""}),
        ("dataset", "datasets", "boliger", {"description": "Pyntet"}),
    ):
        number = numbers(superset, resource)[written.asset_id(kind, slug)]
        superset.put(f"/api/v1/{resource}/{number}", change)
    assert rest.bring_up_to_date(dashboards, manifest(dashboards)).brought == 2 + len(written.order())
    assert exported(superset) == before
    # as the list begins: with what was changed last
    listed = superset.get("/api/v1/dashboard/?q=(order_column:changed_on_delta_humanized,order_direction:desc)")
    assert [row["slug"] for row in listed["result"]] == written.order()


def test_what_git_no_longer_has_is_gone_and_what_people_made_stays(
    login: Login, dashboards: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    superset = login("bolig_import")
    (dataset, *_) = superset.every("/api/v1/dataset/", ["id"])
    own = superset.post(
        "/api/v1/chart/",
        {"slice_name": "Min egen", "viz_type": "table", "datasource_id": dataset["id"], "datasource_type": "table"},
    )["id"]
    shutil.copytree(written.ASSETS, tmp_path / "assets")
    monkeypatch.setattr(written, "ASSETS", tmp_path / "assets")
    (tmp_path / "assets" / "charts" / "kjopte_bolig.yaml").unlink()
    dashboard = tmp_path / "assets" / "dashboards" / "tildeling.yaml"
    dashboard.write_text(dashboard.read_text().replace("    - {chart: kjopte_bolig, width: 6, height: 40}\n", ""))
    try:
        imported = rest.bring_up_to_date(dashboards, manifest(dashboards))
        assert (imported.pruned, imported.brought) == (
            ("chart Kommunale leieboere som kjøpte bolig",),
            len(written.order()),
        )
        present = numbers(superset, "chart")
        assert written.asset_id("charts", "kjopte_bolig") not in present
        assert own in present.values()
    finally:
        monkeypatch.undo()
        rest.bring_up_to_date(dashboards, manifest(dashboards))
        superset.delete(f"/api/v1/chart/{own}")

    def number_of_the_chart() -> int:
        number = numbers(superset, "chart")[written.asset_id("charts", "kjopte_bolig")]
        assert number in {row["id"] for row in superset.get("/api/v1/dashboard/tildeling/charts")["result"]}
        return number

    # where somebody deletes one, it comes back under another number, and stands on its dashboard again
    superset.delete(f"/api/v1/chart/{(deleted := number_of_the_chart())}")
    assert rest.bring_up_to_date(dashboards, manifest(dashboards)).brought == 1 + len(written.order())
    assert number_of_the_chart() != deleted


def test_every_dataset_is_a_view_that_superset_need_not_take_apart(login: Login, assets: Tree) -> None:
    found = login("bolig_import").every("/api/v1/dataset/", ["uuid", "kind", "schema"])
    ours = {written.asset_id("datasets", slug) for slug in assets.datasets}
    assert {(row["kind"], row["schema"]) for row in found if row["uuid"] in ours} == {("physical", "dashboards")}
