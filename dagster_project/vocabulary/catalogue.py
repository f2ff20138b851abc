"""The metric catalogue as Python sees it: the YAML that stands in dbt/macros, read from there.

Belongs here: which metrics there are, what an entry may say (a key that no entry has is refused), with their
dimensions and the values these may have.
Does not belong here: how a figure is computed (dbt does that from the same text).
"""

import hashlib
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from dagster_project import BoligError
from dagster_project.settings import PROJECT_DIR
from dagster_project.vocabulary import contracts

MACROS = PROJECT_DIR / "dbt" / "macros"

TOTAL = "total"
UNKNOWN = "ukjent"

Text = Annotated[str, StringConstraints(pattern=r"\S")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
# what the protection of small figures and the publish gate tell by: there is one way to write each
Aggregate = Annotated[
    str,
    StringConstraints(
        pattern=r"^(count\((\*|distinct \w+)\)|(sum|avg|max)\([^A-Z]+\)"
        r"|percentile_cont\(0\.\d+\) within group \(order by [^A-Z]+\))$"
    ),
]
Two = tuple[Text, Text]

# the ways to compute an entry, and what may be said beside each
_BESIDE: dict[str, tuple[str, ...]] = {
    "from": ("value", "where", "columns", "at", "during", "at_end", "days"),
    "ratio": ("factor",),
    "difference": (),
    "sum": (),
    "model": (),
}


class CatalogueError(BoligError):
    """An entry of the catalogue says what none can say; the message names file, entry and key."""


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Compute(_Said):
    """How a metric or a measure is computed; dbt/macros/metric_catalogue.sql says what each key means."""

    mart: Name | None = Field(default=None, alias="from")
    value: Aggregate | None = None
    where: Text | None = None
    columns: dict[Name, Name] = {}
    at: Name | None = None
    during: Two | None = None
    at_end: tuple[Name, Name] | None = None
    days: tuple[Name, Name] | None = None
    ratio: tuple[Name, Name] | None = None
    factor: int | Literal["annual"] | None = None
    difference: tuple[Name, Name] | None = None
    sum: tuple[Name, Name] | None = None
    model: Name | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """What a ratio, a difference or a sum is made of."""
        return self.ratio or self.difference or self.sum or ()

    @property
    def kind(self) -> Literal["at", "at_end", "days"] | None:
        """When a row of the mart counts."""
        return "at" if self.at else "at_end" if self.at_end else "days" if self.days else None

    @property
    def dates(self) -> tuple[str, ...]:
        """The dates of a row that let it count."""
        return (self.at,) if self.at else self.at_end or self.days or ()

    @model_validator(mode="after")
    def _is_one_way(self) -> "Compute":
        said = {"from" if key == "mart" else key for key in self.model_fields_set}
        ways = sorted(said & _BESIDE.keys())
        if len(ways) != 1:
            raise ValueError(f"one of {', '.join(_BESIDE)} is needed, not {' and '.join(ways) or 'none'}")
        if stray := sorted(said - {*ways, *_BESIDE[ways[0]]}):
            raise ValueError(f"{', '.join(stray)} does not stand beside {ways[0]}")
        if self.mart and (not self.value or len(said & {"at", "at_end", "days"}) != 1):
            raise ValueError("beside from stand value, and one of at, at_end and days")
        if self.during and not self.at:
            raise ValueError("during stands beside at")
        return self


class Entry(_Said):
    """What a metric and a measure have in common."""

    is_sensitive: bool = True
    includes: tuple[Name, ...] = ()
    same_as: Name | None = None
    compute: Compute


class Measure(Entry):
    """A building block that is not shown."""

    measure_id: Name

    @property
    def id(self) -> str:
        """The name by which other entries speak of it."""
        return self.measure_id


class Metric(Entry):
    """A figure of the scorecard."""

    metric_id: Name
    name_no: Text
    name_en: Text
    perspective: Literal["brukere", "interne_prosesser", "okonomi", "samfunn", "laering"]
    unit: Text
    direction: Literal["up", "down", "none"]
    decimals: Annotated[int, Field(ge=0)]
    dimensions: tuple[Name, ...]
    without: dict[Name, tuple[Name, ...]] = {}
    definition_no: Text
    definition_en: Text
    source: Text
    caveat_no: Text
    built_on: Name | None = None
    is_of_health: bool = False
    begins_with: tuple[Text, ...] = ()
    ripens_after_months: Annotated[int, Field(ge=0)] = 0
    periods: Literal["as_of_year", "year"] | None = None
    is_part_of_whole: bool = True
    conflicts_with: tuple[Name, ...] = ()
    conflict_no: Text | None = None
    better_in_conflict: Literal["up", "down"] | None = None

    @property
    def id(self) -> str:
        """The name by which other entries speak of it."""
        return self.metric_id

    @property
    def sources(self) -> list[str]:
        """The tables that it reads, as the contracts name them."""
        return [name.strip() for name in self.source.split(",")]

    @property
    def systems(self) -> list[str]:
        """The contracts of those tables, each once."""
        return list(dict.fromkeys(name.partition("/")[0] for name in self.sources))


class Family(_Said):
    """A file of the catalogue."""

    measures: tuple[Measure, ...] = ()
    metrics: tuple[Metric, ...]

    @property
    def entries(self) -> tuple[Measure | Metric, ...]:
        """Its measures, and then its metrics."""
        return (*self.measures, *self.metrics)


class Origin(_Said):
    """Where a dimension's values come from."""

    mart: Name
    column: Text | None = None
    where: Text | None = None


class Dimension(_Said):
    """A breakdown of the scorecard; dbt/macros/dimensions.sql says what each key means."""

    dimension: Name
    origins: tuple[Origin, ...] = Field(default=(), alias="from")
    values: tuple[Name, ...] = ()
    part_of: dict[Name, dict[Name, Name]] = {}

    @model_validator(mode="after")
    def _has_values(self) -> "Dimension":
        if bool(self.origins) == bool(self.values):
            raise ValueError("one of from and values is needed")
        return self


class Dimensions(_Said):
    """The file of the dimensions."""

    dimensions: tuple[Dimension, ...]


_Model = TypeVar("_Model", bound=_Said)


@cache
def metrics() -> dict[str, Metric]:
    """Every metric's entry in the catalogue, by metric_id."""
    return {metric_id: entry for metric_id, entry in entries().items() if isinstance(entry, Metric)}


@cache
def entries() -> dict[str, Measure | Metric]:
    """Every metric and every measure that is not shown, by its id. Raises CatalogueError."""
    known: dict[str, Measure | Metric] = {}
    for path, written in _families().items():
        for entry in _understood(Family, written, path.name).entries:
            if entry.id in known:
                raise CatalogueError(f"{path.name}: {entry.id} stands twice in the catalogue.")
            known[entry.id] = entry
    for entry in known.values():
        for what, name in _strangers(entry, known):
            raise CatalogueError(f"{entry.id}: {what} names {name}, which is no {_KNOWS[what]}.")
    return known


# what an entry may name, and what that must be
_KNOWS = {
    "ratio, difference or sum": "metric or measure of the catalogue",
    "includes": "metric or measure of the catalogue",
    "same_as": "metric of the catalogue",
    "built_on": "metric or measure of the catalogue",
    "conflicts_with": "metric of the catalogue",
    "dimensions": "dimension of dimensions.sql",
    "without": "dimension of its own",
    "columns": "dimension of dimensions.sql",
    "model": "model of dbt",
}


def _strangers(entry: Measure | Metric, known: dict[str, Measure | Metric]) -> Iterator[tuple[str, str]]:
    """The names in an entry that nothing has."""
    shown = {name for name, other in known.items() if isinstance(other, Metric)}
    models = {path.stem for path in _models(entry.compute.model)} if entry.compute.model else set()
    named = [
        ("ratio, difference or sum", entry.compute.parts, known.keys()),
        ("includes", entry.includes, known.keys()),
        ("same_as", tuple(filter(None, [entry.same_as])), shown),
        ("columns", tuple(entry.compute.columns), dimensions().keys()),
        ("model", tuple(filter(None, [entry.compute.model])), models),
    ]
    if isinstance(entry, Metric):
        named += [
            ("built_on", tuple(filter(None, [entry.built_on])), known.keys()),
            ("conflicts_with", entry.conflicts_with, shown),
            ("dimensions", entry.dimensions, dimensions().keys()),
            ("without", tuple(entry.without), set(entry.dimensions)),
        ]
    return ((what, name) for what, names, those in named for name in names if name not in those)


@cache
def dimensions() -> dict[str, Dimension]:
    """Every dimension's entry, by its name. Raises CatalogueError."""
    written = {"dimensions": _written(MACROS / "dimensions.sql")}
    return {entry.dimension: entry for entry in _understood(Dimensions, written, "dimensions.sql").dimensions}


def dimension_values(dimension: str) -> frozenset[str] | None:
    """The values that a dimension may have by the contracts; None where any text may stand (area, manager)."""
    if listed := dimensions()[dimension].values:
        return frozenset(listed)
    codes = {
        code
        for table in contracts.tables().values()
        for column in table.columns
        if column.business_name == dimension
        for code in column.codes
    }
    return frozenset(codes | {UNKNOWN}) if codes else None


@cache
def targetable() -> dict[str, dict[str, frozenset[str] | None]]:
    """What a target may name: by metric_id its dimensions, total included, with the values that each may have."""
    return {
        metric_id: {TOTAL: frozenset({TOTAL}), **{name: dimension_values(name) for name in entry.dimensions}}
        for metric_id, entry in metrics().items()
    }


@cache
def aggregates() -> dict[str, str]:
    """The SQL aggregate of every metric and measure that is computed from the rows of a mart, by its id."""
    return {name: entry.compute.value for name, entry in entries().items() if entry.compute.value}


def additive(*kinds: str) -> list[str]:
    """Metrics that are plain counts or sums of rows and whose rows count in one of these ways (at, at_end, days)."""
    return [
        metric_id
        for metric_id, entry in metrics().items()
        if re.match(r"count\(\*\)|sum\(", entry.compute.value or "")
        and entry.compute.kind in kinds
        and not entry.compute.during
        # a sum of too few persons is left out, and then the others do not add up
        and not (entry.is_of_health and entry.built_on)
    ]


def bounds() -> dict[str, tuple[float, float | None]]:
    """What a figure cannot leave whatever the extracts say: counts are not negative, parts are part of their whole."""
    counted = {metric_id for metric_id, aggregate in aggregates().items() if aggregate.startswith("count(")}
    counted |= {
        name for name, entry in entries().items() if entry.compute.sum and counted.issuperset(entry.compute.sum)
    }
    limits: dict[str, tuple[float, float | None]] = {
        metric_id: (0, None) for metric_id in metrics() if metric_id in counted
    }
    for metric_id, entry in metrics().items():
        if entry.compute.ratio and counted.issuperset(entry.compute.ratio):
            is_share = entry.unit == "andel" and entry.is_part_of_whole
            limits[metric_id] = (0, 1 if is_share else None)
    return limits


@cache
def meaning(metric_id: str) -> dict[str, Any]:
    """What a metric means, as far as the catalogue says it: its texts, its dimensions, and how it and everything that
    it is made of is computed. A model of its own is its SQL, without comments and line breaks.

    Made of the entry as it is written, not as it is read: what reading adds to it has no part in what a figure means.
    Left out: names, labels, unit, decimals, direction and caveat, which change no figure. Not seen: the marts that an
    entry counts in, and the macros that compute it; night.dbt.code_version sees those.
    """
    entry = _entries_as_written()[metric_id]
    return {
        "definition_no": " ".join(entry["definition_no"].split()),
        "definition_en": " ".join(entry["definition_en"].split()),
        "dimensions": sorted(entry["dimensions"]),
        "periods": entry.get("periods", "all"),
        "compute": _whole(entry["compute"]),
        **{name: entry[name] for name in ("is_of_health",) if name in entry},
    }


@cache
def definition_version(metric_id: str) -> str:
    """A fingerprint of the metric's meaning. Every closed figure carries one: made another way, all would differ."""
    text = json.dumps(meaning(metric_id), ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _whole(compute: dict[str, Any]) -> dict[str, Any]:
    """An entry's computation with that of its parts, and of its model, written out."""
    whole = dict(compute)
    for kind in ("ratio", "difference", "sum"):
        if kind in compute:
            whole[kind] = [_whole(_entries_as_written()[part]["compute"]) | {"is": part} for part in compute[kind]]
    if "model" in compute:
        (path,) = _models(compute["model"])
        without_comments = re.sub(r"\{#.*?#\}|--[^\n]*", " ", path.read_text("utf-8"), flags=re.DOTALL)
        whole["sql"] = " ".join(without_comments.split())
    return whole


def _models(name: str) -> list[Path]:
    return list((PROJECT_DIR / "dbt" / "models").rglob(f"{name}.sql"))


# -- the text


@cache
def _entries_as_written() -> dict[str, dict[str, Any]]:
    written = [entry for family in _families().values() for entry in (family.get("measures") or []) + family["metrics"]]
    return {entry.get("measure_id") or entry["metric_id"]: entry for entry in written}


@cache
def _families() -> dict[Path, Any]:
    return {path: _written(path) for path in sorted((MACROS / "catalogue").glob("*.sql"))}


def _written(path: Path) -> Any:
    """The YAML of a macro's file, which dbt reads too: all that stands in the macro, or in what it sets as entries."""
    import yaml

    begin, end = r"(?:\{% macro \w+\(\) %\}|\{%- set entries %\})", r"\{% end(?:macro|set)"
    found = re.search(f"{begin}(.*?){end}", path.read_text("utf-8"), re.DOTALL)
    if not found:
        raise CatalogueError(f"{path.name}: no entries stand between {{% macro ...() %}} and {{% endmacro %}}.")
    return yaml.load(found[1], yaml.CSafeLoader)


def _understood(model: type[_Model], written: Any, file: str) -> _Model:
    try:
        return model.model_validate(written)
    except ValidationError as error:
        said = [f"{file}: {_place(fault['loc'], written)}: {_fault(fault)}." for fault in error.errors()]
    raise CatalogueError("\n".join(said))


def _place(place: tuple[int | str, ...], written: Any) -> str:
    """Where in a file a fault is: the entry by its id, and the keys within it."""
    named = []
    for step in place:
        try:
            written = written[step]
        except (KeyError, IndexError, TypeError):
            written = None
        ids = (
            [written[key] for key in ("metric_id", "measure_id", "dimension") if key in written]
            if isinstance(written, dict)
            else []
        )
        named.append(str(ids[0] if isinstance(step, int) and ids else step))
    return " ".join(named[1:] if len(named) > 1 else named)


def _fault(fault: Any) -> str:
    if fault["type"] == "extra_forbidden":
        return "there is no such key; dbt/macros says which there are"
    if fault["type"] == "missing":
        return "is missing"
    if fault["type"] == "string_pattern_mismatch":
        return (
            f"cannot be {fault['input']!r}; the types in dagster_project/vocabulary/catalogue.py say how it is written"
        )
    return str(fault["msg"]).removeprefix("Value error, ")
