"""What the sources have promised: the ODCS contracts in expectations/contracts, as plain objects.

The raw tables, the rules at the door and the dbt sources follow from these objects.
Does not belong here: reading a delivery, or judging it.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

CONTRACTS_DIR = Path(__file__).parents[2] / "expectations" / "contracts"

# The catalogue of metrics is no table of a delivery, but governance refers to it.
METRIC_CATALOGUE = "metric_catalogue"

Classification = Literal["personal", "restricted", "free text", "label"]
"""What text that is neither code nor key may hold: numbers of people; what reaches no reader; what is written freely,
where a person may be named, and which reaches none either; or what a thing or an office is called, for all to read."""

ColumnType = Literal["text", "code", "date", "month", "integer", "decimal", "boolean"]


@dataclass(frozen=True)
class Column:
    """One column of an extract, by its physical name (`business_name` is what staging calls it)."""

    name: str
    business_name: str
    type: ColumnType
    sql_type: str
    description: str
    required: bool
    codes: tuple[str, ...] = ()
    classification: Classification | None = None
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    references: str | None = None
    """Name of the table whose (single) key this column must be found in."""
    may_be_missing: bool = False
    """Whether a file may do without it: then nothing is known of it, and no rule asks for it."""
    comes_with: str | None = None
    """The column beside which it may not be missing: empty would mean something there, and missing nothing."""

    @property
    def personal(self) -> bool:
        return self.classification == "personal"

    @property
    def restricted(self) -> bool:
        return self.classification == "restricted"

    @property
    def published(self) -> bool:
        """Whether staging takes it on, and readers may come to see it (a personal number as a pseudonym)."""
        return self.classification not in ("restricted", "free text")


@dataclass(frozen=True)
class Rule:
    """A rule over a row, beyond its columns' own: `name` as docs/contracts.md has it, what it says, its terms."""

    name: str
    description: str
    terms: dict[str, Any] = field(hash=False)


@dataclass(frozen=True)
class Table:
    """One table of a source."""

    source: str
    name: str
    description: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    key: tuple[str, ...]
    may_be_empty: bool
    may_be_missing: bool = False
    """Whether a delivery of its source may do without it: then the last one that was accepted stands."""

    @property
    def raw_name(self) -> str:
        """The table's name in the schemas raw and history."""
        return f"{self.source}__{self.name}"

    def column(self, name: str) -> Column:
        """The column of this physical name. Raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.source}/{self.name} has no column {name}")


@dataclass(frozen=True)
class Source:
    """One source system's contract: its owner, its tables, and whether a delivery may do without it."""

    name: str
    owner: str
    description: str
    may_be_missing: bool
    latency: timedelta | None
    """How old the newest accepted extract may be: the contract's latency, or else the time between two."""
    tables: tuple[Table, ...]
    properties: dict[str, Any] = field(hash=False, default_factory=dict)
    """The contract's custom properties, by name."""

    @property
    def owners(self) -> tuple[str, ...]:
        """The offices of its team."""
        return tuple(self.owner.split(", "))


@cache
def sources() -> tuple[Source, ...]:
    """The contracts of all sources, by name. Raises pydantic's ValidationError where a file is no ODCS contract."""
    return tuple(_source(path) for path in sorted(CONTRACTS_DIR.glob("*.odcs.yaml")))


@cache
def tables() -> dict[str, Table]:
    """Every table of every source by its name; a table comes after the tables that it refers to."""
    remaining = {table.name: table for source in sources() for table in source.tables}
    ordered: dict[str, Table] = {}
    while remaining:
        ready = [name for name, table in remaining.items() if not _parents(table) & remaining.keys() - {name}]
        if not ready:
            raise ValueError(f"The contracts refer to each other in a circle: {', '.join(remaining)}")
        for name in ready:
            ordered[name] = remaining.pop(name)
    return ordered


def _parents(table: Table) -> set[str]:
    return {column.references for column in table.columns if column.references}


def _source(path: Path) -> Source:
    import yaml
    from open_data_contract_standard.model import OpenDataContractStandard, Team

    # CSafeLoader: the pure Python loader costs half a second over the six files
    contract = OpenDataContractStandard(**yaml.load(path.read_text("utf-8"), yaml.CSafeLoader))
    assert contract.name and contract.schema_ and contract.description and isinstance(contract.team, Team)
    properties = {str(p.property): p.value for p in contract.customProperties or []}
    return Source(
        name=contract.name,
        owner=contract.team.name or "",
        description=contract.description.purpose or "",
        may_be_missing=bool(properties.get("mayBeMissing")),
        latency=_latency(contract.slaProperties or []),
        tables=tuple(_table(contract.name, schema) for schema in contract.schema_),
        properties=properties,
    )


def _latency(promises: list[Any]) -> timedelta | None:
    units = {"h": timedelta(hours=1), "d": timedelta(days=1), "y": timedelta(days=366)}
    spans = {promise.property: promise.value * units[promise.unit] for promise in promises}
    return spans.get("latency", spans.get("frequency"))


def _table(source: str, schema: Any) -> Table:
    quality = schema.quality or []
    keyed = [p for p in schema.properties if p.primaryKey]
    return Table(
        source=source,
        name=schema.name,
        description=schema.description,
        columns=tuple(_column(p) for p in schema.properties),
        rules=tuple(Rule(q.name, q.description, q.implementation) for q in quality if q.engine == "bolig"),
        key=tuple(p.name for p in sorted(keyed, key=lambda p: p.primaryKeyPosition)),
        may_be_empty=not any(q.metric == "rowCount" for q in quality),
        may_be_missing=any(p.property == "mayBeMissing" and p.value for p in schema.customProperties or []),
    )


def _column(prop: Any) -> Column:
    options = prop.logicalTypeOptions or {}
    own = {p.property: p.value for p in prop.customProperties or []}
    return Column(
        name=prop.name,
        business_name=prop.businessName,
        type=_type(prop, options),
        sql_type=prop.physicalType,
        description=prop.description,
        required=bool(prop.required),
        codes=tuple(value.value for value in prop.enum or []),
        classification=prop.classification,
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        exclusive_minimum=options.get("exclusiveMinimum"),
        references=prop.relationships[0].to.split(".")[0] if prop.relationships else None,
        may_be_missing=bool(own.get("mayBeMissing")),
        comes_with=own.get("comesWith"),
    )


def _type(prop: Any, options: dict[str, Any]) -> ColumnType:
    if prop.enum:
        return "code"
    if options.get("format") == "MM.yyyy":
        return "month"
    types: dict[str, ColumnType] = {
        "string": "text",
        "date": "date",
        "integer": "integer",
        "number": "decimal",
        "boolean": "boolean",
    }
    return types[prop.logicalType]
