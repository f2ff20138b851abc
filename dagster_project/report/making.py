"""Making the report on a period: from the command to its files.

Belongs here: whether a period's report is of what was closed or a draft of what is published, and which files it has.
Does not belong here: what stands in them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project import BoligError
from dagster_project.night import holding
from dagster_project.report.facts import Edition, Facts, figures_of, protected, public_before, public_reports
from dagster_project.reported import content, kept
from dagster_project.settings import Settings
from dagster_project.vocabulary.periods import Period

if TYPE_CHECKING:
    from psycopg import Connection

EDITIONS: tuple[Edition, ...] = ("intern", "offentlig")


class ReportRefused(BoligError):
    """No report can be made of the period; the message says why."""


@dataclass(frozen=True)
class Report:
    """A report's files by name; a draft is of a period that is not closed."""

    municipality_no: str
    period: Period
    edition: Edition
    is_draft: bool
    files: dict[str, bytes]

    def write(self, folder: Path) -> list[Path]:
        """Write the files into a folder, which is made where it is not there; says where they are."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, made in self.files.items():
            (folder / name).write_bytes(made)
        return [folder / name for name in self.files]


def make(
    settings: Settings,
    period: Period,
    municipality_no: str | None = None,
    edition: Edition = "intern",
    revision: int | None = None,
) -> Report:
    """The report on a period: of a closed one what was reported (its newest revision, or this), else a draft.

    The files of a closed period are kept when they are first made, and are the same ever after; a draft is of what is
    published now, and
    internal. Raises ReportRefused, document.ReportNotMade, disclosure.FiguresUnfit, WarehouseError.
    """
    with holding.opened(settings) as connection, connection.transaction():
        number = municipality_no or kept.only_one(connection)
        closing = kept.closing(connection, number, period, revision)
        if closing is not None:
            kept.hold(connection, number)
            files = kept.files(connection, closing, edition) or _first_made(connection, closing, edition)
            return Report(number, period, edition, False, files)
        if revision is not None:
            raise ReportRefused(f"{period.name} of {number} has no revision {revision}.")
        if edition == "offentlig":
            raise ReportRefused(
                f"{period.name} of {number} is not closed, and a public edition is of a closed period only: its small"
                " counts are hidden with regard to all that was public before, and drafts differ from night to night."
                f" Close it: `bolig close --period {period.name} --by ...`."
            )
        return Report(number, period, edition, True, rendered(_draft(connection, number, period)))


def _first_made(connection: "Connection[Any]", closing: kept.Closing, edition: Edition) -> dict[str, bytes]:
    """Make the files, and keep them; of a public edition its figures too."""
    facts = closed_facts(connection, closing, edition)
    files = rendered(facts)
    kept.keep(connection, closing, edition, files)
    if facts.is_public:
        kept.keep_public_figures(connection, closing, facts.shown())
    return files


def closed_facts(connection: "Connection[Any]", closing: kept.Closing, edition: Edition) -> Facts:
    """What the report on a closed period tells, of what was kept with the closing only. Raises ReportRefused."""
    shown = kept.content_of(connection, closing)
    if shown is None:
        raise ReportRefused(
            f"{closing.period.name} of {closing.municipality_no} was closed before reports were kept: what its report"
            " would have shown is not known. Close it again: that makes a new revision, and leaves the old."
        )
    rows = content.reported_figures(connection, closing.municipality_no, closing.period, closing.revision)
    earlier = shown["earlier_figure"]
    if edition == "offentlig":
        known = kept.public_figures(connection, closing.municipality_no)
        rows, earlier = protected(rows, closing.period, known), public_before(earlier, closing.period, known)
        shown = public_reports(shown, known)
    return Facts(
        closing.municipality_no, closing.period, edition, closing.as_of, closing.extract_date, True, closing, shown,
        figures_of(rows + earlier),
    )  # fmt: skip


def _draft(connection: "Connection[Any]", municipality_no: str, period: Period) -> Facts:
    published = connection.execute(
        "select load_id, code_version, warnings, as_of, extract_date from scorecard.publication"
        " where municipality_no = %s",
        [municipality_no],
    ).fetchone()
    if published is None:
        raise ReportRefused(f"Nothing of {municipality_no} is published; `bolig nightly` does it.")
    load_id, code_version, warnings, as_of, extract_date = published
    origin = content.Origin(None, municipality_no, load_id, code_version, tuple(warnings))
    rows = content.figures(connection, origin, period)
    if not rows:
        raise ReportRefused(
            f"{municipality_no} has no {period.name}: what is published of it tells of the time until {as_of}, and"
            " begins with its earliest application, contract or loan."
        )
    shown = content.read(connection, origin, period)
    return Facts(
        municipality_no, period, "intern", as_of, extract_date, period.end <= as_of, None, shown,
        figures_of(rows + shown["earlier_figure"]),
    )  # fmt: skip


def rendered(facts: Facts) -> dict[str, bytes]:
    """The files of these facts, by name. Raises document.ReportNotMade."""
    from dagster_project.report import document, workbook

    name = file_name(facts)
    return {f"{name}.pdf": document.pdf(facts), f"{name}.xlsx": workbook.xlsx(facts)}


def file_name(facts: Facts) -> str:
    """«rapport-0220-2010-Q4-intern», with the revision where it is not the first, or «utkast»."""
    parts = ["rapport", facts.municipality_no, facts.period.name, facts.edition]
    if facts.closing is None:
        parts.append("utkast")
    elif facts.closing.revision > 1:
        parts.append(f"r{facts.closing.revision}")
    return "-".join(parts)
