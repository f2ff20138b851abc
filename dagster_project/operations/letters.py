"""Letters: what people are told by e-mail who do not log in, of their own municipalities alone, each once.

Belongs here: to whom which news go: a report when a period is closed, a target that is newly missed. Does not belong
here: what operators are told (alerts.py), how an e-mail travels (mail.py), and what stands in a report.

An e-mail lies open on its way and wherever it is forwarded. So the internal edition is a link to a page behind the
login, no figure stands in a text, and only the public edition is attached. A letter is of one municipality.
"""

import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dagster_project import BoligError
from dagster_project.night import holding
from dagster_project.operations import alerts, mail
from dagster_project.settings import Recipient, Settings
from dagster_project.vocabulary import labels, norwegian
from dagster_project.vocabulary.periods import Period, period_of
from dagster_project.warehouse import locks

if TYPE_CHECKING:
    from psycopg import Connection

# who is named as a recipient today is not sent what was closed long ago; a mail server may be away for a weekend
NEWS_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Letter(alerts.Alert):
    """Something to be told to a reader; `attached`: of which closed period the public edition lies in it."""

    attached: Period | None = None


def notify(settings: Settings, now: datetime | None = None) -> list[str]:
    """Send what is news and was not sent yet; says whom what was sent. Raises AlertNotSent, WarehouseError."""
    if not settings.recipients or not settings.alert_smtp:
        return []
    said, failures = [], []
    with holding.opened(settings) as connection:
        locks.take(connection, "bolig.alerts")
        for address, recipient in settings.recipients:
            for number in recipient.municipalities:
                channel = f"e-mail to {address}"
                news = of_municipality(connection, settings, recipient, number, now or datetime.now(UTC))
                told = {letter.key for letter in alerts.untold(connection, channel, news)}
                new = [letter for letter in news if letter.key in told]
                if not new:
                    continue
                try:
                    _send(settings, address, _name(connection, number), number, new)
                except (OSError, smtplib.SMTPException, BoligError) as error:
                    failures.append(f"{channel}: {error}")
                    continue
                alerts.remember(connection, channel, new)
                said.append(f"{number} to {address}: {', '.join(letter.subject for letter in new)}")
    if failures:
        raise alerts.AlertNotSent("Letters did not get through (they are tried again):\n" + "\n".join(failures))
    return said


def of_municipality(
    connection: "Connection[Any]", settings: Settings, recipient: Recipient, municipality_no: str, now: datetime
) -> list[Letter]:
    """What is news of a municipality to somebody of this edition, told before or not.

    That a target is missed is said of every figure, small ones too, and so to nobody who has the public edition.
    """
    if recipient.edition == "offentlig":
        return _closed_for_all(connection, municipality_no, now)
    return [*_closed(connection, settings, municipality_no, now), *_newly_missed(connection, municipality_no)]


def _closings(connection: "Connection[Any]", municipality_no: str, now: datetime) -> list[tuple[Period, int]]:
    """The periods that were closed lately, with their newest revision."""
    rows = connection.execute(
        "select period_type, period_start, max(revision) from scorecard.closing"
        " where municipality_no = %s and closed_at > %s group by period_type, period_start order by 2, 1",
        [municipality_no, now - NEWS_FOR],
    )
    return [(period_of(type_, start), revision) for type_, start, revision in rows]


def _closed(connection: "Connection[Any]", settings: Settings, municipality_no: str, now: datetime) -> list[Letter]:
    return [
        Letter(
            f"report:{municipality_no}:{period.name}:{revision}:intern",
            f"rapporten for {norwegian.period(period)}{_again(revision)}",
            f"Rapporten for {norwegian.period(period)}{_again(revision)} er klar. Du leser den når du har logget inn:\n"
            f"{settings.pages_url}/rapport/{municipality_no}/{period.name}/",
        )
        for period, revision in _closings(connection, municipality_no, now)
    ]


def _closed_for_all(connection: "Connection[Any]", municipality_no: str, now: datetime) -> list[Letter]:
    return [
        Letter(
            f"report:{municipality_no}:{period.name}:{revision}:offentlig",
            f"rapporten for {norwegian.period(period)}{_again(revision)}",
            f"Den offentlige rapporten for {norwegian.period(period)}{_again(revision)} ligger ved.",
            period,
        )
        for period, revision in _closings(connection, municipality_no, now)
    ]


def _again(revision: int) -> str:
    return f" (utgave {revision}, den erstatter den forrige)" if revision > 1 else ""


def _newly_missed(connection: "Connection[Any]", municipality_no: str) -> list[Letter]:
    """The Styringskort's figures of the last whole quarter that miss a target which the quarter before did not."""
    if connection.execute("select to_regclass('marts.fct_comment') is null").fetchone() == (True,):
        return []  # published by a version before there were comments
    rows = connection.execute(
        """
        select
            card.metric_id, card.name_no, figure.period_start, card.target_owner, said.comment_owner
        from scorecard.key_figure as card
        inner join scorecard.status as figure using (municipality_no, metric_id, period_type)
        inner join scorecard.metric_definition as definition using (metric_id)
        left join scorecard.metric_value as before
            on card.municipality_no = before.municipality_no and card.metric_id = before.metric_id
            and before.period_type = 'quarter' and before.period_start = figure.period_start - interval '3 months'
            and before.dimension = 'total' and before.is_ripe
        left join lateral (
            select red from marts.fct_target as target
            where
                target.municipality_no = card.municipality_no and target.metric_id = card.metric_id
                and target.dimension = 'total' and target.period_type = 'quarter'
                and target.valid_from <= before.period_end
            order by valid_from desc limit 1
        ) as earlier on true
        left join marts.fct_comment as said
            on card.municipality_no = said.municipality_no and card.metric_id = said.metric_id
            and said.dimension = 'total' and said.period_type = 'quarter' and said.period_start = figure.period_start
        where
            card.municipality_no = %s and card.period_type = 'quarter' and card.is_on_scorecard
            and figure.dimension = 'total' and figure.status = 'red'
            and case definition.direction
                when 'up' then before.value <= earlier.red else before.value >= earlier.red
            end is not true
        order by card.sort_order
        """,
        [municipality_no],
    )
    missed = labels.label("status", "red")
    return [
        Letter(
            f"missed:{municipality_no}:{metric_id}:{start}",
            f"{norwegian.in_sentence(missed)}: {norwegian.in_sentence(name)}",
            f"{name}, {norwegian.period(period_of('quarter', start))}: {missed}. Kvartalet før var det ikke slik."
            f" Ansvarlig: {owner or '–'}. " + (f"Forklart av: {said_by}." if said_by else "Ikke forklart ennå."),
        )
        for metric_id, name, start, owner, said_by in rows
    ]


def _name(connection: "Connection[Any]", municipality_no: str) -> str:
    row = connection.execute(
        "select name from marts.dim_municipality where municipality_no = %s and is_present", [municipality_no]
    ).fetchone()
    return f"{row[0]} kommune" if row and row[0] else municipality_no  # not every number has a name in the seed


def _send(settings: Settings, address: str, name: str, municipality_no: str, letters: Sequence[Letter]) -> None:
    """One e-mail of one municipality. Raises OSError, SMTPException, MailNotSent, and what making a report raises."""
    attached: dict[str, bytes] = {}
    for letter in letters:
        if letter.attached:
            from dagster_project.report import making  # heavy, and seldom

            made = making.make(settings, letter.attached, municipality_no, "offentlig")
            attached |= {name: content for name, content in made.files.items() if name.endswith(".pdf")}
    more = f" (og {len(letters) - 1} til)" if len(letters) > 1 else ""
    text = "\n\n".join(letter.text for letter in letters)
    mail.send(
        settings,
        [address],
        f"Boligstrategi, {name}: {letters[0].subject}{more}",
        f"{text}\n\n-- \nSendt av boligdatavarehuset. Hvem som får dette, bestemmes av de som drifter det.\n",
        attached,
    )
