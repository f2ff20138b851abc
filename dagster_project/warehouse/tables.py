"""The record tables as they are declared: what the warehouse remembers besides the figures that dbt builds.

Belongs here: every table of the nights, the door's books, closings and reports, once, with its keys, checks, indexes
and comments. Does not belong here: how a database comes to have them (migrations/), the functions and triggers that
guard them (migrations/ too), and the tables that follow from the contracts (landing/raw.py, landing/history.py).

A migration is written by this (docs/contributing.md), and a test holds every database to it, in both directions. No
command needs it while the database has its version's tables.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.schema import SchemaItem

RECORDS = MetaData()

TIME = TIMESTAMP(timezone=True)
TEXTS = ARRAY(Text)
NOW = "now()"

PERIOD = ("municipality_no", "period_type", "period_start")
CLOSING = (*PERIOD, "revision")


def _table(name: str, comment: str, *items: SchemaItem) -> None:
    schema, _, name = name.partition(".")
    Table(name, RECORDS, *items, schema=schema, comment=comment)


def _must(name: str, type_: Any, comment: str | None = None, *, default: str | None = None) -> Column[Any]:
    """A column that is never empty."""
    return Column(name, type_, nullable=False, comment=comment, server_default=default and text(default))


def _may(name: str, type_: Any, comment: str | None = None) -> Column[Any]:
    """A column that may be empty."""
    return Column(name, type_, comment=comment)


def _number(name: str, comment: str | None = None) -> Column[Any]:
    """A column that PostgreSQL numbers."""
    return Column(name, BigInteger, Identity(always=True), nullable=False, comment=comment)


def _closing() -> list[Column[Any]]:
    """The columns that say which closing a row is of."""
    return [
        _must("municipality_no", Text, "The municipality"),
        _must("period_type", Text, "quarter, tertial or year"),
        _must("period_start", Date, "First day of the period"),
        _must("revision", Integer, "The closing's revision"),
    ]


def _of(table: str) -> ForeignKeyConstraint:
    """A row of a closing belongs to one of this table."""
    return ForeignKeyConstraint(CLOSING, [f"{table}.{column}" for column in CLOSING])


# ---------------------------------------------------------------------------------------------------- the door's books

_table(
    "landing.delivery",
    "What came to the door. One row per accepted or refused delivery.",
    _number("load_id", "The load; history's multiranges hold these numbers"),
    _must("municipality_no", Text),
    _must("extract_date", Date),
    _must("as_of", Date, "The day that the delivery closes: the day before its extract date"),
    _must("status", Text, "accepted, refused, or pruned: accepted once, but its rows are kept no longer"),
    _must("is_backfill", Boolean, "Older than the newest delivery when it came: it left the current figures alone"),
    _must("content_sha256", Text, "Names and bytes of its files: the same is not loaded twice"),
    _must("received_at", TIME, default=NOW),
    _must(
        "faults",
        JSONB,
        "Why it was refused: file, column, found, message. No personal or restricted value",
        default="'[]'",
    ),
    _may(
        "amended_at",
        TIME,
        "When rows of it were last erased, or given to another person (`bolig person`); empty where they are as "
        "delivered",
    ),
    PrimaryKeyConstraint("load_id"),
    CheckConstraint("status in ('accepted', 'refused', 'pruned')"),
    Index("delivery_newest", "municipality_no", "status", text("extract_date desc"), text("load_id desc")),
)

_table(
    "landing.delivery_file",
    "The files of accepted deliveries. One row per load, table and file.",
    _must("municipality_no", Text),
    _must("load_id", BigInteger),
    _must("source", Text),
    _must("table_name", Text),
    _must("file", Text),
    _must("rows_delivered", BigInteger),
    _must("rows_loaded", BigInteger),
    _must("rows_quarantined", BigInteger),
    _must("ignored_columns", TEXTS, "Columns that no contract names; never stored"),
    PrimaryKeyConstraint("municipality_no", "load_id", "table_name", "file"),
    ForeignKeyConstraint(["load_id"], ["landing.delivery.load_id"]),
    CheckConstraint("rows_loaded + rows_quarantined = rows_delivered"),
    Index("delivery_file_newest", "municipality_no", "table_name", "load_id"),
)

_table(
    "landing.quarantined_row",
    "Rows that were not loaded, and why. One row per broken rule and column.",
    _must("municipality_no", Text),
    _must("load_id", BigInteger),
    _must("source", Text),
    _must("table_name", Text),
    _must("file", Text),
    _must("line", BigInteger, "Line of the file (row of the sheet) on which the row begins"),
    _may("column_name", Text),
    _must(
        "rule",
        Text,
        "fields, characters, personal, type, code, required, person, order, only, empty, same_dwelling, key, "
        "reference, parent, refused or erased",
    ),
    _may(
        "value",
        Text,
        "What stood there; null for personal and restricted columns, and for whatever holds a personal number",
    ),
    _must("message", Text),
    ForeignKeyConstraint(["load_id"], ["landing.delivery.load_id"]),
    Index("quarantined_row_load", "municipality_no", "load_id", "table_name"),
)

_table(
    "landing.pseudonym_key",
    "The keys that this warehouse's pseudonyms were made with. One row.",
    _must("is_one", Boolean, default="true"),
    _must("fingerprint", Text, "Tells whether keys are the right ones, and not what they are"),
    _must("since", TIME, default=NOW),
    PrimaryKeyConstraint("is_one"),
    CheckConstraint("is_one"),
)

_table(
    "landing.municipality",
    "Whose deliveries were accepted. One row per municipality number.",
    _must("municipality_no", Text),
    _must(
        "first_no",
        Text,
        "The first number that was known of the municipality then: the pseudonyms of its people hang on it",
    ),
    PrimaryKeyConstraint("municipality_no"),
)

_table(
    "landing.erased_person",
    "Persons erased from the warehouse, whose rows the door drops. One row per municipality (by its first number) "
    "and pseudonym.",
    _must("municipality_no", Text),
    _must("person_id", Text),
    _must("erased_at", TIME, default=NOW),
    _may(
        "gone_from",
        Date,
        "Extract date of the first delivery without the person: deliveries of this date and later are taken as they "
        "are, older ones still without the person. Empty while the sources deliver the person",
    ),
    PrimaryKeyConstraint("municipality_no", "person_id"),
)

# ---------------------------------------------------------------------------------------------------------- the border

_table(
    "access.membership",
    "Who may see which municipality. One row per person and municipality.",
    _must("person", Text, "The name that the person logs in by, in small letters; @ begins what is no person's name"),
    _must("municipality_no", Text, "The municipality, with its earlier and later numbers; * is every municipality"),
    _must("granted_at", TIME, default=NOW),
    _must("granted_by", Text, "Who granted it: a name, or the program that was told so at the sign-on"),
    PrimaryKeyConstraint("person", "municipality_no"),
    CheckConstraint("person = lower(person) and person <> ''"),
    CheckConstraint("municipality_no ~ '^([0-9]{4}|[*])$'"),
)

_table(
    "access.municipality",
    "Every municipality that anything came of: what * stands for. One row per municipality number.",
    _must("municipality_no", Text),
    PrimaryKeyConstraint("municipality_no"),
)

_table(
    "access.same_municipality",
    "Which numbers are seen by whoever may see a number: the municipality's others, and those merged into it. One row"
    " per number and other number.",
    _must("municipality_no", Text),
    _must("also_no", Text),
    PrimaryKeyConstraint("municipality_no", "also_no"),
)

_table(
    "access.login",
    "The logins of single persons at the database. One row per person.",
    _must("person", Text, "As in membership; the login's name ends in it"),
    _must("made_at", TIME, default=NOW),
    _must("made_by", Text),
    PrimaryKeyConstraint("person"),
)

_table(
    "access.seal",
    "What the passes are signed with, by which a login of several persons tells whose query it is. One row.",
    _must("is_one", Boolean, default="true"),
    _must("inner_key", LargeBinary),
    _must("outer_key", LargeBinary),
    PrimaryKeyConstraint("is_one"),
    CheckConstraint("is_one"),
)

# -------------------------------------------------------------------------------------------------------------- nights

_table(
    "operations.night",
    "One row per nightly run; a run without finished_at is under way, or was killed. A night that is dealt to "
    "batches has a row of its own besides those of its batches.",
    _number("night_id"),
    _must("run_id", Text, "Dagster's run; of a night of batches, and of a batch that has not begun, a name of its own"),
    _must("started_at", TIME, default=NOW),
    _may("finished_at", TIME),
    _may("outcome", Text),
    _may("message", Text),
    _may("part_of", BigInteger, "The night that this is a batch of; empty where it is none"),
    _may("batch_no", Integer, "1, 2, ... within part_of"),
    _may("municipality_nos", TEXTS, "What it was dealt; empty where the run takes all there is"),
    _may("is_taken", Boolean, "Of a batch of a night at the command line: whether a worker has taken it up"),
    _may("space", Integer, "The build space of a batch; empty until it begins"),
    UniqueConstraint("run_id"),
    PrimaryKeyConstraint("night_id"),
    ForeignKeyConstraint(["part_of"], ["operations.night.night_id"]),
    CheckConstraint("outcome in ('published', 'unchanged', 'not_published')"),
)

_table(
    "operations.night_delivery",
    "What the door said of a delivery. One row per night and municipality.",
    _must("night_id", BigInteger),
    _must("municipality_no", Text),
    _must("extract_date", Date),
    _may("load_id", BigInteger),
    _must("door", Text),
    _must("report", Text),
    _must("is_withheld", Boolean, default="false"),
    _must("findings", TEXTS, "What the publish gate found not to hold of it, a line each", default="'{}'"),
    _must("is_judged", Boolean, "Whether the publish gate was asked of it", default="false"),
    PrimaryKeyConstraint("night_id", "municipality_no"),
    ForeignKeyConstraint(["night_id"], ["operations.night.night_id"]),
    Index("night_delivery_of", "municipality_no", "night_id"),
)

_table(
    "operations.finding",
    "What the publish gate found. One row per night and expectation.",
    _must("night_id", BigInteger),
    _must("expectation_id", Text),
    _must("severity", Text),
    _must("success", Boolean),
    _must("report", Text),
    _may("claim_no", Text),
    _may("found", BigInteger),
    PrimaryKeyConstraint("night_id", "expectation_id"),
    ForeignKeyConstraint(["night_id"], ["operations.night.night_id"]),
)

_table(
    "operations.municipality_finding",
    "What the publish gate found not to hold of one municipality. One row per night, municipality and expectation.",
    _must("night_id", BigInteger),
    _must("municipality_no", Text),
    _must("expectation_id", Text),
    _may("found", BigInteger, "Rows of the municipality that break it; empty where it could not be checked"),
    PrimaryKeyConstraint("night_id", "municipality_no", "expectation_id"),
    ForeignKeyConstraint(
        ["night_id", "municipality_no"],
        ["operations.night_delivery.night_id", "operations.night_delivery.municipality_no"],
        ondelete="CASCADE",
    ),
)

_table(
    "operations.data_docs",
    "What the publish gate found of a municipality in the last night that asked it, as a page."
    " One row per municipality.",
    _must("municipality_no", Text),
    _must("night_id", BigInteger),
    _must("page", Text, "The Data Docs page, in HTML; no value of a row stands in it"),
    PrimaryKeyConstraint("municipality_no"),
    ForeignKeyConstraint(["night_id"], ["operations.night.night_id"]),
)

_table(
    "scorecard.publication",
    "What is published: the night that the readers see. One row per municipality.",
    _must("municipality_no", Text),
    _must("as_of", Date),
    _must("extract_date", Date),
    _must("load_id", BigInteger),
    _must("night_id", BigInteger),
    _must("published_at", TIME),
    _must("code_version", Text),
    _must("warnings", TEXTS),
    PrimaryKeyConstraint("municipality_no"),
)

_table(
    "operations.audit",
    "What was done to stored data beside the nights. One row per act.",
    _number("audit_id"),
    _must("done_at", TIME, default=NOW),
    _must("done_by", Text),
    _must("act", Text),
    _may("municipality_no", Text),
    _may("subject", Text, "Whom it was about: a hash of the pseudonym"),
    _must("rows", JSONB, "Rows by table that were shown, deleted or changed"),
    _may("note", Text),
    PrimaryKeyConstraint("audit_id"),
    CheckConstraint("done_by <> ''"),
)

_table(
    "operations.alert",
    "What was told to whom it concerns. One row per alert and channel.",
    _must("alert_key", Text),
    _must("channel", Text),
    _must("sent_at", TIME, default=NOW),
    _must("text", Text),
    PrimaryKeyConstraint("alert_key", "channel"),
)

# ------------------------------------------------------------------------------------------------------ closed periods

_table(
    "scorecard.definition_version",
    "What each metric meant under each version of the code that published. One row per code version and metric.",
    _must(
        "code_version", Text, "Version of the code: models, catalogue, contracts, suites. As in publication and closing"
    ),
    _must("metric_id", Text, "The metric"),
    _must(
        "definition_version",
        Text,
        "Fingerprint of the definition: texts, dimensions and computation of the catalogue entry and of everything "
        "that it is made of. It does not see the marts that the entry counts in: code_version does",
    ),
    _must("definition_no", Text, "The definition as it read then, Norwegian"),
    _must("definition_en", Text, "The definition as it read then, English"),
    _must("meaning", JSONB, "What the fingerprint is taken of"),
    _must("source_tables", TEXTS, "Tables of the extracts, as the catalogue names them"),
    _must("kept_at", TIME, "When a night or a closing first used this version of the code", default=NOW),
    PrimaryKeyConstraint("code_version", "metric_id"),
)

_table(
    "scorecard.closing",
    "Who closed a period, when, on which delivery. It never changes. One row per municipality, period and revision.",
    _must("municipality_no", Text, "The municipality"),
    _must("period_type", Text, "quarter, tertial or year; months are not closed"),
    _must("period_start", Date, "First day of the period"),
    _must("period_end", Date, "Last day of the period"),
    _must("revision", Integer, "1 at the first closing of the period, one more at each closing again"),
    _must("closed_by", Text, "The person who gave the command, by the name that was given"),
    _must("closed_at", TIME, "When", default=NOW),
    _must("as_of", Date, "The day that the delivery closes"),
    _must("extract_date", Date, "Extract date of the delivery"),
    _must("load_id", BigInteger, "The load of the delivery; history holds its rows"),
    _may(
        "night_id",
        BigInteger,
        "The night that published the figures; empty where an older delivery was built for the closing",
    ),
    _may("run_id", Text, "Dagster's run; empty where it was closed at the command line"),
    _must("code_version", Text, "Version of the code that computed the figures"),
    _must("warnings", TEXTS, "What the publish gate warned of in these figures"),
    _may("note", Text, "What the person wanted to be remembered"),
    PrimaryKeyConstraint(*CLOSING),
    CheckConstraint("period_type in ('quarter', 'tertial', 'year')"),
    CheckConstraint("revision > 0"),
    CheckConstraint("closed_by <> ''"),
    CheckConstraint("as_of >= period_end"),
)

_table(
    "scorecard.reported",
    "The figures of closed periods as they were reported. It never changes. One row per municipality, period, "
    "revision, metric, dimension and dimension value.",
    _must("municipality_no", Text, "The municipality"),
    _must("period_type", Text, "quarter, tertial or year"),
    _must("period_start", Date, "First day of the period"),
    _must("period_end", Date, "Last day of the period"),
    _must("revision", Integer, "The highest of a period counts; scorecard.closing tells of each"),
    _must("metric_id", Text, "The metric"),
    _must("dimension", Text, "total, or what the figure is broken down by"),
    _must("dimension_value", Text, "total, or the code within the dimension"),
    _may("value", Double, "The figure as reported"),
    _may("numerator", Double, "Of a ratio: its numerator, unscaled"),
    _may("denominator", Double, "Of a ratio: its denominator, unscaled"),
    _must("as_of", Date, "The day that the delivery closes"),
    _must(
        "definition_version",
        Text,
        "The definition that the figure was computed by; scorecard.definition_version says what it was",
    ),
    _may(
        "units",
        Double,
        "How many persons, households, dwellings or cases stand behind a figure that is no count of them",
    ),
    _may(
        "is_ripe",
        Boolean,
        "Whether the figure was ripe when the period was closed (metric_definition.ripens_after_months); empty where "
        "it was closed before figures were marked",
    ),
    PrimaryKeyConstraint(*CLOSING, "metric_id", "dimension", "dimension_value"),
    _of("scorecard.closing"),
)

_table(
    "scorecard.revision",
    "Figures of closed periods that the published data of today would report otherwise, and why. One row per "
    "municipality, closed period, metric, dimension and dimension value that differs.",
    _must("municipality_no", Text, "The municipality, by the number that was closed under"),
    _must("period_type", Text, "quarter, tertial or year"),
    _must("period_start", Date, "First day of the period"),
    _must("period_end", Date, "Last day of the period"),
    _must("revision", Integer, "The latest revision of the period: the one compared with"),
    _must("metric_id", Text, "The metric"),
    _must("dimension", Text, "total, or what the figure is broken down by"),
    _must("dimension_value", Text, "total, or the code within the dimension"),
    _may(
        "reported_value",
        Double,
        "The figure as reported; empty where none was, or the dimension value was not yet listed",
    ),
    _may("value_now", Double, "The figure as published now; empty where there is none, or it is no longer listed"),
    _may("difference", Double, "value_now - reported_value; empty where either is"),
    _must(
        "reason",
        Text,
        "definisjon endret: the metric's definition is another (rows may have changed as well). data endret: rows of "
        "the sources were added, changed or deleted. beregning endret: the same rows and definition under another "
        "version of the code. datadato endret: the same rows and code; a date that they already held has been passed",
    ),
    _must("explanation_no", Text, "The reason in a sentence, with the rows behind it"),
    _must("source_tables", TEXTS, "Tables that the metric reads, as the catalogue names them"),
    _must(
        "rows_added",
        BigInteger,
        "Rows of source_tables that the delivery closed on did not have; revision_source has them per table",
    ),
    _must("rows_changed", BigInteger, "Rows of source_tables that say something else now"),
    _must(
        "rows_deleted",
        BigInteger,
        "Rows of source_tables that are gone: deleted at the source, or put in quarantine at the door",
    ),
    _must("reported_extract_date", Date, "Extract date of the delivery closed on"),
    _must("extract_date_now", Date, "Extract date of the delivery published now"),
    _must("reported_load_id", BigInteger, "The load closed on"),
    _must("load_id_now", BigInteger, "The load published now"),
    _may("reported_definition_version", Text, "The definition that was reported by"),
    _may("definition_version_now", Text, "The definition today; empty where the metric is gone"),
    _must(
        "is_code_changed",
        Boolean,
        "Another version of the code computed the figure of now: models may have changed, whatever the reason says",
    ),
    PrimaryKeyConstraint(*PERIOD, "metric_id", "dimension", "dimension_value"),
    CheckConstraint("reason in ('definisjon endret', 'data endret', 'beregning endret', 'datadato endret')"),
)

_table(
    "scorecard.revision_source",
    "The source rows that differ between the delivery that a period was closed on and the one published now, "
    "where it has a row in scorecard.revision. One row per municipality, closed period and table that differs.",
    _must("municipality_no", Text, "The municipality, by the number that was closed under"),
    _must("period_type", Text, "quarter, tertial or year"),
    _must("period_start", Date, "First day of the period"),
    _must("source_table", Text, "Source and table, as allocation/waitlist_entry"),
    _must("rows_added", BigInteger, "Rows that the delivery closed on did not have"),
    _must("rows_changed", BigInteger, "Rows that say something else now"),
    _must("rows_deleted", BigInteger, "Rows that are gone: deleted, or in quarantine"),
    _must(
        "rows_quarantined_now",
        BigInteger,
        "Rows of the table that the door put in quarantine in the delivery published now",
    ),
    PrimaryKeyConstraint(*PERIOD, "source_table"),
)

# ------------------------------------------------------------------------------------------------------------- reports

_table(
    "scorecard.report_content",
    "What the report on a closed period shows besides the figures in scorecard.reported, as it stood at the "
    "closing: earlier figures, targets, definitions, labels, registers, revisions, faults. It never changes. One "
    "row per municipality, period and revision.",
    *_closing(),
    _must("content", JSONB, "Rows by what they tell of"),
    PrimaryKeyConstraint(*CLOSING),
    _of("scorecard.closing"),
)

_table(
    "scorecard.report_file",
    "The reports on closed periods, as files. They never change. One row per municipality, period, revision, "
    "edition and file.",
    *_closing(),
    _must("edition", Text, "intern: for those who may see every figure. offentlig: under disclosure control"),
    _must("file_name", Text, "The file's name; its ending says PDF or XLSX"),
    _must("content", LargeBinary, "The file"),
    _must("made_at", TIME, "When it was made", default=NOW),
    PrimaryKeyConstraint(*CLOSING, "edition", "file_name"),
    _of("scorecard.report_content"),
    CheckConstraint("edition in ('intern', 'offentlig')"),
)

_table(
    "scorecard.report_public_figure",
    "The figures that the public edition of a report shows: what is once public cannot be hidden later, and the "
    "disclosure control of later editions counts it as known. It never changes. One row per municipality, period "
    "and revision.",
    *_closing(),
    _must("figures", JSONB, "The period's rows of metric_value as the edition shows them; suppressed ones left out"),
    PrimaryKeyConstraint(*CLOSING),
    _of("scorecard.report_content"),
)

# ------------------------------------------------------------------------------------------------------------- outlook

RUN = ("municipality_no", "run_id")
VERSION = ("municipality_no", "scenario_id", "version")
CATEGORY = "The housing category; alle: all that have a queue together"
BAND = "A tenth of the simulated paths is below it; empty where nothing is simulated"


def _of_run() -> list[Any]:
    """A row of a run: its key's first columns, and that the run is there."""
    return [
        _must("municipality_no", Text, "The municipality"),
        _must("run_id", BigInteger, "The run"),
        ForeignKeyConstraint(RUN, [f"scenario.run.{column}" for column in RUN], ondelete="CASCADE"),
    ]


def _of_version() -> list[Any]:
    """A row of a scenario as it was delivered: its key's first columns, and that the version is there."""
    return [
        _must("municipality_no", Text, "The municipality"),
        _must("scenario_id", Text, "The scenario"),
        _must("version", Integer, "Its version"),
        ForeignKeyConstraint(VERSION, [f"scenario.scenario.{column}" for column in VERSION]),
    ]


_table(
    "scenario.law_parameter",
    "Numbers of laws and schemes that scenarios reckon with. One row per parameter and first day.",
    _must("code", Text, "The parameter"),
    _must("valid_from", Date, "First day on which it holds"),
    _must("value", Double, "The number"),
    _must("source", Text, "Where it stands"),
    PrimaryKeyConstraint("code", "valid_from"),
)

_table(
    "scenario.estimate",
    "What the months before an origin say of a queue. One row per municipality, origin, category and parameter; the "
    "newest origin only.",
    _must("municipality_no", Text, "The municipality"),
    _must("origin", Date, "Last day of the last whole month before the as-of date"),
    _must("housing_category", Text, "The housing category"),
    _must(
        "parameter",
        Text,
        "tilgang, tildeling (a month), avgang (a household-month), omlop (lettings a month for each dwelling), "
        "spredning_tilgang, spredning_tildeling (k of the months), hendelser (what happened at all)",
    ),
    _may("value", Double, "The mean of what is believed; empty where a month is no more uneven than chance has it"),
    _may("low", Double, "A tenth of the belief is below it"),
    _may("high", Double, "A tenth of the belief is above it"),
    _may("window_from", Date, "First day of the months it rests on"),
    _must("window_to", Date, "Last day of them"),
    _must("events", Integer, "How many came, were housed or left in the window"),
    _must("state", Text, "ok; svak: the interval only; for_tynn: no forecast"),
    _must("reason_no", Text, "Why there is no forecast; empty text where there is one"),
    _must("flags", TEXTS, "nivaskifte_tilgang, nivaskifte_tildeling, lav_treff, seriebrudd"),
    _must("method_version", Text, "The method"),
    PrimaryKeyConstraint("municipality_no", "origin", "housing_category", "parameter"),
    CheckConstraint("state in ('ok', 'svak', 'for_tynn')"),
)

_table(
    "scenario.quality",
    "How well the method would have foreseen the queue. One row per municipality, origin, category and horizon; the "
    "newest origin only.",
    _must("municipality_no", Text, "The municipality"),
    _must("origin", Date, "The origin up to which facts are known"),
    _must("housing_category", Text, "The housing category"),
    _must("horizon", Integer, "Months ahead"),
    _must("n", Integer, "Origins in the past that were tried"),
    _must("coverage", Double, "The share of them in which the fact lay within the interval of 80 per cent"),
    _must("mae", Double, "Mean absolute error of the middle, in households"),
    _must("mae_no_change", Double, "The same of «som i dag»"),
    _may("skill", Double, "1 - mae / mae_no_change; empty where that is 0"),
    _must("crps", Double, "Mean distance of the paths from the fact, in households"),
    _must("width", Double, "Mean width of the interval, in households"),
    _must("known_then", Boolean, "Whether only what had been delivered by then was used; else today's rows cut there"),
    PrimaryKeyConstraint("municipality_no", "origin", "housing_category", "horizon"),
)

_table(
    "scenario.scenario",
    "Scenarios as they were delivered. One row per municipality, scenario and version; a version never changes.",
    _must("municipality_no", Text, "The municipality"),
    _must("scenario_id", Text, "The scenario; som_i_dag: nothing is done"),
    _must("version", Integer, "1, 2, ...: a new one whenever its content is"),
    _must("name", Text, "What it is called"),
    _must("made_by", Text, "Who made it: an office, a role or a name that readers may see"),
    _must("made_on", Date, "When"),
    _must("scenario_status", Text, "utkast, til_behandling, vedtatt or arkivert"),
    _must("horizon_months", Integer, "Months ahead"),
    _may("budget_nok", Double, "What it may cost"),
    _must("content_hash", Text, "Fingerprint of its rows, what it assumes, the law's numbers and the method"),
    _may("first_seen_load", BigInteger, "The load in which this version came"),
    PrimaryKeyConstraint(*VERSION),
    UniqueConstraint("municipality_no", "scenario_id", "content_hash"),
    CheckConstraint("horizon_months between 1 and 36"),
)

_table(
    "scenario.lever",
    "What a scenario does. One row per municipality, scenario, version and lever; it never changes.",
    *_of_version(),
    _must("lever_no", Integer, "1, 2, ... within the scenario"),
    _must("lever", Text, "What kind of lever it is"),
    _may("housing_category", Text, "Where it acts; empty where that is the municipality"),
    _may("from_category", Text, "Of a conversion: whose dwellings"),
    _may("waits_for", Text, "Of fewer days between two stays: the phase, or who is responsible"),
    _must("from_on", Date, "The day from which it acts"),
    _may("to_on", Date, "The day until which it acts"),
    _must("value", Double, "How much"),
    _may("mode", Text, "In which way"),
    PrimaryKeyConstraint(*VERSION, "lever_no"),
)

_table(
    "scenario.assumption",
    "What a scenario takes for granted that no record says. One row per municipality, scenario, version, code and "
    "category; it never changes.",
    *_of_version(),
    _must("code", Text, "What is assumed"),
    _must("housing_category", Text, CATEGORY),
    _must("value", Double, "The value"),
    _must("source", Text, "Who says so"),
    _may("valid_from", Date, "From when; empty where it always holds"),
    PrimaryKeyConstraint(*VERSION, "code", "housing_category"),
)

_table(
    "scenario.run",
    "Scenarios as they were worked out on a delivery. One row per municipality and run: of each scenario the newest, "
    "and every one that is frozen, which never changes.",
    _must("municipality_no", Text, "The municipality"),
    _number("run_id", "The run"),
    _must("scenario_id", Text, "The scenario"),
    _must("version", Integer, "Its version"),
    _must("load_id", BigInteger, "The delivery that was published"),
    _must("as_of", Date, "The day that the delivery closes"),
    _must("origin", Date, "Last day of the last whole month before it: month 0"),
    _must("code_version", Text, "Version of the code that published the figures"),
    _must("method_version", Text, "The method"),
    _must("seed", Text, "What chance was begun with, besides the category"),
    _must("n_paths", Integer, "How many paths were simulated"),
    _must("started_at", TIME, "When", default=NOW),
    _must("said", TEXTS, "What must be said of it: sentences, caps, refusals"),
    _must("is_refused", Boolean, "Whether it could not be worked out; `said` has the reason", default="false"),
    _must("is_frozen", Boolean, "Whether it is kept as it is, for ever", default="false"),
    _may("frozen_by", Text, "Who froze it"),
    _may("frozen_at", TIME, "When"),
    _may("note", Text, "What the person wanted to be remembered"),
    PrimaryKeyConstraint(*RUN),
    ForeignKeyConstraint(VERSION, [f"scenario.scenario.{column}" for column in VERSION]),
    CheckConstraint("is_frozen = (frozen_by is not null) and is_frozen = (frozen_at is not null)"),
    Index("run_of_scenario", "municipality_no", "scenario_id", "run_id"),
)

_table(
    "scenario.result",
    "What a run gives. One row per municipality, run, category, figure and month.",
    *_of_run(),
    _must("housing_category", Text, CATEGORY),
    _must(
        "figure",
        Text,
        "ko (households waiting at month end), over_ett_ar and over_ett_ar_fifo (share of them waiting over a year, "
        "where lettings go to anybody or to the longest waiting), tildelinger, ubrukt (lettings that nobody waits "
        "for), or what a lever counts",
    ),
    _must("month", Integer, "Months after the origin; 0 and before are facts"),
    _may("expected", Double, "The expected value; empty where only the interval may be shown"),
    _may("p10", Double, BAND),
    _may("p50", Double, "Half of the simulated paths is below it; empty where nothing is, or only the interval may be"),
    _may("p90", Double, "A tenth of the simulated paths is above it; empty where nothing is simulated"),
    PrimaryKeyConstraint(*RUN, "housing_category", "figure", "month"),
)

_table(
    "scenario.difference",
    "What a run changes against the baseline, path by path. One row per municipality, run, category, figure and month.",
    *_of_run(),
    _must("baseline_run_id", BigInteger, "The run of som_i_dag that it is compared with"),
    _must("housing_category", Text, CATEGORY),
    _must("figure", Text, "As in scenario.result"),
    _must("month", Integer, "Months after the origin"),
    _must("mean", Double, "The mean of the paired differences; below 0: fewer than with nothing done"),
    _must("p10", Double, "A tenth of the paired differences is below it"),
    _must("p90", Double, "A tenth of the paired differences is above it"),
    PrimaryKeyConstraint(*RUN, "housing_category", "figure", "month"),
)

_table(
    "scenario.finance",
    "What a run costs and brings, and to whom. One row per municipality, run, line and year.",
    *_of_run(),
    _must("line", Text, "What it is for"),
    _must("year", Integer, "1, 2, ... after the origin; 0: once"),
    _must("amount_nok", Double, "Kroner; what is paid out is below 0"),
    _must("payer", Text, "kommune, stat or leietaker"),
    PrimaryKeyConstraint(*RUN, "line", "year"),
    CheckConstraint("payer in ('kommune', 'stat', 'leietaker')"),
)

_table(
    "scenario.reach",
    "How likely a target is reached. One row per municipality, run, metric, category, type of period and period.",
    *_of_run(),
    _must("metric_id", Text, "queue_waiting or queue_waiting_over_one_year"),
    _must("housing_category", Text, CATEGORY),
    _must("period_type", Text, "Length of the period"),
    _must("period_end", Date, "Last day of the period"),
    _must("green", Double, "The target"),
    _must("red", Double, "The limit of red"),
    _may("p_green", Double, "The chance of green; empty where the figure has an expected path only"),
    _may("p_not_red", Double, "The chance of not red"),
    _must("expected", Double, "The figure as expected"),
    PrimaryKeyConstraint(*RUN, "metric_id", "housing_category", "period_type", "period_end"),
)

_table(
    "scenario.solution",
    "What it takes to reach a goal. One row per municipality, question and confidence.",
    *_of_run(),
    _must("question_id", Text, "The question: category, lever, goal and day in one word"),
    _must("housing_category", Text, "The housing category"),
    _must("lever", Text, "The lever"),
    _must("target", Double, "The queue shall be no longer than this"),
    _must("by_month", Integer, "Months after the origin"),
    _must("ready_month", Integer, "The month from which the lever acts"),
    _must("confidence", Double, "0.5, 0.8; 0: the expected path, which is a sum and no chance"),
    _may("value", Double, "The smallest value that does it; empty where this lever alone does not"),
    _must("reachable", Boolean, "Whether it does"),
    _may("best", Double, "The chance with the most of the lever that there may be"),
    _may("later_p10", Double, "The queue twelve months after the day, if nothing more is done"),
    _may("later_p90", Double, "The same, from above"),
    PrimaryKeyConstraint(*RUN, "question_id", "confidence"),
)

_table(
    "scenario.card",
    "Alternatives for the same money side by side, without a score. One row per municipality, run and alternative.",
    *_of_run(),
    _must("alternative", Text, "What it is: category and how many dwellings"),
    _must("housing_category", Text, "Whom it is for"),
    _must("dwellings", Integer, "How many"),
    _must("housed", Double, "Households that come into a dwelling and otherwise would not, within the horizon"),
    _must("years_averted", Double, "Years of waiting that it averts"),
    _must("long_years_averted", Double, "The same, beyond each household's second year"),
    _must("left_waiting", Double, "Households of the category that still wait at the horizon, as expected"),
    _may("coverage_housed", Integer, "Housed in the last twelve months, of the category with the smallest coverage"),
    _may("coverage_needed", Integer, "In need of a dwelling in that category then"),
    _may("coverage_category", Text, "Which category that is"),
    _may("cost_a_year_nok", Double, "What it costs a year for life; empty where nobody said a price"),
    PrimaryKeyConstraint(*RUN, "alternative"),
)

_table(
    "scenario.coverage",
    "Of those who needed a dwelling in the twelve months before the origin, how many came into one. One row per "
    "municipality, origin and category; the newest origin only.",
    _must("municipality_no", Text, "The municipality"),
    _must("origin", Date, "The last day of the twelve months"),
    _must("housing_category", Text, "The housing category"),
    _must("housed", Integer, "Left the queue for a dwelling"),
    _must("needed", Integer, "Waited before, or came"),
    _must("is_smallest", Boolean, "Whether it is the one that parity compares from below"),
    _must("is_largest", Boolean, "Whether it is the one that parity compares from above"),
    _may("parity", Double, "Smallest over largest coverage, of categories in which ten or more had a need"),
    PrimaryKeyConstraint("municipality_no", "origin", "housing_category"),
)

_table(
    "scenario.grid",
    "What one lever alone does, at values that a meeting may turn. One row per municipality, lever, category, value, "
    "figure and month; of the newest delivery only.",
    _must("municipality_no", Text, "The municipality"),
    _must("load_id", BigInteger, "The delivery that was published"),
    _must("origin", Date, "Month 0"),
    _must("lever", Text, "The lever"),
    _must("housing_category", Text, CATEGORY),
    _must("value", Double, "How much of it"),
    _must("figure", Text, "As in scenario.result, and in kroner a month what a rent does to each who pays"),
    _must("month", Integer, "Months after the origin"),
    _may("expected", Double, "The expected value; empty where only the interval may be shown"),
    _may("p10", Double, BAND),
    _may("p50", Double, "Half of the simulated paths is below it; empty where nothing is, or only the interval may be"),
    _may("p90", Double, "A tenth of the simulated paths is above it; empty where nothing is simulated"),
    _may("difference", Double, "The mean of the paired differences to nothing done"),
    _may("difference_p10", Double, "A tenth of the paired differences is below it"),
    _may("difference_p90", Double, "A tenth of the paired differences is above it"),
    PrimaryKeyConstraint("municipality_no", "lever", "housing_category", "value", "figure", "month"),
)

# ------------------------------------------------------------------------------------------------ the overview of needs

OVERVIEW = ("municipality_no", "need_version")


def _of_overview() -> list[Any]:
    """A row of an overview: its key's first columns, and that the overview is there."""
    return [
        _must("municipality_no", Text, "The municipality"),
        _must("need_version", Integer, "The overview"),
        ForeignKeyConstraint(OVERVIEW, [f"scenario.need_overview.{column}" for column in OVERVIEW], ondelete="CASCADE"),
    ]


_table(
    "scenario.need_overview",
    "Overviews of needs (boligsosialloven § 5). One row per municipality and version: 0 is of the newest delivery and "
    "changes with it, the others are frozen and never change.",
    _must("municipality_no", Text, "The municipality"),
    _must("need_version", Integer, "0: of the newest delivery; 1, 2, ...: frozen"),
    _must("need_date", Date, "The day at the end of which the need is told"),
    _must("as_of", Date, "The day that the delivery closes"),
    _must("load_id", BigInteger, "The delivery that was published"),
    _must("code_version", Text, "Version of the code that published the figures"),
    _must("method_version", Text, "The method"),
    _may("made_by", Text, "Who made it, and signs it; empty where nobody did"),
    _must("made_at", TIME, "When", default=NOW),
    _must("content_hash", Text, "Fingerprint of its figures and all that its files say"),
    _must("content", JSONB, "What its files say besides the figures, as it was then; no person"),
    PrimaryKeyConstraint(*OVERVIEW),
    CheckConstraint("(need_version > 0) = (made_by is not null)"),
)

_table(
    "scenario.need",
    "The need of each group, in components that add up. One row per municipality, version, group, kind of dwelling, "
    "horizon, alternative and component.",
    *_of_overview(),
    _must("need_group", Text, "The group; barnefamilie is a part of the others and is never added"),
    _must("need_dwelling_type", Text, "ordinar, tilpasset; alle: of both"),
    _must("horizon_years", Integer, "0, 4 or 12 years ahead"),
    _must("alternative", Text, "lav, hoved or hoy: three assumptions, no interval"),
    _must(
        "component",
        Text,
        "venteliste + midlertidig + ubehandlet + skjult_register + skjult_anslag - ledige + ny_tilgang - gjenutleie "
        "- annen_avgang - vedtatte_tiltak + overskudd = udekket; what it would be without or at the own pace of "
        "measures, the dwellings it takes, and the stock",
    ),
    _may("value", Double, "Households or dwellings; empty where it is not known, and note says why"),
    _may("numerator", Double, "What it is made of: applications, events of the window, dwellings planned"),
    _may("denominator", Double, "And over what"),
    _must("source", Text, "The tables of the extracts that it is from"),
    _must("method", Text, "How it came about"),
    _must("is_estimate", Boolean, "Whether a share of the population stands for a count"),
    _must("note", Text, "What must be known of it, Norwegian; empty text where nothing is"),
    PrimaryKeyConstraint(*OVERVIEW, "need_group", "need_dwelling_type", "horizon_years", "alternative", "component"),
    CheckConstraint("horizon_years in (0, 4, 12)"),
    CheckConstraint("alternative in ('lav', 'hoved', 'hoy')"),
)

_table(
    "scenario.need_file",
    "The files of frozen overviews, as they were first made. One row per municipality, version, edition and file.",
    *_of_overview(),
    _must("edition", Text, "intern or offentlig"),
    _must("file", Text, "Its name"),
    _must("content", LargeBinary, "The file"),
    PrimaryKeyConstraint(*OVERVIEW, "edition", "file"),
    CheckConstraint("edition in ('intern', 'offentlig')"),
)
