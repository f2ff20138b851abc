"""Dashboard → chart → dataset → column of a published table, held without a server; and that every gap is found."""

import ast
from collections import Counter
from dataclasses import replace
from typing import Any, get_args

import pytest

from dagster_project.landing import door
from dagster_project.outlook import told
from dagster_project.vocabulary import catalogue, contracts, labels
from dagster_project.warehouse import quality
from superset_assets import checks, installation, rest
from superset_assets.derive import charts, datasets, written
from superset_assets.derive.dashboards import Tree, read


@pytest.fixture(scope="module")
def assets(manifest: dict[str, Any]) -> Tree:
    return read(manifest)


def changed(assets: Tree, kind: str, slug: str, **changes: Any) -> Tree:
    """The assets with one of them changed."""
    found = getattr(assets, kind)
    return replace(assets, **{kind: found | {slug: found[slug] | changes}})


def without(assets: Tree, kind: str, slug: str) -> Tree:
    """The assets without one of them."""
    return replace(assets, **{kind: {name: asset for name, asset in getattr(assets, kind).items() if name != slug}})


def test_the_dashboards_hang_together(assets: Tree) -> None:
    assert checks.faults(assets) == []


def test_every_gap_is_named(assets: Tree) -> None:
    bar = assets.charts["ledige_dogn_fase"]
    column = {**bar["params"], "groupby": ["floor_label"]}
    metric = {**bar["params"], "metrics": ["vacant_weeks"]}
    days = {**assets.charts["startlan_formal"]["params"], "x_axis": "paid_out_on"}
    unmarked = {**assets.charts["utlopende_kontrakter"]["params"], "groupby_b": []}
    green = {**assets.charts["kontroller"]["params"]}
    green["conditional_formatting"] = [{"column": "result_no", "operator": "=", "colorScheme": "#00FF00"}]
    colours = assets.colours
    written = {**bar["params"], "adhoc_filters": [{"sqlExpression": "1 = 1"}]}
    for broken, said in (
        (changed(assets, "datasets", "ko", table="raw.allocation__waitlist_entry"), "readers have no table raw."),
        (changed(assets, "datasets", "ko", columns=["floor"]), "marts.fct_queue_entry has no column floor"),
        (changed(assets, "datasets", "leieforhold", columns=["person_id"]), "tells persons apart"),
        (changed(assets, "datasets", "ko", description=" "), "datasets/ko.yaml: has no description"),
        (changed(assets, "datasets", "ko", figures=["no_metric"]), "no metric no_metric"),
        (changed(assets, "charts", "ledige_dogn_fase", params=column), "no column floor_label"),
        (changed(assets, "charts", "ledige_dogn_fase", params=metric), "no metric vacant_weeks"),
        (changed(assets, "charts", "ledige_dogn_fase", params=written), "SQL and filters do not stand in params"),
        (changed(assets, "charts", "ledige_dogn_fase", viz_type="handlebars"), "handlebars is none of"),
        (changed(assets, "charts", "ledige_dogn_fase", dataset="nowhere"), "no dataset nowhere"),
        (changed(assets, "charts", "startlan_formal", params=days), "an axis of days names periods in its own way"),
        (
            changed(assets, "charts", "utlopende_kontrakter", params=unmarked),
            "renewal_rate is preliminary for 3 months",
        ),
        (
            changed(assets, "charts", "ledighet_kategori", params={"metrics": ["renewal_rate"]}),
            "renewal_rate is preliminary",
        ),
        (changed(assets, "charts", "kontroller", params=green), "#00FF00 is the colour of no status"),
        (changed(assets, "datasets", "styringstall", title="Tall: alle"), "Tall: alle can be no sheet's name"),
        (changed(assets, "datasets", "styringstall", title="T" * 32), "can be no sheet's name"),
        (replace(assets, colours={}), "Eiendomsforvaltningen (charts/ledige_dogn_ansvarlig.yaml) has no colour"),
        (
            replace(assets, colours={}),
            "Andel kontrakter som fornyes (foreløpig) (charts/utlopende_kontrakter.yaml) has no",
        ),
        (
            replace(assets, colours=colours | {"Trygdebolig": colours["Servicebolig"]}),
            "Servicebolig and Trygdebolig have one colour (housing_category)",
        ),
        (
            replace(assets, colours=colours | {"Servicebolig": colours["Eiendomsforvaltningen"]}),
            "Servicebolig (housing_category) has the colour of Eiendomsforvaltningen (responsible)",
        ),
        (
            replace(assets, colours=colours | {"Krevd husleie": colours["Betalt husleie"]}),
            "Betalt husleie and Krevd husleie have one colour (charts/husleie.yaml)",
        ),
        (changed(assets, "charts", "netter", note=""), "charts/netter.yaml: has no description"),
        (changed(assets, "charts", "netter", about=["no_metric"]), "no metric no_metric"),
        (changed(assets, "charts", "ledighet_kategori", where={}), "must say which one dimension"),
        (changed(assets, "charts", "ledighet_kategori", where={"dimension": "purpose"}), "has no dimension purpose"),
        (
            changed(assets, "charts", "ledighet_kategori", params={"metrics": ["vacancy_rate"]}),
            "shows several values of housing_category as one",
        ),
        (
            changed(assets, "charts", "ledighet_kategori", dataset="styringstall"),
            "shows several periods as one",
        ),
        (
            changed(assets, "charts", "tabell7", where={"dimension": "housing_category", "years_ago": [0]}),
            "must say `where: {period_type",
        ),
        (
            changed(assets, "charts", "botid", slice_name="Hvor leieboerne flytter"),
            "2 are called Hvor leieboerne flytter",
        ),
        (without(assets, "charts", "botid"), "dashboards/tildeling.yaml: there is no chart botid"),
        (without(assets, "dashboards", "datakvalitet"), "order.yaml: must list every dashboard once"),
        (changed(assets, "dashboards", "boligko", filters=["period_type"]), "has no filter municipality"),
        (changed(assets, "dashboards", "boligko", filters=["municipality"]), "shows every type of period"),
        (
            changed(assets, "dashboards", "datakvalitet", filters=["municipality", "area"]),
            "applies to none of its charts",
        ),
        (changed(assets, "dashboards", "boligko", filters=["municipality", "weather"]), "there is no filter weather"),
        (
            changed(assets, "filters", "years_ago", dataset="styringstall"),
            "years_ago: scorecard.metric_value is no dim",
        ),
        (changed(assets, "filters", "queue", sort_by="weight"), "queue: dataset veien_kovalg has no metric weight"),
        (
            changed(assets, "datasets", "styringskort", beside={"table": "marts.dim_code", "by": [], "columns": ["x"]}),
            "styringskort.yaml: beside it, marts.dim_code has no column municipality_no",
        ),
        (changed(assets, "dashboards", "boligko", tabs=[]), "stands on no dashboard"),
        (replace(assets, labels=assets.labels | {"floor": "Etasje"}), "no dataset has a column or metric floor"),
        (replace(assets, labels={}), "labels.yaml: area has no label"),
    ):
        assert any(said in fault for fault in checks.faults(broken)), said


def test_a_second_query_that_is_about_more_than_its_chart_is_named(
    assets: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Tree._filters
    monkeypatch.setattr(
        Tree,
        "_filters",
        lambda self, slug, *keys: [] if keys == charts.SECOND_QUERY else whole(self, slug, *keys),
    )
    mixed = [
        slug
        for slug, chart in assets.charts.items()
        if chart["viz_type"] == "mixed_timeseries" and assets.datasets[chart["dataset"]].get("figures") == "all"
    ]
    by = {slug: ", ".join(sorted({"metric_id", *assets.charts[slug]["where"]})) for slug in mixed}
    assert checks.faults(replace(assets)) == [
        f"charts/{slug}.yaml: {place} is not filtered by {by[slug]}."
        for slug in mixed
        for place in ("query 2", "adhoc_filters_b")
    ]


def test_a_mixed_charts_axis_has_the_places_of_both_queries(assets: Tree) -> None:
    for slug, chart in assets.charts.items():
        if chart["viz_type"] == "mixed_timeseries" and assets.datasets[chart["dataset"]].get("figures") == "all":
            params = assets.files[f"charts/{slug}.yaml"]["params"]
            of = [
                {
                    value
                    for simple in params[filters]
                    if simple["subject"] == "metric_id"
                    for value in simple["comparator"]
                }
                for filters in ("adhoc_filters", "adhoc_filters_b")
            ]
            # what has no value there is not left out
            assert of[1] and of[0] > of[1] and params["show_empty_columns"], slug


def test_no_chart_asks_before_there_is_a_municipality(assets: Tree) -> None:
    for slug in assets.dashboards:
        placed = list(dict.fromkeys(assets.placed(slug)))
        first, *others = assets.files[f"dashboards/{slug}.yaml"]["metadata"]["native_filter_configuration"]
        assert (first["id"], first["requiredFirst"]) == ("NATIVE_FILTER-municipality", True)
        assert first["controlValues"]["enableEmptyFilter"] and not first["controlValues"]["multiSelect"]
        assert {placed[number - 1] for number in first["scope"]["excluded"]} <= {"kontroller"}, slug
        assert all(filter_["cascadeParentIds"] == [first["id"]] for filter_ in others), slug


def test_what_has_no_colour_of_its_own_takes_none_that_means_something(assets: Tree) -> None:
    server = ast.parse((installation.SERVER / "superset_config.py").read_text("utf-8"))
    (schemes,) = (
        ast.literal_eval(node.value)
        for node in server.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXTRA_CATEGORICAL_COLOR_SCHEMES"
    )
    taken = {
        assets.colours[label] for kind in checks.THEIR_OWN for label in assets.codes[kind] if label in assets.colours
    }
    assert not taken & {colour for scheme in schemes for colour in scheme["colors"]}


def test_the_server_knows_the_filter_that_the_others_depend_on(assets: Tree) -> None:
    server = ast.parse((installation.SERVER / "superset_config.py").read_text("utf-8"))
    (named,) = (
        ast.literal_eval(node.value)
        for node in server.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "MUNICIPALITY"
    )
    assert assets.filters[named]["column"] == named


def test_ids_are_the_same_in_every_installation() -> None:
    # an id that changed would leave every link and bookmark behind
    assert written.asset_id("charts", "tabell7") == "fc302d75-bac0-5382-8375-6afea3e281d5"
    assert written.asset_id("charts", "ko") != written.asset_id("datasets", "ko")


def test_no_part_of_a_layout_has_the_name_of_another_dashboards(assets: Tree) -> None:
    """By the list a browser goes from one to another, and knows by such a name which tab was opened last."""
    of_all = {"DASHBOARD_VERSION_KEY", "ROOT_ID", "GRID_ID", "HEADER_ID"}
    named = Counter(name for slug in assets.dashboards for name in assets.files[f"dashboards/{slug}.yaml"]["position"])
    assert {name for name, times in named.items() if times > 1} == of_all


def test_no_asset_of_an_installation_stands_in_git(assets: Tree) -> None:
    text = str(assets.files)
    assert "postgresql" not in text
    assert "127.0.0.1" not in text
    assert not {name for name in assets.files if name.startswith("databases/")}


def test_a_figure_counted_from_rows_is_counted_as_the_catalogue_says(assets: Tree) -> None:
    expression = assets.metrics("startlan")["startlan_loans"]["expression"]
    assert expression == "count(*) filter (where paid_out_on is not null)"
    with pytest.raises(written.AssetError, match="not counted from the rows"):
        changed(assets, "datasets", "startlan", figures=["queue_inflow"]).metrics("startlan")


def test_every_catalogue_metric_has_a_number_format_and_a_unit() -> None:
    for metric_id, metric in catalogue.metrics().items():
        assert datasets.unit(metric), metric_id
        assert datasets.d3_format(metric).endswith(("f", "%")), metric_id


def test_no_dataset_selects_what_tells_persons_apart(assets: Tree) -> None:
    for slug in assets.datasets:
        for column in written.PERSONAL:
            assert column not in assets.sql(slug), slug


def test_a_list_of_what_stands_today_does_not_lose_what_is_old(assets: Tree) -> None:
    for slug, dashboard in assets.dashboards.items():
        if "years_ago" in dashboard.get("filters", []):
            assert not {"ledig_lengst", "ko_lengst", "boliger_omrade"} & set(assets.in_scope(slug, "years_ago"))


def test_the_quality_views_know_every_source_rule_door_and_outcome() -> None:
    tables = contracts.tables().values()
    assert quality.SOURCES.keys() == {table.source for table in tables}
    assert quality.DOORS.keys() == set(get_args(door.Status))
    # the rules of docs/contracts.md, with those that stand in the contracts' notes
    notes = {rule.name for table in tables for rule in table.rules}
    always = {"fields", "characters", "personal", "type", "code", "required", "person"}
    always |= {"key", "reference", "parent", "erased"}
    assert quality.RULES.keys() == notes | always


def test_what_is_told_of_the_outlook_has_words_for_every_code() -> None:
    enums = {
        (table.name, column.name): set(column.codes)
        for table in contracts.tables().values()
        for column in table.columns
        if table.name in ("scenario", "spak", "forutsetning")
    }
    for words, of in (
        (told.STATUSES, ("scenario", "status")),
        (told.LEVERS, ("spak", "type")),
        (told.UNITS, ("spak", "type")),
        (told.MODES, ("spak", "modus")),
        (told.WAITED_FOR, ("spak", "ansvarlig_eller_fase")),
        (told.ASSUMPTIONS, ("forutsetning", "kode")),
    ):
        assert words.keys() == enums[of], of


def test_the_importer_is_the_one_that_superset_is_prepared_for() -> None:
    assert f'IMPORTER = "{installation.IMPORTER}"' in (installation.SERVER / "access.py").read_text("utf-8")
    config = (installation.SERVER / "superset_config.py").read_text("utf-8")
    assert f"FAB_API_MAX_PAGE_SIZE = {rest.ROWS}" in config


def test_every_dataset_and_metric_is_certified_by_whose_it_is(assets: Tree) -> None:
    offices = set(assets.owners.values())
    for slug in assets.datasets:
        made = assets.files[f"datasets/{written.DATABASE}/{slug}.yaml"]
        assert made["extra"]["certification"]["certified_by"] == assets.owners[assets.datasets[slug]["table"]]
        for metric in made["metrics"]:
            certified = metric["extra"]["certification"]
            assert certified["certified_by"] in offices and certified["details"], (slug, metric["metric_name"])
            if entry := catalogue.metrics().get(metric["metric_name"]):
                assert certified["certified_by"] == assets.catalogue_owner
                assert entry.source in certified["details"], (slug, metric["metric_name"])


def test_whatever_shows_a_figure_is_tagged_by_its_perspective(assets: Tree) -> None:
    tags, names = assets.tags(), labels.of("perspective")
    assert list(tags) == list(names.values())
    for slug in assets.charts:
        shown = {names[catalogue.metrics()[name].perspective] for name in assets.about(slug)}
        assert shown <= {name for name, tagged in tags.items() if slug in tagged["chart"]}, slug
    for slug in assets.dashboards:
        of_charts = {name for name, tagged in tags.items() if {*tagged["chart"]} & {*assets.placed(slug)}}
        assert of_charts == {name for name, tagged in tags.items() if slug in tagged["dashboard"]}, slug
    assert all("styringskort" in tagged["dashboard"] for tagged in tags.values())
    assert not any("datakvalitet" in tagged["dashboard"] for tagged in tags.values())


SELECTED = "De som får oppfølging"


def test_with_and_without_follow_up_never_stand_without_how_many_and_why_they_are_not_alike(assets: Tree) -> None:
    told = {name: entry for name, entry in catalogue.metrics().items() if "with_followup" in entry.dimensions}
    assert told
    for name, entry in told.items():
        assert SELECTED in entry.caveat_no and "ingen effekt" in entry.caveat_no, name
    for slug, chart in assets.charts.items():
        if "with_followup" in str(chart.get("where", {}).get("dimension", "")):
            shown = set(assets.shown_metrics(slug))
            counts = {name for name in shown if (told[name].compute.value or "").startswith("count(")}
            assert counts >= {ratio[1] for name in shown if (ratio := told[name].compute.ratio)}, slug
            assert SELECTED in chart["note"], slug
            # and without a click, on the tab that it stands on
            for dashboard in assets.dashboards:
                for title, rows in assets.tabs(dashboard):
                    placed = [item for row in rows for item in row]
                    if slug in {item.get("chart") for item in placed}:
                        assert any(SELECTED in item.get("text", "") for item in placed), (dashboard, title)


def test_no_page_and_no_figure_tells_of_the_scores_of_reviews(assets: Tree) -> None:
    assert not [name for name, entry in catalogue.entries().items() if entry.compute.mart == "fct_followup_review"]
    assert not [slug for slug, dataset in assets.datasets.items() if "fct_followup" in dataset["table"]]
