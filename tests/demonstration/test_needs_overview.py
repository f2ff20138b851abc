"""The overview of needs on the demonstration's two municipalities: its numbers, its files, its freezing, its border."""

import io
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import numpy as np
import psycopg
import pytest
from click.testing import CliRunner
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from scipy.optimize import linprog  # type: ignore[import-untyped]

from dagster_project import cli, warehouse
from dagster_project.disclosure import THRESHOLD
from dagster_project.needs import dataset, kept, making, words
from dagster_project.needs.groups import FAMILIES, REFUGEES
from dagster_project.needs.kept import NeedsRefused, Overview
from dagster_project.needs.reckoning import SUM, UNCOVERED, WITHOUT
from dagster_project.night import holding
from dagster_project.vocabulary import labels
from dagster_project.warehouse import border
from tests.conftest import ASKER, BAERUM, Installation

ON, PLAN, BY = date(2010, 12, 31), date(2009, 12, 31), "Kari Nordmann"


@pytest.fixture(scope="module")
def connection(own_demonstration: Installation) -> Iterator[psycopg.Connection[Any]]:
    with holding.opened(own_demonstration.settings) as connection:
        assert kept.work_out_all(connection) == {}
        yield connection


@pytest.fixture(scope="module")
def of(connection: psycopg.Connection[Any]) -> Overview:
    # that of the plan first: the later one compares with it
    kept.freeze(connection, ASKER, PLAN, BY)
    return kept.overview(connection, ASKER, kept.freeze(connection, ASKER, ON, BY))


def values(of: Overview, component: str, horizon: int, alternative: str = "hoved") -> dict[str, float]:
    return {
        row.need_group: row.value or 0.0
        for row in of.rows
        if (row.component, row.horizon_years, row.alternative) == (component, horizon, alternative)
        and row.need_group != FAMILIES
    }


def test_the_need_of_utviklingshemmede_now_in_four_and_in_twelve_years(of: Overview) -> None:
    found = [round(values(of, WITHOUT, years)["utviklingshemming"], 1) for years in (0, 4, 12)]
    assert found == [57, 67.7, 87.2]  # no projection is delivered: nobody becomes more


def test_the_uncovered_need_of_the_plan_is_the_reports(
    connection: psycopg.Connection[Any], own_demonstration: Installation, of: Overview
) -> None:
    plan = kept.overview(connection, ASKER, 1)
    uncovered = values(plan, UNCOVERED, 4)
    # whoever waits for a dwelling; refugees follow an agreement of their own
    [(printed, told)] = own_demonstration.ask(
        "select printed, verdict from scorecard.reconciliation where figure = 'need_uncovered'"
    )
    assert (round(sum(uncovered.values()) - uncovered[REFUGEES]), told) == (printed, "beregnes etterpå")
    assert printed == 167
    assert plan.content["earlier"] == []
    assert {row["need_version"] for row in of.content["earlier"]} == {1}


def test_the_parts_add_up_in_both_municipalities(connection: psycopg.Connection[Any]) -> None:
    signs = ", ".join(f"('{name}', {sign})" for name, sign in SUM.items())
    rows = connection.execute(
        f"""
        select
            municipality_no, sum(value * sign) filter (where sign is not null) as total,
            max(value) filter (where component = '{UNCOVERED}') as uncovered
        from scenario.need left join (values {signs}) as signs (component, sign) using (component)
        where need_group <> '{FAMILIES}'
        group by municipality_no, need_version, need_group, need_dwelling_type, horizon_years, alternative
        """.encode()
    ).fetchall()
    assert {number for number, _, _ in rows} == {ASKER, BAERUM}
    for _, total, uncovered in rows:
        assert uncovered == pytest.approx(total, abs=1e-9)


def test_ordinary_and_adapted_dwellings_make_the_whole(of: Overview) -> None:
    sums = {(each.dwelling_type, each.horizon_years): each.value or 0.0 for each in dataset.edition(of, "intern").sums
            if each.alternative == "hoved"}  # fmt: skip
    for years in (0, 4, 12):
        assert sums["ordinar", years] + sums["tilpasset", years] == pytest.approx(sums["total", years])
        assert sums["total", years] == pytest.approx(sum(values(of, UNCOVERED, years).values()))


def test_what_is_frozen_never_changes_and_its_files_can_be_made_again(
    connection: psycopg.Connection[Any], own_demonstration: Installation, of: Overview
) -> None:
    settings = own_demonstration.settings
    first = {name: making.make(settings, ON, BY, name, ASKER) for name in making.EDITIONS}
    connection.execute("update scorecard.publication set load_id = load_id where municipality_no = %s", [ASKER])
    for name, made in first.items():
        again = making.make(settings, ON, BY, name, ASKER)
        assert (again.version, again.files) == (of.version, made.files)
        # of what is kept alone
        assert making.rendered(kept.overview(connection, ASKER, of.version), name) == made.files
    assert kept.freeze(connection, ASKER, ON, "Ola Nordmann") == of.version + 1
    for statement in (
        "update scenario.need set value = 0 where need_version = 1",
        "delete from scenario.need where need_version = 1",
        "insert into scenario.need select * from scenario.need where need_version = 1 limit 1",
        "update scenario.need set need_version = 1 where need_version = 0",
        "update scenario.need_overview set made_by = 'x' where need_version = 1",
        "delete from scenario.need_overview where need_version = 1",
        "delete from scenario.need_file",
        "update scenario.need_file set content = ''",
        "truncate scenario.need",
        "truncate scenario.need_overview cascade",
    ):
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="never change"):
            connection.execute(statement.encode())
        connection.rollback()


def test_the_files_say_what_they_must(of: Overview, own_demonstration: Installation) -> None:
    files = {
        name.rpartition(".")[2]: made
        for name, made in making.make(own_demonstration.settings, ON, BY, "intern", ASKER).files.items()
    }
    reader = PdfReader(io.BytesIO(files["pdf"]))
    catalogue: Any = reader.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"] == "nb"
    assert 4 <= len(reader.pages) <= 6
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for said in (
        BY,
        "31. desember 2010",
        f"versjon {of.version}",
        "Metode 1",
        "§ 5",
        "NAV Asker",
        "Eldrerådet",
        *words.LIMITS,
    ):
        assert said in text, said
    schema = json.loads(dataset.SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for name in making.EDITIONS:
        made = making.make(own_demonstration.settings, ON, BY, name, ASKER).files
        (content,) = (made[each] for each in made if each.endswith(".json"))
        jsonschema.validate(json.loads(content), schema, jsonschema.Draft202012Validator)
    assert {each["component"] for each in json.loads(files["json"])["needs"]} == set(words.COMPONENTS)
    lines = files["csv"].decode().splitlines()
    head, *rows = CalamineWorkbook.from_filelike(io.BytesIO(files["xlsx"])).get_sheet_by_name("Behov").to_python()
    assert tuple(head) == tuple(lines[0].split(";")) == dataset.HEADER
    assert len(rows) == len(lines) - 1 == len(of.rows)
    of_schema = schema["$defs"]["need"]["properties"]
    assert set(of_schema["need_group"]["enum"]) == set(labels.of("need_group"))
    assert set(of_schema["component"]["enum"]) == set(words.COMPONENTS)


def test_the_public_edition_gives_no_small_number_away(of: Overview) -> None:
    made = dataset.edition(of, "offentlig")
    now = {row.need_group: row.value for row in made.rows
           if (row.horizon_years, row.alternative) == (0, "hoved") and row.need_group != FAMILIES}  # fmt: skip
    assert now["utviklingshemming"] == 57
    assert now["bevegelse"] is None  # one household
    assert {row.component for row in made.rows} == {UNCOVERED}
    assert all(row.numerator is row.denominator is None for row in made.rows)
    assert min(value for value in now.values() if value) >= THRESHOLD
    text = dataset.as_json(made).decode()
    assert "23 rader" in dataset.as_json(dataset.edition(of, "intern")).decode()
    assert "23 rader" not in text
    assert "hendelser, minst" not in text
    # who attacks it knows the groups of each sum, that nobody is counted below nothing, and what is shown
    kinds = {row.need_group: row.dwelling_type for row in made.rows}
    names = sorted(now)
    shown = [(np.array([name == of for of in names], float), value) for name, value in now.items() if value is not None]
    shown += [
        (np.array([each.dwelling_type in (kinds[name], "total") for name in names], float), each.value)
        for each in made.sums
        if (each.horizon_years, each.alternative) == (0, "hoved") and each.value is not None
    ]
    true = values(of, UNCOVERED, 0)
    for place, name in enumerate(names):
        if now[name] is not None or not 0 < round(true[name]) < THRESHOLD:
            continue
        cost = np.array([at == place for at in range(len(names))], float)
        low, high = (
            linprog(sign * cost, A_eq=[each for each, _ in shown], b_eq=[value for _, value in shown]).fun * sign
            for sign in (1, -1)
        )
        assert low <= 1, name
        assert high >= THRESHOLD - 1, name


def test_what_cannot_be_made_is_refused_in_a_sentence(
    connection: psycopg.Connection[Any], own_demonstration: Installation
) -> None:
    for on, by, why in (
        (date(2011, 1, 1), BY, "tells of the time until 2010-12-31"),
        (date(1990, 1, 1), BY, "are known from"),
        (ON, " ", "signed by a person"),
    ):
        with pytest.raises(NeedsRefused, match=why):
            kept.freeze(connection, ASKER, on, by)
    with pytest.raises(NeedsRefused, match="Nothing of 0301 is published"):
        kept.freeze(connection, "0301", ON, BY)


def test_the_command_writes_an_edition(own_demonstration: Installation, tmp_path: Any) -> None:
    arguments = ["behov", "--date", "2010-08-31", "--by", BY, "--municipality", BAERUM, "--edition", "offentlig"]
    ended = CliRunner().invoke(
        cli.main,
        [*arguments, "--out", str(tmp_path)],
        env={"BOLIG_HOME": str(own_demonstration.settings.home)},
    )
    assert ended.exit_code == 0, ended.output
    assert {path.suffix for path in tmp_path.iterdir()} == {".pdf", ".xlsx", ".csv", ".json"}
    assert all(path.name.startswith("behov-0219-2010-08-31-v1-offentlig") for path in tmp_path.iterdir())


def test_who_sees_one_municipality_sees_the_needs_of_no_other(
    connection: psycopg.Connection[Any], own_demonstration: Installation, of: Overview
) -> None:
    relations = [f"scenario.{name}" for name in ("need", "need_overview", "need_file", "told_need")]
    relations += ["marts.fct_need", "marts.fct_need_party"]
    connection.commit()
    border.revoke(connection, border.SHARED, None)
    border.grant(connection, border.SHARED, [BAERUM], "the test")
    connection.commit()
    try:
        for relation in relations:
            seen = {row[0] for row in own_demonstration.ask(f"select distinct municipality_no from {relation}")}
            assert seen <= {BAERUM}, relation
        told = own_demonstration.ask("select need_group, dwellings, need_now from scenario.told_need")
    finally:
        border.revoke(connection, border.SHARED, None)
        border.grant(connection, border.SHARED, [border.EVERY], "the test")
        connection.commit()
    assert len(told) == 9
    both = own_demonstration.ask("select municipality_no, need_group, dwellings, need_now from scenario.told_need")
    assert {number for number, *_ in both} == {ASKER, BAERUM}
    asker = {group: now for number, group, _, now in both if number == ASKER}
    assert asker["utviklingshemming"] == 57
    with warehouse.connect(own_demonstration.settings) as owner:
        (names,) = owner.execute("select count(*) from marts.fct_need where person_id ~ '^[0-9]{11}$'").fetchone() or (
            1,
        )
    assert names == 0
