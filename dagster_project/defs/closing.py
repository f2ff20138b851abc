"""Closing a period as a Dagster job.

Belongs here: the job and its configuration. Does not belong here: what closing is (closing/close.py).
"""

from datetime import date

import dagster as dg

from dagster_project import BoligError
from dagster_project.closing.close import close as freeze
from dagster_project.report import making
from dagster_project.settings import Settings
from dagster_project.vocabulary import periods


class CloseConfig(dg.Config):
    """Which period to close, who closes it, and, unless it is what is published, on which delivery."""

    period: str
    closed_by: str
    municipality_no: str | None = None
    extract_date: str | None = None
    note: str | None = None


@dg.op(description="Freeze the figures of a quarter (2010-Q4), a tertial (2010-T3) or a year (2010) as reported.")
def close(context: dg.OpExecutionContext, config: CloseConfig) -> None:
    """Close the period, and keep its report; a refusal ends the run with its reason."""
    try:
        closed = freeze(
            Settings(),
            periods.parse(config.period),
            config.closed_by,
            config.municipality_no,
            date.fromisoformat(config.extract_date) if config.extract_date else None,
            config.note,
            context.run_id,
        )
        making.make(Settings(), closed.period, closed.municipality_no)
    except BoligError as refusal:
        raise dg.Failure(description=str(refusal), allow_retries=False) from None
    for line in closed.lines():
        context.log.info(line)
    context.add_output_metadata({"revision": closed.revision, "figures": closed.figures, "load": closed.load_id})


@dg.job(description="Close a period: freeze its figures in scorecard.reported.", executor_def=dg.in_process_executor)
def close_period() -> None:
    """One step: closing is one transaction."""
    close()
