"""The runs that are kept: which there are, and freezing them.

Belongs here: reading and freezing `scenario.run`, with nothing that takes long to load: closing a period freezes too.
Does not belong here: working a scenario out (working.py), and writing what came of it (kept.py).
"""

from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from dagster_project import BoligError

if TYPE_CHECKING:
    from psycopg import Connection

# nothing is done; the plan as adopted; the plan as the municipality's plans have been delivered
BASELINE, THE_PLAN, OWN_PACE = "som_i_dag", "planen", "planen_egen_takt"
# statuses whose newest run a closing freezes
DECIDED = ("til_behandling", "vedtatt")


class OutlookRefused(BoligError):
    """It cannot be done; the message says why. Nothing was written."""


def freeze(connection: "Connection[Any]", municipality_no: str, scenario_id: str, by: str, note: str | None) -> int:
    """Keep the newest run of a scenario as it is, for ever: a person's act. Raises OutlookRefused."""
    if not by.strip():
        raise OutlookRefused("Who freezes it must be named: a frozen run is a person's.")
    with connection.transaction():
        run = newest_run(connection, municipality_no, scenario_id)
        if run["is_refused"]:
            raise OutlookRefused(
                f"{scenario_id} could not be worked out, so there is nothing to freeze: {run['said'][0]}"
            )
        if run["is_frozen"]:
            raise OutlookRefused(
                f"The newest run of {scenario_id} was frozen by {run['frozen_by']} on {run['frozen_at']:%Y-%m-%d}."
            )
        # the baseline that it is compared with stays with it
        of = {run["run_id"], _baseline_of(connection, municipality_no, run["run_id"])}
        _freeze(connection, municipality_no, [each for each in of if each], by.strip(), note)
    return int(run["run_id"])


def freeze_at_closing(
    connection: "Connection[Any]", municipality_no: str, load_id: int, by: str, note: str
) -> list[str]:
    """Freeze the baseline and every scenario that is being decided on or is decided, of the delivery that is closed.

    Says which. A closing on an older delivery has no runs of its own to freeze.
    """
    rows = connection.execute(
        "select run.run_id, run.scenario_id from scenario.run as run inner join scenario.scenario as scenario"
        " using (municipality_no, scenario_id, version) where run.municipality_no = %s and run.load_id = %s"
        " and not run.is_frozen and not run.is_refused and (run.scenario_id = %s or scenario.scenario_status = any(%s))"
        " order by run.run_id",
        [municipality_no, load_id, BASELINE, list(DECIDED)],
    ).fetchall()
    _freeze(connection, municipality_no, [run_id for run_id, _ in rows], by, note)
    return [name for _, name in rows]


def _freeze(connection: "Connection[Any]", municipality_no: str, run_ids: list[int], by: str, note: str | None) -> None:
    connection.execute(
        "update scenario.run set is_frozen = true, frozen_by = %s, frozen_at = now(), note = %s"
        " where municipality_no = %s and run_id = any(%s) and not is_frozen",
        [by, note, municipality_no, run_ids],
    )


def _baseline_of(connection: "Connection[Any]", municipality_no: str, run_id: int) -> int | None:
    row = connection.execute(
        "select baseline_run_id from scenario.difference where municipality_no = %s and run_id = %s limit 1",
        [municipality_no, run_id],
    ).fetchone()
    return row and int(row[0])


# ------------------------------------------------------------------------------------------------------------- reading


def newest_run(connection: "Connection[Any]", municipality_no: str, scenario_id: str) -> dict[str, Any]:
    """The newest run of a scenario. Raises OutlookRefused where there is none."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            "select run.*, scenario.name, scenario.made_by, scenario.made_on from scenario.run as run"
            " inner join scenario.scenario as scenario using (municipality_no, scenario_id, version)"
            " where run.municipality_no = %s and run.scenario_id = %s order by run.run_id desc limit 1",
            [municipality_no, scenario_id],
        ).fetchone()
    if row is None:
        known = ", ".join(each["scenario_id"] for each in listing(connection, municipality_no))
        raise OutlookRefused(
            f"{municipality_no} has no run of {scenario_id}; "
            + (f"there are {known}." if known else "`bolig outlook run` makes them.")
        )
    return row


def listing(connection: "Connection[Any]", municipality_no: str) -> list[dict[str, Any]]:
    """Every run that is kept: scenario, version, status, as-of date, frozen by whom, refused or not."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select run.run_id, run.scenario_id, scenario.name, run.version, scenario.scenario_status, run.as_of,"
            " run.is_refused, run.is_frozen, run.frozen_by, run.said from scenario.run as run"
            " inner join scenario.scenario as scenario using (municipality_no, scenario_id, version)"
            " where run.municipality_no = %s order by run.scenario_id, run.run_id",
            [municipality_no],
        ).fetchall()
