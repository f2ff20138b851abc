"""Data Docs: what the publish gate found of one municipality, as a page by Great Expectations' own renderer and view.

Belongs here: a page out of findings. Does not belong here: where a page is kept and who opens it (night/record.py,
superset_assets/server/data_docs.py).

The page asks for nothing: Great Expectations' own template fetches scripts, styles and a picture from seven other
hosts, so data_docs.html.j2 stands in its place around its sections. No value of a row is in it: a validation result is
made anew of what was counted (runner.COUNTS), and of an error, whose text may quote a row, only that it happened.
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from expectations import runner

UNCHECKED = "Kontrollen kunne ikke kjøres. Hvorfor, står i nattens logg."

# what the renderer says for itself, in the language of the readers
NORWEGIAN = {
    "Overview": "Oversikt",
    "Expectation Suite:": "Forventninger til:",
    "Status:": "Resultat:",
    "Succeeded": "Holder",
    "Failed": "Holder ikke",
    "Statistics": "Antall",
    "Evaluated Expectations": "Kontrollert",
    "Successful Expectations": "Holder",
    "Unsuccessful Expectations": "Holder ikke",
    "Success Percent": "Andel som holder",
    "Table-Level Expectations": "Hele tabellen",
    "Status": "Resultat",
    "Expectation": "Forventning",
    "Observed Value": "Funnet",
    "${suite_title} ${expectation_suite_name}\n ${data_asset} ${data_asset_name}\n"
    " ${status_title} ${html_success_icon} ${success}": "${suite_title} ${expectation_suite_name}\n"
    "${status_title} ${html_success_icon} ${success}",
    "\n\n$unexpected_count unexpected values found. $unexpected_percent of $element_count total rows.": "\n"
    "$unexpected_count bryter den, $unexpected_percent av $element_count rader.",
}
SHARE = re.compile(r"(≈?[0-9.]+)%( unexpected)?")


@cache
def _parts() -> tuple[Any, Any]:
    """Great Expectations' renderer and view: the view compiles its templates once."""
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

    class View(DefaultJinjaPageView):
        _template = "data_docs.html.j2"

    return ValidationResultsPageRenderer(run_info_at_end=True), View(custom_views_directory=str(Path(__file__).parent))


def page(title: str, findings: Sequence[runner.Finding]) -> str:
    """The page of these findings. Each is of the municipality that the page is of, and of no other."""
    from great_expectations.render.components import RenderedDocumentContent

    renderer, view = _parts()
    sections = []
    for suite in dict.fromkeys(finding.expectation.suite for finding in findings):
        of_suite = [finding for finding in findings if finding.expectation.suite == suite]
        *told, _run = renderer.render(_validation(suite, of_suite)).to_json_dict()["sections"]
        sections += [_said(section) for section in told]
    return str(view.render(RenderedDocumentContent(sections=sections, page_title=title)))


def _validation(suite: str, findings: Sequence[runner.Finding]) -> Any:
    import great_expectations as gx
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
        ExpectationValidationResult,
    )
    from great_expectations.core.run_identifier import RunIdentifier

    results = [
        ExpectationValidationResult(
            success=finding.success,
            expectation_config=_claim(finding),
            result={} if finding.error else dict(finding.counts),
            exception_info={"raised_exception": False, "exception_message": None, "exception_traceback": None},
        )
        for finding in findings
    ]
    held = sum(finding.success for finding in findings)
    return ExpectationSuiteValidationResult(
        success=held == len(findings),
        results=results,
        suite_name=suite.removeprefix("build_"),
        statistics={
            "evaluated_expectations": len(findings),
            "successful_expectations": held,
            "unsuccessful_expectations": len(findings) - held,
            "success_percent": 100 * held / len(findings),
        },
        meta={"run_id": RunIdentifier(run_name=suite), "great_expectations_version": gx.__version__},
    )


def _claim(finding: runner.Finding) -> Any:
    told = runner.claim(finding.expectation)
    if finding.error:
        told.description = f"{finding.expectation.claim_no} {UNCHECKED}"
    return told.configuration


def _said(content: Any) -> Any:
    """The renderer's content in Norwegian, and without its links to pages of a site that is not there."""
    if isinstance(content, dict):
        return {name: _said(part) for name, part in content.items() if not _is_link(part)}
    if isinstance(content, list):
        return [_said(part) for part in content]
    if not isinstance(content, str):
        return content
    if share := SHARE.fullmatch(content):
        return share[1].replace(".", ",") + "\u00a0%" + (" bryter" if share[2] else "")
    return NORWEGIAN.get(content, content)


def _is_link(content: Any) -> bool:
    return isinstance(content, dict) and content.get("tag") == "a"
