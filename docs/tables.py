"""The tables of definitions.md and contracts.md, written from the catalogue and the contracts: `make pages`.

Belongs here: what stands in those pages between `<!-- table NAME -->` and `<!-- end -->`.
Does not belong here: the sentences around them, which people write.
"""

import re
from pathlib import Path
from typing import Any

from dagster_project.vocabulary import catalogue, contracts

HERE = Path(__file__).parent
PAGES = (HERE / "definitions.md", HERE / "contracts.md")
TABLE = re.compile(r"(<!-- table (?P<name>[\w/]+) -->\n).*?(<!-- end -->)", re.DOTALL)

MARKS = {"personal": "**P**", "restricted": "**R**", "free text": "**F**", "label": None, None: None}


def tables() -> dict[str, str]:
    """Every table of the pages by its name: of each family of metrics one, of each source one, and the dimensions."""
    families = {f"metrics/{path.stem}": _family(path) for path in (catalogue.MACROS / "catalogue").glob("*.sql")}
    sources = {f"source/{source.name}": _source(source) for source in contracts.sources()}
    return families | sources | {"dimensions": _dimensions()}


def written(page: str) -> str:
    """The page's text with its tables as they are now. Raises KeyError where it names one that does not exist."""
    made = tables()
    return TABLE.sub(lambda found: f"{found[1]}{made[found['name']]}{found[3]}", page)


def _family(path: Path) -> str:
    """The metrics of a file of the catalogue, in its order."""
    known = catalogue.metrics()
    entries = [known[metric_id] for metric_id in re.findall(r"^  - metric_id: (\w+)$", path.read_text("utf-8"), re.M)]
    return _table(
        ("metric_id", "dimensions", "unit", "better", "definition", "source"),
        (
            (
                f"`{entry.metric_id}`",
                ", ".join(entry.dimensions) or "–",
                entry.unit,
                entry.direction,
                " ".join([entry.definition_en, *_when(entry)]),
                entry.source,
            )
            for entry in entries
        ),
    )


def _when(entry: catalogue.Metric) -> list[str]:
    said = []
    if begins := entry.begins_with:
        said.append(f"Begins with {', '.join(begins)}.")
    if months := entry.ripens_after_months:
        said.append(f"Ripe {months} {'month' if months == 1 else 'months'} after the period's end.")
    return said


def _dimensions() -> str:
    def values(dimension: str) -> str:
        known = catalogue.dimension_values(dimension)
        return "whatever the delivery has" if known is None else ", ".join(sorted(known))

    return _table(("dimension", "values"), ((f"`{name}`", values(name)) for name in catalogue.dimensions()))


def _source(source: contracts.Source) -> str:
    return _table(
        ("table", "column", "type", "what it holds, and its rules"),
        (
            row
            for table in source.tables
            for row in (_head(table), *(_column(table, column) for column in table.columns))
        ),
    )


def _head(table: contracts.Table) -> tuple[str, ...]:
    rules = [f"{rule.description} (rule `{rule.name}`: {_named(rule.terms)})" for rule in table.rules]
    empty = [] if table.may_be_empty else ["May not be without rows"]
    return f"**{table.name}**", "", "", ". ".join([table.description.rstrip("."), *empty, *rules]) + "."


def _named(terms: dict[str, Any]) -> str:
    if "first" in terms:
        return f"`{terms['first']}` ≤ `{terms['then']}`"
    return ", ".join(
        f"`{name}`" for name in terms.get("columns", [terms[t] for t in ("column", "through") if t in terms])
    )


def _column(table: contracts.Table, column: contracts.Column) -> tuple[str, ...]:
    bounds = [
        f"{words} {value:g}"
        for words, value in (
            ("at least", column.minimum),
            ("at most", column.maximum),
            ("above", column.exclusive_minimum),
        )
        if value is not None
    ]
    said = [
        column.description,
        ", ".join(f"`{code}`" for code in column.codes),
        ", ".join(bounds),
        f"FK {column.references}" if column.references else "",
        _optional(column),
    ]
    marks = ["PK" if column.name in table.key else None, MARKS[column.classification]]
    name = " ".join([f"`{column.name}`{' *' if column.required else ''}", *filter(None, marks)])
    return "", name, "ja/nei" if column.type == "boolean" else column.type, "; ".join(filter(None, said))


def _optional(column: contracts.Column) -> str:
    if not column.may_be_missing:
        return ""
    return "the column may be missing" + (f" where `{column.comes_with}` is" if column.comes_with else "")


def _table(head: tuple[str, ...], rows: Any) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(written(path.read_text("utf-8")), "utf-8")
