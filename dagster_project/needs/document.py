"""The overview of needs as a PDF: tagged for screen readers, in Norwegian.

Belongs here: what stands where in the document. Does not belong here: how it looks (behov.typ), words (words.py), and
what an edition shows (public.py).
"""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from dagster_project.needs import words
from dagster_project.needs.dataset import Edition
from dagster_project.needs.groups import FAMILIES
from dagster_project.needs.public import TOTAL
from dagster_project.needs.reckoning import (
    ALTERNATIVES,
    HIGH,
    HORIZONS,
    LOW,
    MAIN,
    NEW,
    NEW_FOR_NONE,
    OWN_PACE,
    STOCK,
    SUM,
    UNCOVERED,
    WITHOUT,
    Component,
)
from dagster_project.report import document
from dagster_project.vocabulary import labels, norwegian

TEMPLATE = Path(__file__).with_name("behov.typ")
HIDDEN = ":"


def pdf(made: Edition) -> bytes:
    """The document as PDF/UA-1; the same edition gives the same bytes. Raises report.document.ReportNotMade."""
    return document.typeset(TEMPLATE, _data(made), made.of.moment)


class _Figures:
    """The figures of an edition, by what they are of."""

    def __init__(self, made: Edition) -> None:
        self.by_key = {(*row.cell, row.component): row for row in made.rows}
        order = list(labels.of("need_group"))
        self.cells = sorted(
            {row.cell[:2] for row in made.rows if row.need_group != FAMILIES},
            key=lambda cell: (cell[1], order.index(cell[0])),
        )
        self.sums = {(each.dwelling_type, each.horizon_years, each.alternative): each for each in made.sums}
        self.unknown = HIDDEN if made.is_public else norwegian.EMPTY

    def row(self, cell: tuple[str, str], horizon: int, alternative: str, component: str) -> Component | None:
        return self.by_key.get((*cell, horizon, alternative, component))

    def text(self, cell: tuple[str, str], horizon: int, alternative: str, component: str) -> str:
        row = self.row(cell, horizon, alternative, component)
        return norwegian.EMPTY if row is None else self.said(row.value)

    def said(self, value: float | None) -> str:
        return self.unknown if value is None else words.figure(value)

    def sum(self, kind: str, horizon: int, alternative: str) -> str:
        return self.said(self.sums[kind, horizon, alternative].value)


def _data(made: Edition) -> dict[str, Any]:
    of, figures = made.of, _Figures(made)
    moment = of.moment
    return {
        "title": words.TITLE,
        "author": of.made_by,
        "date": {"year": moment.year, "month": moment.month, "day": moment.day},
        "municipality": of.content["municipality"],
        "footer": f"{of.content['municipality']} · {words.EDITIONS[made.name]}",
        "is_draft": False,
        "heading": [words.made(of), words.EDITIONS[made.name]],
        "purpose": (
            f"Kommunen skal ha oversikt over behovet for ordinære og tilpassede boliger for vanskeligstilte, etter "
            f"{words.LAW}. Oversikten er grunnlag for planstrategien og kommuneplanen."
        ),
        "sections": list(_sections(made, figures)),
    }


def _sections(made: Edition, figures: _Figures) -> Iterator[dict[str, Any]]:
    of = made.of
    yield _section("Behovet nå, om fire og om tolv år", _head(made, figures), [_needs(figures)])
    yield _section("Hvordan det er talt", list(words.assumptions(of, is_public=made.is_public)), [_methods()])
    if not made.is_public:
        yield _section(
            "Sammensetningen", ["Alternativ hoved. Summen av kolonnene, med fortegn, er det udekkede behovet."],
            [_parts(figures, horizon) for horizon in HORIZONS],
        )  # fmt: skip
        yield _section(
            "Vedtatte tiltak, og det som skal til", _measures(made), [_takes(figures, 4), _takes(figures, 12)]
        )
        between = words.between(of.content)
        yield _section(
            "De som faller mellom",
            between or ["Ingen tall for det siste hele året."],
            [],
        )
    yield _section("Usikkerhet og forbehold", list(words.LIMITS), [_alternatives(figures)], is_list=True)
    if not made.is_public:
        yield _section("Datakvalitet og endringer siden sist", _quality(made), [_changes(made, figures)])
    yield _section("Medvirkning og samarbeid", _parties(made), [])


def _section(
    title: str, text: Sequence[str], tables: Sequence[dict[str, Any]], *, is_list: bool = False
) -> dict[str, Any]:
    return {"title": title, "text": list(text), "tables": [each for each in tables if each["rows"]], "is_list": is_list}


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> dict[str, Any]:
    """A table; the first so many columns are text."""
    return {"title": title, "columns": list(columns), "rows": [list(row) for row in rows], "texts": texts}


def _name(cell: tuple[str, str]) -> str:
    return labels.label("need_group", cell[0])


def _head(made: Edition, figures: _Figures) -> list[str]:
    total = [figures.sum(TOTAL, horizon, MAIN.name) for horizon in HORIZONS]
    if HIDDEN in total:
        first = "Summer som ville røpe et skjult tall, er skjult (:)."
    else:
        first = (
            f"{total[0]} husstander mangler en bolig i dag. Med vedtatte tiltak er tallet {total[1]} om fire år og "
            f"{total[2]} om tolv, om dagens praksis fortsetter."
        )
    families = figures.row((FAMILIES, "alle"), 0, MAIN.name, UNCOVERED)
    said = [first]
    if families and families.value is not None:
        said.append(f"{words.figure(families.value)} av dem som venter eller har søkt, er barnefamilier.")
    return said


def _needs(figures: _Figures) -> dict[str, Any]:
    """One table: groups by kind of dwelling, now and in years, the three alternatives."""
    rows: list[list[str]] = []

    def between(low: str, high: str) -> str:
        return low if low == high else f"{low}–{high}"

    def line(name: str, text: Any) -> list[str]:
        cells = [name, text(0, MAIN.name)]
        for horizon in HORIZONS[1:]:
            cells += [text(horizon, MAIN.name), between(text(horizon, LOW.name), text(horizon, HIGH.name))]
        return cells

    for kind in ("ordinar", "tilpasset"):
        cells = [cell for cell in figures.cells if cell[1] == kind]
        rows += [line(_name(cell), lambda h, a, cell=cell: figures.text(cell, h, a, UNCOVERED)) for cell in cells]
        if cells:
            rows.append(line(f"{labels.label('need_dwelling_type', kind)} i alt",
                             lambda h, a, kind=kind: figures.sum(kind, h, a)))  # fmt: skip
    rows.append(line("I alt", lambda h, a: figures.sum(TOTAL, h, a)))
    columns = ("Udekket behov, husstander", "Nå", "Om 4 år", "lav–høy", "Om 12 år", "lav–høy")
    return _table("Udekket behov etter gruppe, vedtatte tiltak medregnet", columns, rows)


def _methods() -> dict[str, Any]:
    return _table("Kilde for kilde", ("Ledd", "Slik er det talt"), words.METHODS, 2)


# of what is needed today, in narrow columns
_SHORT = {
    "venteliste": "venter",
    "midlertidig": "midl. bolig",
    "ubehandlet": "søknader",
    "skjult_register": "register",
    "skjult_anslag": "anslag",
    "ledige": "ledige",
    "overskudd": "uten søkere",
}


def _parts(figures: _Figures, horizon: int) -> dict[str, Any]:
    """What the need is made of; in years what is needed today stands as one, for the first table has its parts."""
    rows = []
    if not horizon:
        signs = {1: "+", -1: norwegian.MINUS}
        columns = ["Gruppe", *(f"{signs[SUM[name]]} {short}" for name, short in _SHORT.items()), "Udekket", "Boliger"]
        for cell in figures.cells:
            names = (*_SHORT, UNCOVERED, STOCK)
            rows.append([_name(cell), *(figures.text(cell, 0, MAIN.name, name) for name in names)])
        return _table("Nå, og boligene kommunen har", columns, rows)
    later = ("ny_tilgang", "gjenutleie", "annen_avgang", "vedtatte_tiltak", "overskudd", UNCOVERED)
    heads = ("+ tilgang", "− gjenutleie", "− annen avgang", "− tiltak", "+ uten søkere", "Udekket")
    for cell in figures.cells:
        today, over = (figures.row(cell, 0, MAIN.name, name) for name in (UNCOVERED, "overskudd"))
        start = (today.value or 0.0) - (over.value or 0.0) if today and over else None
        rows.append([_name(cell), figures.said(start),
                     *(figures.text(cell, horizon, MAIN.name, name) for name in later)])  # fmt: skip
    return _table(f"Om {norwegian.words(horizon)} år", ("Gruppe", "I dag", *heads), rows)


def _measures(made: Edition) -> list[str]:
    content = made.of.content
    said = ["Boliger i vedtatte tiltak som gjenstår, og hvor mange nye boliger som trengs i tillegg."]
    if content["measures_for_all"]:
        said.append(
            f"{words.figure(content['measures_for_all'])} boliger er i tiltak for alle grupper, og er ikke fordelt her."
        )
    if content["delivered_rate"] is None:
        said.append("Ingen tidligere tiltak har forfalt: egen leveringstakt er ikke kjent.")
    else:
        said.append(
            f"Egen leveringstakt: {norwegian.figure(content['delivered_rate'], 'andel', 2)} av boligene i forfalte "
            "tiltak er levert."
        )
    return said


def _takes(figures: _Figures, horizon: int) -> dict[str, Any]:
    names = (WITHOUT, "vedtatte_tiltak", UNCOVERED, OWN_PACE, NEW, NEW_FOR_NONE)
    rows = []
    for cell in figures.cells:
        measures = figures.row(cell, horizon, MAIN.name, "vedtatte_tiltak")
        planned = words.figure(measures.numerator) if measures and measures.numerator is not None else norwegian.EMPTY
        rows.append([_name(cell), *(figures.text(cell, horizon, MAIN.name, name) for name in names[:1]), planned,
                     *(figures.text(cell, horizon, MAIN.name, name) for name in names[2:])])  # fmt: skip
    columns = ("Gruppe", "Udekket uten tiltak", "Boliger vedtatt", "Udekket med tiltak", "I egen takt",
               "Nye boliger, høyst ett års vent", "Nye boliger, ingen venter")  # fmt: skip
    return _table(f"Om {norwegian.words(horizon)} år, alternativ hoved", columns, rows)


def _alternatives(figures: _Figures) -> dict[str, Any]:
    rows = [
        [words.ALTERNATIVES[each.name], *(figures.sum(TOTAL, horizon, each.name) for horizon in HORIZONS)]
        for each in ALTERNATIVES
    ]
    return _table("Alle grupper i de tre alternativene", ("Alternativ", "Nå", "Om 4 år", "Om 12 år"), rows)


def _quality(made: Edition) -> list[str]:
    content = made.of.content
    said = words.refused(content)
    said = (
        [f"Ingen framskriving av {norwegian.listing([norwegian.in_sentence(each).rstrip('.') for each in said])}."]
        if said
        else []
    )
    if content["quality"]:
        kept_out = sum(each["rows"] for each in content["quality"])
        said.append(
            f"{norwegian.capitalised(norwegian.count(kept_out, 'rad', 'rader'))} i leveransen er holdt utenfor."
        )
    else:
        said.append("Ingen rader i leveransen er holdt utenfor.")
    if not content["earlier"]:
        said.append("Dette er den første oversikten som er frosset; det er ingen tidligere å sammenligne med.")
    return said


def _changes(made: Edition, figures: _Figures) -> dict[str, Any]:
    earlier = made.of.content["earlier"]
    if not earlier:
        return _table("", (), [])
    then = {(each["need_group"], each["need_dwelling_type"], each["horizon_years"]): each["value"] for each in earlier}
    rows = []
    for cell in figures.cells:
        cells = [_name(cell)]
        for horizon in HORIZONS:
            before = then.get((*cell, horizon))
            cells += [figures.said(before), figures.text(cell, horizon, MAIN.name, UNCOVERED)]
        rows.append(cells)
    day = norwegian.short_day(date.fromisoformat(earlier[0]["need_date"]))
    columns = ("Gruppe", f"Nå: {day}", "Nå: her", "4 år: da", "4 år: her", "12 år: da", "12 år: her")
    return _table(f"Siste oversikt (versjon {earlier[0]['need_version']}, per {day}) mot denne", columns, rows)


def _parties(made: Edition) -> list[str]:
    parties = made.of.content["parties"]

    def named(role: str) -> str:
        found = [
            each["party_name"] + (f" ({norwegian.in_sentence(each['party_note'])})" if each["party_note"] else "")
            for each in parties
            if each["party_role"] == role
        ]
        return norwegian.listing(found) if found else ""

    units, heard = named("samarbeid"), named("medvirkning")
    return [
        f"Enheter som har samarbeidet om oversikten: {units}." if units
        else "Ingen samarbeidende enhet er ført opp (arket «behov»): § 5 krever samarbeid på tvers av sektorer.",
        f"Brukerorganisasjoner som er hørt: {heard}." if heard
        else "Ingen brukerorganisasjon er ført opp som hørt (arket «behov»).",
    ]  # fmt: skip
