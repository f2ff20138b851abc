"""The page of what the publish gate found: it asks for nothing, shows no value of a row, and is one municipality's."""

import re
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from dagster_project.night import gate
from expectations import data_docs, runner

# no person's: the month is above 80
PERSON = "01817012345"
NIGHT = date(2011, 1, 2)


def finding(expectation: runner.Expectation, **more: Any) -> runner.Finding:
    """What breaks an expectation, in rows that tell of a person; the counts as Great Expectations gives them."""
    counts = (
        {"observed_value": 37}
        if expectation.type in runner.COUNTING
        else {"element_count": 1204, "unexpected_count": 37, "unexpected_percent": 3.073}
    )
    found: dict[str, Any] = {"success": False, "found": 37, "examples": ({"person": PERSON},), "counts": counts}
    return runner.Finding(expectation, **(found | more))


def every(**more: Any) -> list[runner.Finding]:
    return [finding(expectation, **more) for expectation in runner.expectations()]


def held() -> list[runner.Finding]:
    return every(success=True, found=0, counts={})


PAGES = {
    "all hold": held(),
    "none holds": every(),
    "none could be checked": every(error=f'invalid input syntax for type integer: "{PERSON}"', counts={}),
}


@pytest.mark.parametrize("findings", PAGES.values(), ids=PAGES.keys())
def test_a_page_asks_for_nothing_and_leads_nowhere(findings: list[runner.Finding]) -> None:
    # an icon that is empty, lest a browser ask for one
    page = data_docs.page("Kommune", findings).replace('<link rel="icon" href="data:,">', "")
    assert not re.findall(r"https?:|//\w|\bsrc=|\bhref=|<script|<link|@import|url\(", page)


@pytest.mark.parametrize("findings", PAGES.values(), ids=PAGES.keys())
def test_a_page_has_every_claim_and_no_value_of_a_row(findings: list[runner.Finding]) -> None:
    page = data_docs.page("Kommune", findings)
    assert PERSON not in page
    for expectation in runner.expectations():
        assert expectation.claim_no in page, expectation.id


@pytest.mark.parametrize("findings", PAGES.values(), ids=PAGES.keys())
def test_a_page_says_nothing_in_english(findings: list[runner.Finding]) -> None:
    page = re.sub(r"<[^>]+>", " ", data_docs.page("Kommune", findings).partition("</head>")[2])
    for english in (*data_docs.NORWEGIAN, "unexpected", "rows", "exception", "asset"):
        # the words of the renderer; those that have no letters of their own are templates
        if re.fullmatch(r"[A-Z][a-z -]+:?|[a-z]+", english):
            assert not re.search(rf"\b{english}(?!\w)", page.replace("Great Expectations", "")), english


def test_only_what_is_counted_is_kept_of_a_result() -> None:
    """Of an expectation whose observed value may be a row's, it is not kept."""
    latest = runner.Expectation(
        "x", "build_marts", "fct_stay", "warning", "X.", "X.", "ExpectColumnMaxToBeBetween", {"column": "person"}
    )
    result = SimpleNamespace(
        success=False,
        exception_info=None,
        result={
            "observed_value": PERSON,
            "partial_unexpected_list": [PERSON],
            "partial_unexpected_counts": [{"value": PERSON, "count": 1}],
            "unexpected_index_query": f"select {PERSON}",
            "element_count": 3,
        },
    )
    told = runner.finding(latest, result)
    assert told.counts == {"element_count": 3}
    assert PERSON not in data_docs.page("Kommune", [told])


def test_a_municipalitys_page_has_what_is_its_own() -> None:
    """What two have together is on nobody's page: each has its own counts, or none."""
    together = every(counts={"observed_value": 99991, "element_count": 99992, "unexpected_count": 99993})
    broken = finding(together[5].expectation)
    pages = gate.pages(["0219", "0220"], together, {"0219": [broken], "0220": [together[0]]}, NIGHT)
    assert pages.keys() == {"0219", "0220"}
    for number, page in pages.items():
        assert f"kommune {number}, 02.01.2011" in page
        assert not re.search("9999[123]", page.replace("\u202f", "").replace(",", ""))
        assert page.count("fa-times") >= 2, "the suite's, and the expectation's"
    assert "37 bryter den" in re.sub(r"<[^>]+>|\s+", " ", pages["0219"]).replace("  ", " ")
    assert "0219" not in pages["0220"] and "0220" not in pages["0219"]


def test_of_one_municipality_alone_all_that_was_counted_is_its_own() -> None:
    counted = every(success=True, found=0, counts={"observed_value": 1777})
    (page,) = gate.pages(["0220"], counted, {"0220": []}, NIGHT).values()
    assert re.search(r"1\W?777", page)
