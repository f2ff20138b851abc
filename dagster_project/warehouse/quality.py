"""How far the published figures can be trusted: views over the nights' records, for those who read the figures.

Belongs here: what readers may know of deliveries, quarantine and the publish gate, in their own language. A view shows
what is, also after a night that published nothing.
Does not belong here: how views are made (views.py), recording (the door, the night, closings), and any value of a row:
readers see how many rows were put aside, by file, column and rule; what stood in them is for the owner of the extract.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from dagster_project.vocabulary import contracts
from dagster_project.warehouse import views as made
from dagster_project.warehouse.views import MUNICIPALITY, View, label

if TYPE_CHECKING:
    from psycopg import Connection

SCHEMA = "quality"

SOURCES = {
    "allocation": "Tildeling",
    "property": "Eiendom",
    "accounting": "Regnskap",
    "husbanken": "Husbanken",
    "nav": "NAV",
    "followup": "Oppfølging i bolig",
    "reference": "Statistisk sentralbyrå",
    "governance": "Boligstrategiorganet",
}
RULES = {
    "fields": "Feil antall felt på linjen, eller anførselstegn på feil sted",
    "characters": "Ugyldig tegn",
    "personal": "Personnummer i en kolonne som ikke er for det",
    "type": "Feil type (tekst, tall eller dato)",
    "code": "Ukjent kode",
    "required": "Mangler verdi",
    "person": "Ugyldig personnummer",
    "order": "Datoer i feil rekkefølge",
    "only": "Verdi der det ikke skal stå noe",
    "empty": "Verdi der det ikke skal stå noe",
    "same_dwelling": "Kontrakten det vises til, gjelder en annen bolig",
    "key": "Nøkkelen står på flere rader",
    "reference": "Viser til noe som ikke finnes",
    "parent": "Viser til en rad som er holdt tilbake",
    "within": "Dato utenfor tiden som saken varte",
    "circle": "Viser til seg selv gjennom andre rader",
    "refused": "Boligkategorien har ingen prognose",
    "erased": "Personen er slettet på eget krav",
}
DOORS = {
    "accepted": "Tatt imot",
    "unchanged": "Tatt imot før, uendret",
    "refused": "Avvist",
    "too_old": "Eldre enn det som er lastet",
}
OUTCOMES = {"published": "Publisert", "unchanged": "Ingen endring", "not_published": "Ikke publisert"}
SEVERITIES = {"critical": "Stopper publisering", "warning": "Varsel"}


def _period(type_column: str, start_column: str) -> str:
    """A period's name: 2010, 4. kvartal 2010, 3. tertial 2010."""
    return (
        f"case {type_column}"
        f" when 'quarter' then format('%s. kvartal ', extract(quarter from {start_column}))"
        f" when 'tertial' then format('%s. tertial ', extract(month from {start_column})::integer / 4 + 1)"
        f" else '' end || extract(year from {start_column})"
    )


_NEWEST_ACCEPTED = """
    select distinct on (municipality_no) *
    from landing.delivery
    where status = 'accepted' and not is_backfill
    order by municipality_no, extract_date desc, load_id desc
"""


def _publication() -> View:
    return View(
        "What readers see, and whether the last night left anything to know of it. One row per municipality.",
        {
            "municipality_no": ("text", "publication.municipality_no", "The municipality"),
            "as_of": ("date", "publication.as_of", "The day that the published figures close"),
            "published_at": (
                "timestamp",
                "publication.published_at at time zone 'Europe/Oslo'",
                "When, in Norwegian time",
            ),
            "warnings": ("bigint", "cardinality(publication.warnings)", "Warnings of the publish gate"),
            "rows_quarantined": (
                "bigint",
                "(select coalesce(sum(rows_quarantined), 0) from landing.delivery_file as file"
                " where file.municipality_no = publication.municipality_no and file.load_id = publication.load_id)",
                "Rows of the published delivery that were put aside at the door",
            ),
            "last_night_no": (
                "text",
                label("last.outcome", OUTCOMES, "'Pågår, eller ble avbrutt'"),
                "How the last night of the municipality ended",
            ),
            "state_no": (
                "text",
                "case when last.is_behind then 'Siste leveranse er ikke publisert'"
                " when cardinality(publication.warnings) > 0 then 'Publisert med varsler'"
                " else 'Publisert uten varsler' end",
                "The state in words, Norwegian",
            ),
        },
        """
            scorecard.publication
            left join lateral (
                select night.outcome, delivery.is_withheld or delivery.door = 'refused' or delivery.door = 'too_old'
                    or night.outcome is distinct from 'published' and night.outcome is distinct from 'unchanged'
                    as is_behind
                from (
                    -- before the join, lest that walks back through the nights too
                    select * from operations.night_delivery as delivery
                    where delivery.municipality_no = publication.municipality_no
                    order by night_id desc limit 1
                ) as delivery inner join operations.night using (night_id)
            ) as last on true
            """,
    )


def _night() -> View:
    return View(
        "The nightly runs, with what became of each delivery. One row per night and municipality.",
        {
            "municipality_no": ("text", "delivery.municipality_no", "The municipality"),
            "night_id": ("bigint", "coalesce(night.part_of, night.night_id)", "The night"),
            "started_no": (
                "text",
                "to_char(night.started_at at time zone 'Europe/Oslo', 'DD.MM.YYYY HH24:MI')",
                "Start, in Norwegian time, as it is written there",
            ),
            "seconds": (
                "integer",
                "extract(epoch from night.finished_at - night.started_at)",
                "How long it took; empty where it is under way, or was killed",
            ),
            "outcome_no": ("text", label("night.outcome", OUTCOMES, "'Pågår, eller ble avbrutt'"), "How it ended"),
            "extract_date": ("date", "delivery.extract_date", "Extract date of the delivery"),
            "door_no": ("text", label("delivery.door", DOORS), "What the door said of the delivery"),
            "gate_no": (
                "text",
                "case when delivery.is_withheld then 'Holdt tilbake' when night.outcome = 'published'"
                " and delivery.door in ('accepted', 'unchanged') then 'Sluppet gjennom' end",
                "What the publish gate said of the figures",
            ),
        },
        # of a night of batches its batches are shown: it is they that take deliveries and publish
        "operations.night inner join operations.night_delivery as delivery using (night_id)"
        " where night.municipality_nos is null or night.part_of is not null",
    )


def _delivered_file() -> View:
    return View(
        "The newest accepted file of every table, and how old it is. One row per municipality and table.",
        {
            "municipality_no": ("text", "newest.municipality_no", "The municipality"),
            "source_no": ("text", label("file.source", SOURCES), "The source"),
            "table_name": ("text", "file.table_name", "The table"),
            "extract_date": ("date", "file.extract_date", "Extract date of the newest accepted file"),
            "days_behind": (
                "integer",
                "newest.extract_date - file.extract_date",
                "Days between that and the newest accepted delivery: 0 where the table is as fresh as the others",
            ),
            "rows_delivered": ("bigint", "file.rows_delivered", "Rows in the file"),
            "rows_loaded": ("bigint", "file.rows_loaded", "Of them loaded"),
            "rows_quarantined": ("bigint", "file.rows_quarantined", "Of them put aside"),
        },
        # found by an index for each table: to sort all files of a year of the country takes seconds
        f"""
            ({_NEWEST_ACCEPTED}) as newest
            cross join unnest(array['{"', '".join(contracts.tables())}']) as delivered (table_name)
            cross join lateral (
                select file.*, delivery.extract_date
                from landing.delivery_file as file
                inner join landing.delivery using (municipality_no, load_id)
                where file.municipality_no = newest.municipality_no and file.table_name = delivered.table_name
                and delivery.status = 'accepted' and not delivery.is_backfill
                order by file.load_id desc limit 1
            ) as file
            """,
    )


def _quarantine() -> View:
    return View(
        "What the newest accepted delivery had put aside, counted. One row per file, column and rule.",
        {
            "municipality_no": ("text", "counted.municipality_no", "The municipality"),
            "extract_date": ("date", "counted.extract_date", "Extract date of the delivery"),
            "source_no": ("text", label("counted.source", SOURCES), "The source: who can mend it"),
            "file": ("text", "counted.file", "The file"),
            "column_name": ("text", "counted.column_name", "The column; empty where it is the whole row"),
            "rule": ("text", "counted.rule", "The rule that is broken, as contracts name it"),
            "rule_no": ("text", label("counted.rule", RULES, "counted.rule"), "The rule in words, Norwegian"),
            "rows": ("bigint", "counted.rows", "Rows that break it"),
            "first_line": ("bigint", "counted.first_line", "The first of their lines in the file"),
        },
        f"""
            (
                select municipality_no, newest.extract_date, row.source, row.file, row.column_name, row.rule,
                    count(distinct row.line) as rows, min(row.line) as first_line
                from landing.quarantined_row as row
                inner join ({_NEWEST_ACCEPTED}) as newest using (municipality_no, load_id)
                group by 1, 2, 3, 4, 5, 6
            ) as counted
            """,
    )


def _fault() -> View:
    return View(
        "Why deliveries newer than the published one were refused. One row per delivery, file and fault.",
        {
            "municipality_no": ("text", "delivery.municipality_no", "The municipality"),
            "extract_date": ("date", "delivery.extract_date", "Extract date of the refused delivery"),
            "file": ("text", "fault.fault ->> 'file'", "The file"),
            "column_name": ("text", "fault.fault ->> 'column'", "The column"),
            "message": (
                "text",
                "fault.fault ->> 'message'",
                "What is wrong and what to do, for the source's owner",
            ),
        },
        """
            landing.delivery
            left join scorecard.publication using (municipality_no)
            cross join lateral jsonb_array_elements(delivery.faults) as fault (fault)
            where delivery.status = 'refused'
            and delivery.extract_date >= coalesce(publication.extract_date, '-infinity')
            and delivery.load_id > coalesce(publication.load_id, 0)
            """,
    )


def _check_result() -> View:
    return View(
        "What the publish gate found of the municipality in the last night that asked it. One row per municipality and"
        " expectation.",
        {
            "municipality_no": ("text", "judged.municipality_no", "The municipality"),
            "expectation_id": ("text", "finding.expectation_id", "The expectation"),
            "claim_no": ("text", "finding.claim_no", "What is claimed, Norwegian"),
            "severity_no": ("text", label("finding.severity", SEVERITIES), "What follows where it does not hold"),
            "result_no": (
                "text",
                "case when broken.expectation_id is null then 'Holder' else 'Holder ikke' end",
                "Whether it holds for the municipality",
            ),
            "found": ("bigint", "broken.found", "Rows of the municipality that break it"),
            "checked_on": ("date", "night.started_at at time zone 'Europe/Oslo'", "The night that checked"),
        },
        """
            operations.night
            inner join (
                select municipality_no, max(night_id) as night_id
                from operations.night_delivery where is_judged group by municipality_no
            ) as judged using (night_id)
            inner join operations.finding using (night_id)
            left join operations.municipality_finding as broken
                on judged.municipality_no = broken.municipality_no and judged.night_id = broken.night_id
                and finding.expectation_id = broken.expectation_id
            """,
    )


def _data_docs() -> View:
    return View(
        "What the publish gate found of the municipality in the last night that asked it, as Great Expectations' page."
        " One row per municipality.",
        {
            "municipality_no": ("text", "docs.municipality_no", "The municipality"),
            "checked_on": ("date", "night.started_at at time zone 'Europe/Oslo'", "The night that checked"),
            "page": ("text", "docs.page", "The page, in HTML; no value of a row stands in it"),
        },
        "operations.data_docs as docs inner join operations.night using (night_id)",
    )


def _revision() -> View:
    return View(
        "Reported figures that today's data would give otherwise. One row per figure of a closed period.",
        {
            "municipality_no": MUNICIPALITY,
            "period_no": ("text", _period("period_type", "period_start"), "The closed period"),
            "metric_id": ("text", "metric_id", "The metric"),
            "dimension": ("text", "dimension", "total, or what the figure is broken down by"),
            "dimension_value": ("text", "dimension_value", "total, or the code within the dimension"),
            "reported_value": ("double precision", "reported_value", "The figure as reported"),
            "value_now": ("double precision", "value_now", "The figure as published now"),
            "reason": ("text", "reason", "Why they differ"),
            "explanation_no": ("text", "explanation_no", "The reason in a sentence, Norwegian"),
        },
        "scorecard.revision",
    )


def _closing() -> View:
    return View(
        "The periods that are closed. One row per municipality, period and revision.",
        {
            "municipality_no": MUNICIPALITY,
            "period_no": ("text", _period("period_type", "period_start"), "The closed period"),
            "revision": ("integer", "revision", "1 at the first closing"),
            "closed_by": ("text", "closed_by", "Who closed it"),
            "closed_on": ("date", "closed_at at time zone 'Europe/Oslo'", "When"),
            "as_of": ("date", "as_of", "The day that the delivery closes"),
            "note": ("text", "note", "What the person wanted to be remembered"),
        },
        "scorecard.closing",
    )


def _report() -> View:
    return View(
        "The reports on closed periods, their internal edition as PDF, of each period's newest revision. One row per"
        " municipality and closed period.",
        {
            "municipality_no": MUNICIPALITY,
            "period": (
                "text",
                "extract(year from period_start) || case period_type"
                " when 'quarter' then '-Q' || extract(quarter from period_start)"
                " when 'tertial' then '-T' || (extract(month from period_start)::integer / 4 + 1) else '' end",
                "The closed period as commands name it: 2010-Q4",
            ),
            "revision": ("integer", "revision", "The closing's revision"),
            "period_no": ("text", _period("period_type", "period_start"), "The closed period"),
            "file": ("bytea", "content", "The PDF"),
        },
        """(
            select distinct on (municipality_no, period_type, period_start) *
            from scorecard.report_file
            where edition = 'intern' and file_name like '%.pdf'
            order by municipality_no, period_type, period_start, revision desc
        ) as newest""",
    )


@cache
def views() -> dict[str, View]:
    """Every view of the schema, by its name."""
    return {
        "publication": _publication(),
        "night": _night(),
        "delivered_file": _delivered_file(),
        "quarantine": _quarantine(),
        "fault": _fault(),
        "check_result": _check_result(),
        "data_docs": _data_docs(),
        "revision": _revision(),
        "closing": _closing(),
        "report": _report(),
    }


def prepare(connection: "Connection[Any]") -> None:
    """Make sure that the views are there as this version of the code has them. Repeatable."""
    made.prepare(connection, SCHEMA, "How far the published figures can be trusted", views())
