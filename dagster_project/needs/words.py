"""What an overview of needs says, in Norwegian.

Belongs here: its sentences and the names of its components. Does not belong here: what stands where (document.py,
dataset.py), and labels of codes (vocabulary/labels.py).
"""

from collections.abc import Iterator
from datetime import date, timedelta

from dagster_project.disclosure import THRESHOLD
from dagster_project.needs.content import Content
from dagster_project.needs.groups import by_category
from dagster_project.needs.kept import Overview
from dagster_project.needs.reckoning import HIGH, LOW, MAIN, NEW, NEW_FOR_NONE, OWN_PACE, STOCK, UNCOVERED, WITHOUT
from dagster_project.vocabulary import norwegian

TITLE = "Oversikt over behovet for ordinære og tilpassede boliger"
LAW = "lov om kommunenes ansvar på det boligsosiale feltet (boligsosialloven) § 5"

COMPONENTS = {
    "venteliste": "Venteliste",
    "midlertidig": "Midlertidig bolig",
    "ubehandlet": "Ubehandlede søknader",
    "skjult_register": "Behovsregister",
    "skjult_anslag": "Anslått skjult behov",
    "ledige": "Ledige boliger",
    "ny_tilgang": "Ny tilgang",
    "gjenutleie": "Gjenutleie",
    "annen_avgang": "Annen avgang",
    "vedtatte_tiltak": "Vedtatte tiltak",
    "overskudd": "Ledig uten søkere",
    UNCOVERED: "Udekket behov",
    WITHOUT: "Udekket uten tiltak",
    OWN_PACE: "Udekket i egen leveringstakt",
    NEW: "Nye boliger som trengs",
    NEW_FOR_NONE: "Nye boliger så ingen venter",
    STOCK: "Boliger i dag",
}
ALTERNATIVES = {LOW.name: "Lav", MAIN.name: "Hoved", HIGH.name: "Høy"}
EDITIONS = {
    "intern": "Intern utgave",
    "offentlig": f"Offentlig utgave: tall under {THRESHOLD}, og tall som røper dem, er skjult",
}

LIMITS = (
    "En venteliste måler det kommunen har innvilget, ikke behovet: strengere tildeling gir kortere liste.",
    "Den som ikke søker, og ikke er meldt i behovsregisteret, er ikke med. Kravet om fem års botid holder noen ute.",
    "Hver person telles én gang. Par som søker hver for seg, kan ikke kjennes igjen og telles som to.",
    "Om fire og tolv år er framskriving av dagens praksis: ingen endring i utleie, leie eller tildeling er forutsatt.",
    "Tall om tolv år er et regnestykke, ikke en prognose.",
    "Alternativene lav, hoved og høy er tre sett forutsetninger, ikke et usikkerhetsintervall.",
    "Grupper med færre enn tolv hendelser i vinduet har ingen framskriving: bare det som trengs i dag.",
    "Ledige boliger som ingen i gruppen venter på, hjelper ingen annen gruppe; de står som «ledig uten søkere».",
)

METHODS = (
    ("Venteliste", "Står i kø ved dagens slutt, etter søknadens boligkategori."),
    ("Midlertidig bolig", "Bor i midlertidig bolig og står ikke i kø: gruppen bostedsløse."),
    (
        "Ubehandlede søknader",
        "Ny søknad uten vedtak, av den som ikke er talt før, ganget med andelen innvilget de siste 24 månedene.",
    ),
    (
        "Behovsregister",
        "Meldt eller kartlagt, ønsket fra senest i dag, bekreftet de siste 24 månedene; ubekreftede bare i høy.",
    ),
    (
        "Anslått skjult behov",
        "Godkjent andel av folketallet, mindre de kjente. Bare for grupper uten register, og aldri i lav.",
    ),
    ("Ledige boliger", "Klare for utleie og ikke tildelt ved dagens slutt."),
    (
        "Ny tilgang, gjenutleie, annen avgang",
        "Forventet bane fra de siste månedenes tilgang, tildeling og frafall. Tilgangen følger folketallet i gruppen.",
    ),
    ("Vedtatte tiltak", "Boliger som gjenstår av vedtatte tiltak med planlagt slutt innen horisonten."),
    (
        "Nye boliger som trengs",
        "I tillegg til vedtatte tiltak, like mange hvert år fram til horisonten, slik at ingen må vente over tolv "
        "måneder: køen er da høyst et kvart års tilgang (gjennomsnittlig ventetid er en fjerdedel av den lengste).",
    ),
)


def figure(value: float | None) -> str:
    """Households in whole numbers; a dash where it is not known."""
    return norwegian.EMPTY if value is None else norwegian.figure(value, "", 0)


def made(of: Overview) -> str:
    """Of which day, by whom, on what."""
    return (
        f"Behovet ved utgangen av {norwegian.day(of.need_date)}. Laget av {of.made_by}, versjon {of.version}, "
        f"{norwegian.day(of.moment.date())}, på data til og med {norwegian.day(of.as_of)}. Metode {of.method_version}."
    )


def projection(content: Content) -> str:
    """Which growth the intake follows, and where none is known."""
    known = {year for each in content["groups"] for year in each["projected_to"].values() if year is not None}
    if not known:
        return "Befolkningsframskriving er ikke levert: folketallet er holdt uendret i alle alternativer."
    constant = [
        norwegian.in_sentence(content["label"]["need_group"][each["need_group"]])
        for each in content["groups"]
        if each["projected_to"][MAIN.name] is None
    ]
    said = f"Tilgangen følger SSBs framskriving (LLML, MMMM og HHMH) til {min(known)}, deretter uendret folketall."
    return f"{said} Uendret for {norwegian.listing(constant)}." if constant else said


def assumptions(of: Overview, *, is_public: bool = False) -> Iterator[str]:
    """What was taken for granted, and on what; in public without how many stand in the register."""
    content = of.content
    origin, begins = (date.fromisoformat(content[name]) for name in ("origin", "window_from"))
    yield (
        f"Rater fra {norwegian.day(begins + timedelta(days=1))} til {norwegian.day(origin)}; der nivået har skiftet, "
        "fra de siste tolv månedene. Lav: tilgang p10 og tildeling p90. Høy: tilgang p90 og tildeling p10."
    )
    yield projection(content)
    register = content["register"]
    if register is None:
        yield "Behovsregisteret er ikke levert: skjult behov er ukjent, og ikke null."
    elif is_public:
        yield "Behovsregisteret er brukt; behov senere enn oversiktens dag er ikke regnet med."
    else:
        yield (
            f"Behovsregisteret har {norwegian.count(register['rows'], 'rad', 'rader')}, "
            f"{norwegian.words(register['ahead'])} av dem med behov senere enn oversiktens dag; de er ikke regnet med."
        )
    if content["coefficients"]:
        for each in content["coefficients"]:
            group = norwegian.in_sentence(content["label"]["need_group"][each["need_group"]])
            share = norwegian.figure(1000 * each["prevalence"], "", 2)
            yield f"Anslag for {group}: {share} per 1000 ({each['source']})."
    else:
        yield "Ingen andel av folketallet er godkjent: skjult behov er ikke anslått."
    if content["settled_a_year"] is not None:
        yield (
            f"Flyktninger følger vedtaket om bosetting ({content['settled_a_year']:g} i året) og alle som når fem år i "
            "boligen, og er like i alle alternativer."
        )
    if of.need_date < of.as_of:
        yield (
            f"Registeret og tiltakene er som i leveransen til og med {norwegian.day(of.as_of)}; køen og boligene er "
            "som de var på dagen."
        )
    common = by_category("")
    for each in content["groups"]:
        if not each["reason"]:
            continue
        group, reason = content["label"]["need_group"][each["need_group"]], norwegian.in_sentence(each["reason"])
        if each["need_group"] != common[each["housing_category"]].name:
            name = content["label"]["housing_category"].get(each["housing_category"], "Midlertidig bolig")
            group = f"{name} regnes som {norwegian.in_sentence(group)}"
        yield f"{group}: {reason}."


def refused(content: Content) -> list[str]:
    """The categories of which nothing is projected, and why."""
    return [
        f"{content['label']['housing_category'][each['housing_category']]}: {each['reason']}."
        for each in content["rates"]
        if each["state"] == "for_tynn"
    ]


def between(content: Content) -> list[str]:
    """Those who fall between: of the last whole year."""
    return [
        f"{each['name_no']}, {each['period_start'][:4]}: {norwegian.figure(each['value'], 'andel', 2)}"
        + (
            f" ({figure(each['numerator'])} av {figure(each['denominator'])})."
            if each["denominator"] is not None
            else "."
        )
        for each in content["between"]
    ]
