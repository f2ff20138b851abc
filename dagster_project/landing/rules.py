"""What a row must hold: the contracts' rules, applied to a whole delivery at once.

Belongs here: parsing a field, the row rules in their order, and what a quarantined row takes with it.
Does not belong here: reading files (delivery.py, files/), thresholds and decisions (door.py), and the warehouse.
"""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_

import polars as pl

from dagster_project.landing import people
from dagster_project.landing.files.extract import FIELDS, FILE, LINE, Extract
from dagster_project.vocabulary.contracts import METRIC_CATALOGUE, Column, Rule, Table

Metrics = Mapping[str, Mapping[str, frozenset[str] | None]]
"""By metric id, by dimension: the values that it may have; None where they are free text."""

ROW = "_row"
UNKNOWN = "ukjent"
TOTAL = "total"
LONGEST_VALUE = 500  # characters of an offending value that are kept
MOST_DIGITS = 38  # of Arrow's decimals
SHORT = 10_000  # rows of which each is parsed for itself


@dataclass
class Judged:
    """One table after the rules: `frame` has the parsed columns of every delivered row, in the files' order."""

    extract: Extract
    frame: pl.DataFrame
    marks: list[tuple[str, str | None, pl.Series]] = field(default_factory=list)
    """(rule, column, row numbers from 0) of the rows that break it."""
    quarantined: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.Boolean))
    unfit: dict[str, pl.Series] = field(default_factory=dict)
    """By column: which cells hold something that could not be taken over."""

    @property
    def table(self) -> Table:
        return self.extract.table

    def mark(self, rule: str, column: str | None, broken: pl.Series) -> None:
        """Put the rows where `broken` is true into quarantine. Rows with a wrong number of fields have no columns."""
        if rule != "fields" and self.extract.frame[FIELDS].null_count() < self.frame.height:
            broken = broken & self.extract.frame[FIELDS].is_null()
        if broken.any():
            self.marks.append((rule, column, broken.fill_null(False).arg_true()))
            self.quarantined = self.quarantined | broken.fill_null(False)

    def say_no_more_of_erased(self) -> None:
        """Of the rows of erased persons quarantine tells that, and no other fault: a fault quotes what stood there."""
        erased = [rows.cast(pl.UInt32) for rule, _, rows in self.marks if rule == "erased"]
        if erased:
            theirs = pl.concat(erased).implode()
            kept = [(rule, column, rows.filter(~rows.is_in(theirs))) for rule, column, rows in self.marks]
            told = [mark for mark in kept if len(mark[2])]
            self.marks = told + [mark for mark in self.marks if mark[0] == "erased"]

    def accepted(self) -> pl.DataFrame:
        """The rows that are not in quarantine."""
        return self.frame.filter(~self.quarantined) if self.quarantined.any() else self.frame

    def faults(self) -> pl.DataFrame:
        """One row per fault: file (its place in the extract's files), line, column, rule, value, message.

        No value of a personal or restricted column, nor one that holds a personal number.
        """
        parts = [self._faults(*mark) for mark in self.marks]
        return pl.concat(parts) if parts else pl.DataFrame(schema=_FAULTS)

    def _faults(self, rule: str, column: str | None, rows: pl.Series) -> pl.DataFrame:
        delivered = self.extract.frame[rows]
        columns = [self.table.column(name) for name in (column or "").split(", ") if name]
        if rule == "fields":
            values = delivered[FIELDS].set(delivered[FIELDS] == 0, None).cast(pl.String)
        elif rule in ("erased", "personal") or any(c.personal or c.restricted for c in columns):
            values = pl.Series([None] * len(rows), dtype=pl.String)
        else:
            values = delivered.select(pl.concat_str([c.name for c in columns], separator=", ")).to_series()
            # looked at before it is cut, which might leave most of a number
            values = values.set(people.hold_numbers(values, relaxed=True), None)
            values = values.str.replace_all("\0", "␀", literal=True).str.slice(0, LONGEST_VALUE)
        return pl.DataFrame(
            {
                ROW: rows.cast(pl.UInt32),
                FILE: delivered[FILE],
                LINE: delivered[LINE],
                "column": pl.Series([column] * len(rows), dtype=pl.String),
                "rule": pl.Series([rule] * len(rows), dtype=pl.String),
                "value": values,
                "message": pl.Series([_message(self.table, rule, column)] * len(rows), dtype=pl.String),
            },
            schema=_FAULTS,
        )


_FAULTS = {
    ROW: pl.UInt32,
    FILE: pl.UInt16,
    LINE: pl.UInt32,
    "column": pl.String,
    "rule": pl.String,
    "value": pl.String,
    "message": pl.String,
}


def judge(
    extracts: Mapping[str, Extract],
    tables: Mapping[str, Table],
    relaxed: bool,
    metrics: Metrics | None,
    erased: Callable[[pl.Series], pl.Series] | None = None,
    unforeseen: Collection[str] = (),
) -> dict[str, Judged]:
    """Apply every rule to every table of a delivery; `tables` in the contracts' order, parents first.

    `relaxed`: personal numbers as issued from 2032 on are taken too. `metrics` None: not checked against.
    `erased`: says which numbers are of persons whose rows may not come in; None or false where there are none.
    `unforeseen`: the categories whose queue has no forecast, as far as that is known.
    """
    with ThreadPoolExecutor(2) as pool:
        judged = {name: _judge_fields(extracts[name], relaxed, pool) for name in tables if name in extracts}
    if erased:
        _leave_out(judged, erased)
    # governance last: a target may name an area or manager of the accepted dwellings, and no other source refers to it
    for name in sorted(judged, key=lambda name: tables[name].source == "governance"):
        _judge_rows(judged[name], judged, metrics)
        _judge_refused(judged[name], unforeseen)
    if erased:
        for table in judged.values():
            table.say_no_more_of_erased()
    return judged


def _leave_out(judged: Mapping[str, Judged], erased: Callable[[pl.Series], pl.Series]) -> None:
    """Rule `erased`: rows of erased persons, and rows without a person of their own that refer to these.

    Where another person's row refers to one of these, the reference is emptied: it is no fault of that row.
    """
    gone: dict[str, pl.Series] = {}
    for name, table in judged.items():
        columns = table.table.columns
        personal = [column.name for column in columns if column.personal]
        for column in personal:
            table.mark("erased", column, erased(table.frame[column]))
        for reference in columns:
            if not personal and reference.references in gone:
                table.mark("erased", reference.name, table.frame[reference.name].is_in(gone[reference.references]))
        marked = [rows.cast(pl.UInt32) for rule, _, rows in table.marks if rule == "erased"]
        if marked:
            gone[name] = table.frame[table.table.key[0]][pl.concat(marked).unique()].drop_nulls().implode()
        for reference in columns:
            if personal and reference.references in gone and not reference.required:
                refers = table.frame[reference.name].is_in(gone[reference.references]).fill_null(False)
                emptied = [pl.when(~refers).then(pl.col(reference.name)).alias(reference.name)]
                table.frame = table.frame.with_columns(emptied)
                table.extract.frame = table.extract.frame.with_columns(emptied)


# ---------------------------------------------------------------------------------------------- one field


@dataclass
class _Cells:
    """One column as parsed, and which of its cells break which rule."""

    values: pl.Series
    broken: dict[str, pl.Series] = field(default_factory=dict)


def _judge_fields(extract: Extract, relaxed: bool, pool: ThreadPoolExecutor) -> Judged:
    """The rules over single fields: fields, characters, personal, type, code, required, person."""
    raw = extract.frame
    columns = extract.table.columns
    judged = Judged(extract, raw, quarantined=pl.repeat(False, raw.height, dtype=pl.Boolean, eager=True))
    judged.mark("fields", None, raw[FIELDS].is_not_null())
    # polars works on one series in one thread, and leaves the interpreter's lock while it does
    cells = dict(zip(columns, pool.map(lambda column: _parsed(extract, column, relaxed), columns), strict=True))
    for rule in ("characters", "personal", "type", "code", "required", "person"):
        for column, parsed in cells.items():
            if rule in parsed.broken:
                judged.mark(rule, column.name, parsed.broken[rule])
    for column, parsed in cells.items():
        if parsed.values.null_count() > raw[column.name].null_count():
            judged.unfit[column.name] = parsed.values.is_null() & raw[column.name].is_not_null()
    judged.frame = raw.select(LINE, FILE, *(parsed.values.alias(column.name) for column, parsed in cells.items()))
    return judged


def _parsed(extract: Extract, column: Column, relaxed: bool) -> _Cells:
    raw = text = extract.frame[column.name]
    broken: dict[str, pl.Series] = {}
    if extract.may_hold_nul:
        nul = text.str.contains("\0", literal=True).fill_null(False)
        if nul.any():
            broken["characters"] = nul
            text = text.set(nul, None)
    types = []
    if column.name in extract.odd:
        odd = _mask(len(text), pl.Series(extract.odd[column.name], dtype=pl.UInt32))
        types.append(odd & text.is_not_null())
        text = text.set(odd, None)
    values = _values(text, column)
    # codes and dates are never as long; a whole number is, of who was born on the first of a month
    if column.type in ("text", "decimal", "integer") and not column.personal:
        held = people.hold_numbers(text, relaxed=relaxed)
        if held.any():
            broken["personal"] = held
    if column.personal:
        values, broken["person"] = _people(text, relaxed)
    elif values.null_count() > text.null_count():
        unreadable = values.is_null() & text.is_not_null()
        if column.type == "code":
            broken["code"] = unreadable
        else:
            types.append(unreadable)
    outside = _outside(values, column)
    if outside is not None:
        types.append(outside.fill_null(False))
    if types:
        broken["type"] = reduce(or_, types)
    if column.required and raw.null_count():
        broken["required"] = raw.is_null()
    return _Cells(values, broken)


def _values(text: pl.Series, column: Column) -> pl.Series:
    """The column as its type has it, null where it cannot be read. Where a long one holds few values, which counting
    them costs little to learn, each is parsed once."""
    distinct = text.drop_nulls().unique() if len(text) > SHORT and column.type != "text" else text
    if len(distinct) >= len(text) / 4:
        return _PARSERS[column.type](text, column)
    values = _PARSERS[column.type](distinct, column)
    return text.replace_strict(distinct, values, default=None, return_dtype=values.dtype)


def _text(text: pl.Series, column: Column) -> pl.Series:
    return text


def _code(text: pl.Series, column: Column) -> pl.Series:
    codes = pl.Series(column.codes)
    if text.drop_nulls().is_in(codes.implode()).all():  # the usual case needs no new strings
        return text
    lower = text.str.to_lowercase()
    return lower.set(~lower.is_in(codes.implode()).fill_null(True), None)


def _date(text: pl.Series, column: Column) -> pl.Series:
    return _dates(text, ("^[0-9]{2}[.][0-9]{2}[.][0-9]{4}$", "%d.%m.%Y"), ("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "%Y-%m-%d"))


def _month(text: pl.Series, column: Column) -> pl.Series:
    first = "01." + text
    return _dates(first, ("^01[.][0-9]{2}[.][0-9]{4}$", "%d.%m.%Y"), ("^01[.][0-9]{4}-[0-9]{2}$", "%d.%Y-%m"))


def _dates(text: pl.Series, *forms: tuple[str, str]) -> pl.Series:
    """Dates in the first form, else the second. The pattern decides the form: strptime takes blanks and signs too."""
    dates: pl.Series | None = None
    for pattern, form in forms:
        fits = text.str.contains(pattern)
        found = (text if fits.all() else text.set(~fits.fill_null(True), None)).str.to_date(form, strict=False)
        dates = found if dates is None else dates.zip_with(dates.is_not_null(), found)
        if dates.null_count() == text.null_count():
            break
    assert dates is not None
    return dates.set((dates.dt.year() < 1).fill_null(False), None)


def _integer(text: pl.Series, column: Column) -> pl.Series:
    return text.set(~text.str.contains("^-?[0-9]+$").fill_null(True), None).cast(pl.Int32, strict=False)


def _decimal(text: pl.Series, column: Column) -> pl.Series:
    """The number, exactly, which a float would not keep; as text where one has more digits than Arrow's decimals."""
    comma = text.str.contains("^-?[0-9]+(,[0-9]+)?$")
    if not comma.all():
        point = text.str.contains(r"^-?[0-9]+\.[0-9]+$") & ~text.str.contains(r"\.[0-9]{3}$")
        text = text.set(~(comma | point).fill_null(True), None)
    text = text.str.replace(",", ".", literal=True)
    decimals = (text.str.len_bytes() - text.str.find(".", literal=True) - 1).max()
    scale = decimals if isinstance(decimals, int) else 0
    if scale > MOST_DIGITS:
        return text
    number = text.str.to_decimal(scale=scale)
    return text if number.null_count() > text.null_count() else number


def _boolean(text: pl.Series, column: Column) -> pl.Series:
    lower = text.str.to_lowercase()
    return (lower == "ja").set(~lower.is_in(["ja", "nei"]).fill_null(True), None)


_PARSERS: dict[str, Callable[[pl.Series, Column], pl.Series]] = {
    "text": _text,
    "code": _code,
    "date": _date,
    "month": _month,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
}


def _outside(values: pl.Series, column: Column) -> pl.Series | None:
    """Which values are out of the column's range; None where it has none."""
    numbers = values.cast(pl.Float64, strict=False) if column.type == "decimal" else values
    tests = []
    if column.minimum is not None:
        tests.append(numbers < column.minimum)
    if column.maximum is not None:
        tests.append(numbers > column.maximum)
    if column.exclusive_minimum is not None:
        tests.append(numbers <= column.exclusive_minimum)
    return reduce(or_, tests) if tests else None


def _people(text: pl.Series, relaxed: bool) -> tuple[pl.Series, pl.Series]:
    """The possible numbers, and which of the texts are none."""
    distinct = text.drop_nulls().unique()
    impossible = distinct.filter(people.kinds(distinct, relaxed=relaxed).is_null())
    broken = text.is_in(impossible.implode()).fill_null(False)
    return (text.set(broken, None) if broken.any() else text), broken


# ---------------------------------------------------------------------------------------------- rows and tables


def _judge_rows(judged: Judged, all_judged: Mapping[str, Judged], metrics: Metrics | None) -> None:
    """The rules over rows and between tables: order, the tables' notes, key, reference, parent."""
    table = judged.table
    notes = [rule for rule in table.rules if rule.name in _NOTES]
    for rule in sorted(notes, key=lambda rule: rule.name != "order"):
        _NOTES[rule.name](judged, rule, all_judged)
    if metrics is not None:
        _name_metrics(judged, metrics, all_judged)
    _judge_key(judged)
    references = [(c.name, c.references) for c in table.columns if c.references in all_judged]
    references.sort(key=lambda reference: reference[1] == table.name)  # its own rows last: by then all others are known
    for column, parent in references:
        _judge_reference(judged, column, all_judged[str(parent)])
    for column, parent in references:
        _judge_parent(judged, column, all_judged[str(parent)])


def _judge_refused(judged: Judged, unforeseen: Collection[str]) -> None:
    """Rule `refused`: a scenario on a category without a forecast would be worked out by nobody."""
    for column in (column for rule in judged.table.rules if rule.name == "refused" for column in rule.terms["columns"]):
        judged.mark("refused", column, judged.frame[column].is_in(sorted(unforeseen)).fill_null(False))


def _judge_order(judged: Judged, rule: Rule, all_judged: Mapping[str, Judged]) -> None:
    first, then = rule.terms["first"], rule.terms["then"]
    if "." in first:
        parent_name, name = first.split(".")
        reference = next(c.name for c in judged.table.columns if c.references == parent_name)
        if parent_name not in all_judged:
            return
        earlier = _looked_up(judged, reference, all_judged[parent_name], name)
    else:
        earlier = judged.frame[first]
    judged.mark("order", then, (judged.frame[then] < earlier).fill_null(False))


def _looked_up(judged: Judged, reference: str, parent: Judged, name: str) -> pl.Series:
    """A column of the rows that this column refers to; null where there is none."""
    (key,) = parent.table.key
    known = parent.frame.select(pl.col(key).alias("_key"), pl.col(name).alias("_value")).drop_nulls("_key")
    known = known.unique("_key", keep="first", maintain_order=True)
    return (
        judged.frame.select(pl.col(reference).alias("_key"))
        .join(known, on="_key", how="left", maintain_order="left")
        .to_series(1)
    )


def _judge_only(judged: Judged, rule: Rule, all_judged: Mapping[str, Judged]) -> None:
    filled = judged.extract.frame[rule.terms["column"]].is_not_null()
    judged.mark("only", rule.terms["column"], filled & ~_holds(judged, rule))


def _judge_required(judged: Judged, rule: Rule, all_judged: Mapping[str, Judged]) -> None:
    if rule.terms["column"] in judged.extract.missing:
        return  # of a column that is not delivered nothing is asked
    empty = judged.extract.frame[rule.terms["column"]].is_null()
    judged.mark("required", rule.terms["column"], empty & _holds(judged, rule))


def _judge_empty(judged: Judged, rule: Rule, all_judged: Mapping[str, Judged]) -> None:
    filled = judged.extract.frame[rule.terms["column"]].is_not_null()
    judged.mark("empty", rule.terms["column"], filled & _holds(judged, rule))


def _holds(judged: Judged, rule: Rule) -> pl.Series:
    """Whether a rule's condition holds, row by row. Where its column could not be read, no more is said of the row."""
    when = rule.terms["when"]
    raw = judged.extract.frame
    if "referenced_by" in when:
        (key,) = judged.table.key
        referring = raw.filter(pl.col(FIELDS).is_null())[when["referenced_by"]].drop_nulls().unique()
        holds = judged.frame[key].is_in(referring.implode())
    elif when.get("value") in ("present", "absent"):
        holds = raw[when["column"]].is_null() == pl.Series([when["value"] == "absent"])
    elif "above" in when:
        holds = judged.frame[when["column"]] > when["above"]
    elif isinstance(when["value"], list):
        holds = judged.frame[when["column"]].is_in(when["value"])
    else:
        holds = judged.frame[when["column"]] == pl.Series([when["value"]])
        if when["column"] in judged.unfit and rule.name == "only":
            holds = holds | judged.unfit[when["column"]]
    return holds.fill_null(False)


def _judge_same_dwelling(judged: Judged, rule: Rule, all_judged: Mapping[str, Judged]) -> None:
    column, through = rule.terms["column"], rule.terms["through"]
    parent = all_judged[str(judged.table.column(through).references)]
    other = _looked_up(judged, through, parent, column)
    judged.mark(rule.name, through, (judged.frame[column] != other).fill_null(False))


def _judge_circle(judged: Judged, rule: Rule, all_judged: Mapping[str, Judged]) -> None:
    """Rows that come back to themselves by way of a column that names another row of the same table."""
    (key,) = judged.table.key
    column = rule.terms["column"]
    following = dict(judged.frame.select(key, column).drop_nulls().iter_rows())

    def returns(start: str) -> bool:
        at, seen = following.get(start), set()
        while at is not None and at != start and at not in seen:
            seen.add(at)
            at = following.get(at)
        return at == start

    within = [name for name in following if returns(name)]
    judged.mark(rule.name, column, judged.frame[key].is_in(within).fill_null(False))


def _judge_within(judged: Judged, rule: Rule, all_judged: Mapping[str, Judged]) -> None:
    """A day lies within the time of the row that it belongs to; of a month it is enough that part of it does."""
    name = rule.terms["column"]
    parent, first = rule.terms["from"].split(".")
    if parent not in all_judged:
        return
    reference = next(c.name for c in judged.table.columns if c.references == parent)
    begins = _looked_up(judged, reference, all_judged[parent], first)
    ends = _looked_up(judged, reference, all_judged[parent], rule.terms["to"].split(".")[1])
    if judged.table.column(name).type == "month":
        begins = begins.dt.truncate("1mo")
    days = judged.frame[name]
    judged.mark("within", name, ((days < begins) | (days > ends)).fill_null(False))


_NOTES: dict[str, Callable[[Judged, Rule, Mapping[str, Judged]], None]] = {
    "order": _judge_order,
    "only": _judge_only,
    "required": _judge_required,
    "empty": _judge_empty,
    "same_dwelling": _judge_same_dwelling,
    "circle": _judge_circle,
    "within": _judge_within,
}


_POINTS_AT = ("then", "through", "column")  # the term of a note that names the column which is wrong


def _judge_key(judged: Judged) -> None:
    """A repeated key: of rows that are alike the first stands, of others none."""
    key = list(judged.table.key)
    frame = judged.frame
    usable = reduce(and_, (frame[name].is_not_null() for name in key)) & judged.extract.frame[FIELDS].is_null()
    keys = frame.select(key) if usable.all() else frame.filter(usable).select(key)
    if len(key) == 1 and (keys.to_series().slice(1) > keys.to_series().slice(0, max(keys.height - 1, 0))).all():
        return  # most extracts are sorted, and what rises does not repeat: a tenth of the time of counting
    if (keys.to_series() if len(key) == 1 else keys.to_struct()).n_unique() == keys.height:
        return
    repeated = (
        frame.with_columns(
            judged.extract.frame.select(pl.col(c.name).alias(f"_raw_{c.name}") for c in judged.table.columns)
        )
        .with_row_index(ROW)
        .filter(usable)
        .filter(pl.struct(key).is_duplicated())
    )
    # two that could not be read are alike only where they were written alike
    alike: list[pl.Expr] = []
    for c in judged.table.columns:
        value = pl.col(c.name).cast(pl.Float64) if c.type == "decimal" else pl.col(c.name)
        alike += [value, pl.when(pl.col(c.name).is_null()).then(pl.col(f"_raw_{c.name}")).alias(f"_raw_{c.name}")]
    same = repeated.select(ROW, pl.struct(key).alias("_key"), pl.struct(alike).alias("_all")).with_columns(
        (pl.col("_all").n_unique().over("_key") == 1).alias("_alike"),
        (pl.col(ROW) == pl.col(ROW).min().over("_key")).alias("_first"),
    )
    rows = same.filter(~(pl.col("_alike") & pl.col("_first")))[ROW]
    judged.mark("key", ", ".join(key), _mask(frame.height, rows))


def _mask(height: int, rows: pl.Series) -> pl.Series:
    return pl.int_range(height, dtype=pl.UInt32, eager=True).is_in(rows.implode())


def _judge_reference(judged: Judged, column: str, parent: Judged) -> None:
    """Rows that refer to a row which is nowhere in the delivery."""
    values = judged.frame[column]
    if values.null_count() == len(values):
        return
    known = parent.extract.frame[parent.table.key[0]]
    judged.mark("reference", column, ~values.is_in(known.implode()).fill_null(True))


def _judge_parent(judged: Judged, column: str, parent: Judged) -> None:
    """Rows that refer to a row which is in quarantine; within one table, to the end of the chain."""
    key = parent.table.key[0]
    while judged.frame.height and parent.quarantined.any():
        before = judged.quarantined.sum()
        names = parent.extract.frame[key]
        gone = names.filter(parent.quarantined).drop_nulls().unique()
        # few are gone: whether they also stand is asked of them, not of all who stand
        standing = names.filter(~parent.quarantined & names.is_in(gone.implode()).fill_null(False))
        gone = gone.filter(~gone.is_in(standing.implode()))
        if not len(gone):
            return
        marked = judged.frame[column].is_in(gone.implode()).fill_null(False)
        if judged is parent:
            # once per row: every turn of the loop sees the earlier ones' rows again
            for rule, of, rows in judged.marks:
                if rule == "parent" and of == column:
                    marked = marked & ~_mask(judged.frame.height, rows.cast(pl.UInt32))
        judged.mark("parent", column, marked)
        if judged is not parent or judged.quarantined.sum() == before:
            return


def _name_metrics(judged: Judged, metrics: Metrics, all_judged: Mapping[str, Judged]) -> None:
    """Governance may name only metrics, dimensions and values that there are."""
    columns = [c.name for c in judged.table.columns if c.references == METRIC_CATALOGUE]
    if not columns:
        return
    (name,) = columns
    ids = judged.frame[name]
    judged.mark("reference", name, (~ids.is_in(list(metrics))).fill_null(False))
    if "dimension_value" not in judged.frame.columns:
        return
    dwellings = all_judged["dwelling"].accepted() if "dwelling" in all_judged else pl.DataFrame()
    own = {
        dimension: set(dwellings[column]) if column in dwellings.columns else set()
        for dimension, column in (("area", "omrade"), ("manager", "forvalter"))
    }
    no_dimension, no_value = [], []
    for metric, dimension, value in judged.frame.select(name, "dimension", "dimension_value").iter_rows():
        allowed = {**metrics.get(metric, {}), TOTAL: frozenset({TOTAL})}
        values = own.get(dimension, allowed.get(dimension))
        known = metric in metrics and dimension is not None
        no_dimension.append(known and dimension not in allowed)
        is_value = value is None or values is None or value in values or (value == UNKNOWN and dimension != TOTAL)
        no_value.append(known and dimension in allowed and not is_value)
    judged.mark("reference", "dimension", pl.Series(no_dimension, dtype=pl.Boolean))
    judged.mark("reference", "dimension_value", pl.Series(no_value, dtype=pl.Boolean))


# ---------------------------------------------------------------------------------------------- words


def _message(table: Table, rule: str, name: str | None) -> str:
    """What is wrong and what to do, for the clerk who owns the extract."""
    if rule == "fields":
        return (
            "The line has more or fewer fields than the header, or a quotation mark that does not stand around a whole "
            "field; a text with ; or a quotation mark in it needs quotes around it, and those within it doubled."
        )
    assert name
    if rule == "erased":
        return (
            "The person is erased from the warehouse, and the source still delivers the row: it is to be erased there."
        )
    if rule == "refused":
        return (
            f"{name} is a category without a forecast: too little has happened in its queue, or its history is too "
            "short. No scenario is worked out for it; take the lever out."
        )
    if rule == "key":
        return f"{name} stands on more than one row; of rows that are alike the first was taken, of others none."
    column = table.column(name)
    notes = [r for r in table.rules if r.name == rule and name == next(r.terms[t] for t in _POINTS_AT if t in r.terms)]
    if notes and rule == "order":
        first, _, of = notes[0].terms["first"].rpartition(".")[::-1]
        return f"{name} is before the {of}'s {first}." if of else f"{name} is before {first}."
    if notes and not (rule == "required" and column.required):
        return f"{name}: {notes[0].description}."
    article = "an" if str(column.references)[0] in "aeiou" else "a"
    parent = f"{article} {column.references}"
    expected = {
        "text": "text (in a workbook: no number, no formula)",
        "code": "a code",
        "date": "a date (dd.mm.yyyy)",
        "month": "a month (mm.yyyy)",
        "integer": "a whole number",
        "decimal": "a number with a decimal comma (no blanks; a point before three digits is ambiguous)",
        "boolean": "ja or nei",
    }[column.type]
    limits = [
        f"at least {column.minimum:g}" if column.minimum is not None else "",
        f"at most {column.maximum:g}" if column.maximum is not None else "",
        f"above {column.exclusive_minimum:g}" if column.exclusive_minimum is not None else "",
    ]
    return {
        "characters": f"{name} holds a NUL character, which no text may.",
        "personal": f"{name} holds the number of a person, which only the columns that are for it may.",
        "type": f"{name} must be {', '.join([expected, *filter(None, limits)])}.",
        "code": f"{name} must be one of {', '.join(column.codes)}.",
        "required": f"{name} may not be empty.",
        "person": f"{name} is no fødselsnummer, D-number, synthetic number or DUF number: its digits do not check.",
        "reference": f"{name} names {parent} that is not in this delivery."
        if column.references not in (METRIC_CATALOGUE, None)
        else f"{name} is not one that the metric catalogue knows.",
        "parent": f"{name} names {parent} that is itself in quarantine.",
    }[rule]
