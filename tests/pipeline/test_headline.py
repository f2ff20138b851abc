"""What the Styringskort says first of each municipality that a night builds, and that none keeps another from it."""

from datetime import date

import pytest

from dagster_project import warehouse
from dagster_project.night.dbt import code_version
from dagster_project.report import headline, sentences
from dagster_project.report.facts import Facts
from dagster_project.settings import Settings
from tests.conftest import ASKER, BAERUM, OSLO, Installation

# no statistics are delivered, and of the three the seeds name Asker only
NAMES = {ASKER: "Asker kommune", BAERUM: f"Kommune {BAERUM}", OSLO: f"Kommune {OSLO}"}


@pytest.fixture(scope="module")
def settings(three_municipalities: Installation) -> Settings:
    return three_municipalities.settings


def written(settings: Settings) -> dict[str, dict[str, list[str]]]:
    """The sentences as they are built, by municipality and type of period, in their order."""
    found: dict[str, dict[str, list[str]]] = {}
    with warehouse.connect(settings) as connection:
        for number, period_type, sentence in connection.execute(
            "select municipality_no, period_type, sentence_no from build_scorecard.headline order by 1, 2, sort_order"
        ):
            found.setdefault(number, {}).setdefault(period_type, []).append(sentence)
    return found


def test_each_is_told_of_itself_and_sees_what_was_built(settings: Settings, three_municipalities: Installation) -> None:
    built = written(settings)
    assert built.keys() == {ASKER, BAERUM, OSLO}
    for number, periods in built.items():
        assert periods.keys() == {"month", "quarter", "tertial", "year"}
        assert {said[0].partition(",")[0] for said in periods.values()} == {NAMES[number]}
        assert not [name for other, name in NAMES.items() if other != number and name in str(periods)]
        seen = three_municipalities.ask(
            "select sentence_no from scorecard.headline where municipality_no = %s and period_type = 'year'"
            " order by sort_order",
            number,
        )
        assert [sentence for (sentence,) in seen] == built[number]["year"]


def test_what_cannot_be_said_of_one_is_told_to_the_operator_and_keeps_no_other_from_its_figures(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before, said = written(settings), headline.headlines

    def headlines(facts: Facts, scorecard: dict[str, str]) -> list[headline.Headline]:
        if facts.municipality_no == BAERUM:
            raise KeyError("what stands in a row")
        return said(facts, scorecard)

    monkeypatch.setattr(headline, "headlines", headlines)
    with warehouse.connect(settings, space=warehouse.PLAIN) as connection:
        headline.write(connection, warehouse.PLAIN, code_version())
    after = written(settings)
    assert {number: after[number] for number in (ASKER, OSLO)} == {number: before[number] for number in (ASKER, OSLO)}
    assert after[BAERUM] == {period_type: [sentences.WITHOUT_WORDS] for period_type in before[BAERUM]}
    assert f"The headlines of {BAERUM} could not be put into words: KeyError." in caplog.text
    assert "what stands in a row" not in caplog.text


def test_the_day_is_the_deliverys(settings: Settings) -> None:
    with warehouse.connect(settings) as connection:
        days = connection.execute("select distinct as_of from build_scorecard.headline").fetchall()
    assert days == [(date(2010, 12, 31),)]
