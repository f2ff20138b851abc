"""The conditions of the metric catalogue, read as SQL: two that say the same are the same, however they are written.

Belongs here: from the text of a condition to what it says; one that is not understood is refused, for a condition
taken for another one loses an equation, and with it what protects a small count.
Does not belong here: what is counted under a condition (quantities.py).
"""

from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from dagster_project.disclosure import FiguresUnfit

if TYPE_CHECKING:
    from sqlglot import exp

# what a condition may hang on that is no row's but a period's
PERIOD_COLUMNS = frozenset({"measured_end", "period_start", "days", "year_days"})

_OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_TURNED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


class ConditionNotUnderstood(FiguresUnfit):
    """The protection of small figures cannot tell what a condition says; the message says which, and of what."""


@dataclass(frozen=True, order=True)
class Condition:
    """One condition, none of whose parts are joined by and.

    text: what it says, in the one way that it can be written here.
    day: the last day of the period, where it hangs on the period.
    """

    text: str
    day: date | None = None
    columns: frozenset[str] = field(default=frozenset(), compare=False)
    value: tuple[str, str] = field(default=("", ""), compare=False)
    """The column and the operator, where it compares a column with a text."""
    alternatives: tuple[frozenset["Condition"], ...] = field(default=(), compare=False)
    """What or joins."""

    @property
    def is_of_period(self) -> bool:
        """Whether it says another thing in another period."""
        return not self.columns.isdisjoint(PERIOD_COLUMNS)

    def on(self, day: date) -> "Condition":
        """The same in the period that ends on this day."""
        return replace(self, day=day) if self.is_of_period else self


def stated(column: str, value: str) -> Condition:
    """The condition that a column has this value."""
    return _compared(column.lower(), "=", value)


def read(text: str, of: str) -> frozenset[Condition]:
    """The conditions that and joins in a text; none of an empty one. `of`: the entry that it is of.

    Raises ConditionNotUnderstood.
    """
    try:
        return _read(text)
    except _Unknown as error:
        raise ConditionNotUnderstood(
            f"{of} counts where {' '.join(text.split())}, which the protection of small figures does not understand:"
            f" {error}. Say it by columns, texts and numbers, with and, or, not, in, between, is null and comparisons;"
            " or let the mart have a column that says it."
        ) from None


def aggregate(text: str, of: str) -> str:
    """An aggregate in the one way that it can be written here. Raises ConditionNotUnderstood."""
    import sqlglot

    try:
        return sqlglot.parse_one(text, dialect="postgres").sql("postgres", normalize=True).lower()
    except sqlglot.ParseError:
        raise ConditionNotUnderstood(f"{of} is computed by {text}, which is no SQL.") from None


class _Unknown(Exception):
    """Why a condition is not understood."""


@cache
def _read(text: str) -> frozenset[Condition]:
    import sqlglot
    from sqlglot import exp

    if not text.strip():
        return frozenset()
    try:
        tree = sqlglot.parse_one(text, dialect="postgres", into=exp.Condition)
    except sqlglot.ParseError:
        raise _Unknown("it is no condition of SQL") from None
    return _conjuncts(tree, is_so=True)


def _conjuncts(node: "exp.Expr", *, is_so: bool) -> frozenset[Condition]:
    """What a condition says, or, where it is not so, what its opposite does: not is carried down to comparisons."""
    from sqlglot import exp

    operators: dict[type[exp.Expr], str] = {
        exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
    }  # fmt: skip
    match node:
        case exp.Paren():
            return _conjuncts(node.this, is_so=is_so)
        case exp.Not():
            return _conjuncts(node.this, is_so=not is_so)
        case exp.And() | exp.Or():
            parts = [_conjuncts(part, is_so=is_so) for part in (node.left, node.right)]
            return parts[0] | parts[1] if isinstance(node, exp.And) == is_so else _either(parts)
        case exp.In() if node.expressions:
            values = [_comparison(node.this, "=" if is_so else "<>", value) for value in node.expressions]
            return _either(values) if is_so else frozenset().union(*values)
        case exp.Between() if not node.args.get("symmetric"):
            ends = [(">=", node.args["low"]), ("<=", node.args["high"])]
            parts = [_comparison(node.this, by if is_so else _OPPOSITE[by], end) for by, end in ends]
            return parts[0] | parts[1] if is_so else _either(parts)
        case exp.Is():
            return _is(node, is_so=is_so != bool(node.args.get("negate")))
        case exp.Column():
            column = _column(node)
            return frozenset({Condition(column if is_so else f"not {column}", columns=frozenset({column}))})
        case exp.EQ() | exp.NEQ() | exp.LT() | exp.LTE() | exp.GT() | exp.GTE():
            by = operators[type(node)]
            return _comparison(node.left, by if is_so else _OPPOSITE[by], node.right)
    raise _Unknown(f"{node.sql('postgres')} is none of these")


def _either(parts: list[frozenset[Condition]]) -> frozenset[Condition]:
    """One condition of which one of the parts is to hold."""
    flat: set[frozenset[Condition]] = set()
    for part in parts:
        (first, *others) = part
        flat |= set(first.alternatives) if first.alternatives and not others else {part}
    if len(flat) == 1:
        return flat.pop()
    texts = {part: " and ".join(sorted(each.text for each in part)) for part in flat}
    alternatives = sorted(flat, key=texts.__getitem__)
    columns = frozenset().union(*(each.columns for part in flat for each in part))
    text = " or ".join(f"({texts[part]})" for part in alternatives)
    return frozenset({Condition(text, columns=columns, alternatives=tuple(alternatives))})


def _is(node: "exp.Expr", *, is_so: bool) -> frozenset[Condition]:
    """Is null, is true, is false. What is not true may be false or unknown, and is said of a column only."""
    from sqlglot import exp

    what = node.args["expression"]
    if isinstance(what, exp.Boolean) and is_so:
        return _conjuncts(node.this, is_so=bool(what.this))
    if isinstance(what, exp.Null | exp.Boolean):
        column = _column(node.this)
        said = "null" if isinstance(what, exp.Null) else "true" if what.this else "false"
        return frozenset({Condition(f"{column} is {'' if is_so else 'not '}{said}", columns=frozenset({column}))})
    raise _Unknown(f"{node.sql('postgres')} is neither of null nor of true or false")


def _comparison(left: "exp.Expr", by: str, right: "exp.Expr") -> frozenset[Condition]:
    from sqlglot import exp

    if isinstance(left, exp.Literal | exp.Boolean) and not isinstance(right, exp.Literal | exp.Boolean):
        left, by, right = right, _TURNED[by], left
    if isinstance(right, exp.Boolean) and by in ("=", "<>"):
        return _conjuncts(left, is_so=bool(right.this) == (by == "="))
    if isinstance(right, exp.Literal) and right.is_string:
        return frozenset({_compared(_column(left), by, str(right.this))})
    terms: dict[str, Fraction] = {}
    _add(terms, left, Fraction(1))
    _add(terms, right, Fraction(-1))
    number = -terms.pop("", Fraction(0))
    names = sorted(name for name, factor in terms.items() if factor)
    if not names:
        raise _Unknown("it compares no column")
    # the first column stands once, with a plus: x - y > 2 is y - x < -2 and 2 * x - 2 * y > 4
    scale = terms[names[0]]
    by = by if scale > 0 else _TURNED[by]
    total = " + ".join(name if terms[name] == scale else f"{terms[name] / scale} * {name}" for name in names)
    return frozenset({Condition(f"{total} {by} {number / scale}", columns=frozenset(names))})


def _compared(column: str, by: str, value: str) -> Condition:
    text = f"{column} {by} '{value.replace(chr(39), 2 * chr(39))}'"
    return Condition(text, columns=frozenset({column}), value=(column, by))


def _add(terms: dict[str, Fraction], node: "exp.Expr", factor: Fraction) -> None:
    """Add so many times a sum to the terms, by column; numbers stand under no name."""
    from sqlglot import exp

    match node:
        case exp.Paren():
            _add(terms, node.this, factor)
        case exp.Neg():
            _add(terms, node.this, -factor)
        case exp.Add() | exp.Sub():
            _add(terms, node.left, factor)
            _add(terms, node.right, factor if isinstance(node, exp.Add) else -factor)
        case exp.Mul():
            sides: list[dict[str, Fraction]] = [{}, {}]
            for side, part in zip(sides, (node.left, node.right), strict=True):
                _add(side, part, Fraction(1))
            times = next((side for side in sides if side.keys() <= {""}), None)
            if times is None:
                raise _Unknown(f"{node.sql('postgres')} multiplies columns")
            for name, each in sides[1 if times is sides[0] else 0].items():
                terms[name] = terms.get(name, Fraction(0)) + factor * each * times.get("", Fraction(0))
        case exp.Literal() if not node.is_string:
            terms[""] = terms.get("", Fraction(0)) + factor * Fraction(str(node.this))
        case _:
            name = _column(node)
            terms[name] = terms.get(name, Fraction(0)) + factor


def _column(node: "exp.Expr") -> str:
    from sqlglot import exp

    while isinstance(node, exp.Paren):
        node = node.this
    if not isinstance(node, exp.Column) or node.table or not isinstance(node.this, exp.Identifier):
        raise _Unknown(f"{node.sql('postgres')} is no column of the mart")
    return str(node.name) if node.this.quoted else str(node.name).lower()
