"""What is kept no longer: delivered files, quarantined rows, old row versions, Dagster's old runs, old backups.

Belongs here: what is old enough, and its deletion. Does not belong here: the limits (settings.py), and erasing a person
(persons.py).

Nothing is deleted that a limit does not name, and never: the newest delivery and load of a municipality, and the loads
that closed periods were reported on, for they explain what differs from the report since. What stays for such a reason
is said.
"""

import os
import shutil
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from psycopg import sql

from dagster_project import BoligError
from dagster_project.landing import delivery
from dagster_project.night import holding
from dagster_project.operations import audit, backup, keys
from dagster_project.settings import Settings
from dagster_project.vocabulary import contracts, municipalities
from dagster_project.warehouse import rights

if TYPE_CHECKING:
    from psycopg import Connection


class PruneFailed(BoligError):
    """Something that is to be deleted could not be; the message says what, and that the rest was done."""


def prune(settings: Settings, done_by: str, today: date | None = None) -> list[str]:
    """Delete what is older than the limits; what was deleted and what was kept, in plain words.

    Raises NightInProgress, WarehouseError; PruneFailed where files could not be deleted, after all else is done.
    """
    today = today or datetime.now(UTC).date()
    said: list[str] = []
    with holding.lock(settings), holding.opened(settings) as connection:
        rows: dict[str, int] = {}
        with connection.transaction():
            if settings.keep_quarantine_months:
                before = months_before(today, settings.keep_quarantine_months)
                rows |= _prune_quarantine(connection, before, said)
            if settings.keep_history_months:
                before = months_before(today, settings.keep_history_months)
                rows |= _prune_history(connection, before, said)
            rows |= audit.prune(connection, today - timedelta(days=settings.keep_audit_days))
            files: list[str] = []
            failed: list[str] = []
            if settings.keep_landing_months:
                before = months_before(today, settings.keep_landing_months)
                files, failed = _prune_landing(settings, before, said)
            if rows or files:
                audit.record(connection, "pruned", done_by, rows | {"deliveries in the landing folder": len(files)})
        keys.compact(connection, rows)
        said += _prune_runs(settings, connection, today)
    said += prune_backups(settings, today)
    if failed:
        raise PruneFailed("\n".join([*said, *failed]))
    return said or [
        "No limit is set (BOLIG_KEEP_LANDING_MONTHS and its like), or nothing is older: nothing is deleted."
    ]


def prune_backups(settings: Settings, today: date | None = None) -> list[str]:
    """Delete backups older than BOLIG_KEEP_BACKUP_DAYS, but never the newest; what was deleted, in plain words."""
    today = today or datetime.now(UTC).date()
    before = today - timedelta(days=settings.keep_backup_days)
    old = [found for found in backup.every(settings.backups)[:-1] if found.made_at.date() < before]
    for found in old:
        shutil.rmtree(found.path)
        backup.secrets_of(settings, found.path).unlink(missing_ok=True)
    return [f"Deleted: {len(old)} backups from before {before}."] if old else []


def _prune_runs(settings: Settings, connection: "Connection[Any]", today: date) -> list[str]:
    """Delete Dagster's runs older than BOLIG_KEEP_RUNS_DAYS with all their events; what was deleted, and kept.

    The runs that last made an asset, or a partition of one, stay: with its event a partition would go back to never
    made, and the partitions are the municipalities.
    """
    before = datetime.combine(today - timedelta(days=settings.keep_runs_days), time(), UTC)
    if connection.execute("select to_regclass('dagster.runs')").fetchone() == (None,):
        return []  # Dagster has never run here
    # heavy, and only where Dagster has run
    from dagster_project.serving import dagster_home

    rights.prepare_records(settings, "dagster")
    os.environ.update(dagster_home.dagster_environment(settings))
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        old = set(instance.get_run_ids(dg.RunsFilter(created_before=before)))
        if not old:
            return []
        newest = {
            run_id
            for (run_id,) in connection.execute(
                "select run_id from dagster.event_logs where id in ("
                "   select max(id) from dagster.event_logs where dagster_event_type = 'ASSET_MATERIALIZATION'"
                "   group by asset_key, partition"
                " )"
            )
        }
        for run_id in old - newest:
            instance.delete_run(run_id)
            instance.compute_log_manager.delete_logs(prefix=[run_id])
    # Dagster leaves these behind
    connection.execute(
        "delete from dagster.asset_check_executions as done"
        " where not exists (select from dagster.runs where runs.run_id = done.run_id)"
    )
    said = [f"Deleted: {len(old - newest)} runs of Dagster from before {before:%Y-%m-%d}."] if old - newest else []
    if old & newest:
        said.append(f"Kept though older: {len(old & newest)} runs of Dagster, the last that made something.")
    return said


def months_before(day: date, months: int) -> date:
    """The day so many months earlier; the month's last where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _prune_landing(settings: Settings, before: date, said: list[str]) -> tuple[list[str], list[str]]:
    newest: dict[str, date] = {}
    everything = delivery.every(settings.landing)
    for each in everything:
        key = municipalities.lineage(each.municipality_no)
        newest[key] = max(newest.get(key, date.min), each.extract_date)
    deleted, failed = [], []
    for each in everything:
        if each.extract_date >= before or each.extract_date == newest[municipalities.lineage(each.municipality_no)]:
            continue
        try:
            shutil.rmtree(each.path)
            deleted.append(str(each.path))
        except OSError as error:
            failed.append(
                f"{each.path} could not be deleted: {error.strerror}. Delete it by hand, or give the right to."
            )
    if deleted:
        said.append(f"Deleted: {len(deleted)} deliveries in the landing folder from before {before}.")
    kept = [number for number, day in newest.items() if day < before]
    said += [f"Kept though older: the newest delivery of {number}, of {newest[number]}." for number in kept]
    return deleted, failed


def _prune_quarantine(connection: "Connection[Any]", before: date, said: list[str]) -> dict[str, int]:
    """The newest load's quarantine stays: it says what is missing in what is published."""
    count = connection.execute(
        """
        delete from landing.quarantined_row as row using landing.delivery
        where
            row.municipality_no = delivery.municipality_no and row.load_id = delivery.load_id and received_at < %s
            and row.load_id <> (
                select max(load_id) from landing.delivery as newest
                where newest.municipality_no = row.municipality_no and newest.status = 'accepted'
                and not newest.is_backfill
            )
        """,
        [before],
    ).rowcount
    if count:
        said.append(f"Deleted: {count:,} quarantined rows from before {before}.")
    return {"landing.quarantined_row": count} if count else {}


def _prune_history(connection: "Connection[Any]", before: date, said: list[str]) -> dict[str, int]:
    old = connection.execute(
        """
        select municipality_no, load_id, extract_date, exists (
            select from scorecard.closing
            where closing.municipality_no = delivery.municipality_no and closing.load_id = delivery.load_id
        )
        from landing.delivery
        where status = 'accepted' and extract_date < %s order by load_id
        """,
        [before],
    ).fetchall()
    standing = _standing(connection)
    pruned = [(number, load_id) for number, load_id, _, is_closed in old if not is_closed]
    pruned = [load for load in pruned if load not in standing]
    for number, load_id, day, is_closed in old:
        if is_closed or (number, load_id) in standing:
            why = (
                "which a closed period was reported on"
                if is_closed
                else "the newest, or the last that brought a table (targets, statistics) which later ones go without"
            )
            said.append(f"Kept though older: the load of {number} of {day}, {why}.")
    if not pruned:
        return {}
    connection.cursor().executemany(
        "update landing.delivery set status = 'pruned' where municipality_no = %s and load_id = %s", pruned
    )
    rows = {}
    for table in contracts.tables().values():
        count = connection.execute(
            sql.SQL(
                "delete from {} as history using ("
                " select municipality_no, range_agg(int8range(load_id, load_id + 1)) as loads"
                " from landing.delivery where status = 'accepted' group by 1) as kept"
                " where history.municipality_no = kept.municipality_no and not history.loads && kept.loads"
            ).format(sql.Identifier("history", table.raw_name))
        ).rowcount
        if count:
            rows[f"history.{table.raw_name}"] = count
    said.append(
        f"Deleted: {len(pruned)} loads from before {before}, with the {sum(rows.values()):,} row versions that no "
        "later load has."
    )
    return rows


def _standing(connection: "Connection[Any]") -> set[tuple[str, int]]:
    """The loads that must stay whatever their age: the newest of each municipality, what is published, and the last
    that brought a table (statistics, targets) which later deliveries go without."""
    return {
        (number, load_id)
        for number, load_id in connection.execute(
            """
            select distinct on (municipality_no) municipality_no, load_id from landing.delivery
            where status = 'accepted' order by municipality_no, extract_date desc, load_id desc
            """
        ).fetchall()
        + connection.execute("select municipality_no, load_id from scorecard.publication").fetchall()
        + connection.execute(
            """
            select distinct on (municipality_no, table_name) municipality_no, load_id
            from landing.delivery inner join landing.delivery_file using (municipality_no, load_id)
            where status = 'accepted' order by municipality_no, table_name, extract_date desc, load_id desc
            """
        ).fetchall()
    }
