"""The empty workbook styringsdata.xlsx, made from governance's contract, for the boligstrategiorgan to fill in.

Belongs here: its sheets, headers, formats, lists to choose from and help. Does not belong here: what a filled one
must hold (the contract and the door say that), and the demonstration's (demo/governance.py).
"""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from dagster_project.landing.delivery import WORKBOOKS
from dagster_project.vocabulary import catalogue, contracts, labels
from dagster_project.vocabulary.contracts import Column, Table

SOURCE = "governance"
FILE_NAME = WORKBOOKS[SOURCE]

# The door reads the sheets that the contract names and no other.
HELP, LISTS = "veiledning", "lister"

# Rows of each sheet that have formats and lists: more than any municipality has needed.
ROWS = 500

# The contract speaks English to those who build; the workbook is filled in by others.
HELP_NO: Mapping[tuple[str, str], str] = {
    ("target", "metric_id"): "Styringstallet målet gjelder. Velg fra listen; navnene står i arket «lister».",
    ("target", "dimension"): "Hva tallet er delt på. total for hele kommunen.",
    ("target", "dimension_value"): "Verdien av dimensjonen, skrevet som i uttrekkene. total for hele kommunen.",
    ("target", "valid_from"): (
        "Første dag målet gjelder. Et mål for en ny periodelengde av samme tall må begynne en annen dag, "
        "for eksempel dagen etter."
    ),
    ("target", "period_type"): "Periodelengden målet gjelder for. Et årsmål brukes ikke på et kvartal.",
    ("target", "green"): "Grensen for grønt. Tallets retning avgjør hvilken side som er god. Andeler skrives 0,15.",
    ("target", "red"): "Grensen for rødt. Mellom grensene er tallet gult.",
    ("target", "owner"): "Hvem som svarer for målet.",
    ("target", "source"): "Planen eller vedtaket som satte målet.",
    ("measure", "tiltak_id"): "Tiltakets nummer. Det skal følge tiltaket så lenge det finnes.",
    ("measure", "tittel"): "Tiltakets navn.",
    ("measure", "plan"): "Planen tiltaket står i.",
    ("measure", "operativ_enhet"): "Enheten som gjennomfører tiltaket.",
    ("measure", "strategisk_eier"): "Hvem som har det overordnede ansvaret.",
    ("measure", "planlagt_start"): "Planlagt start.",
    ("measure", "planlagt_slutt"): "Planlagt slutt, ikke før planlagt start.",
    ("measure", "faktisk_slutt"): "Dagen tiltaket ble fullført.",
    ("measure", "status"): "Status i dag.",
    ("measure", "boliger_planlagt"): "Antall boliger tiltaket skal gi.",
    ("measure", "boliger_levert"): "Antall boliger levert til nå.",
    ("measure", "metric_id"): "Styringstallet tiltaket skal flytte.",
    ("measure", "malgruppe"): "Hvem tiltaket er for: en boligkategori, eller alle.",
    ("measure", "prioritet"): "Plassen blant tiltakene, 1 først.",
    ("measure", "foreslatt_dato"): "Dagen tiltaket først sto i en plan.",
    ("measure", "vedtatt_dato"): "Dagen kommunestyret vedtok det.",
    ("measure", "okonomiplan_fra"): "Første år av økonomiplanen det står i. Tom hvis det ikke er tatt inn.",
    ("measure", "stoppet_grunn"): "Hvorfor det er utsatt eller stoppet. Må fylles ut da.",
    ("challenge", "utfordring_id"): "Utfordringens nummer. Det skal følge utfordringen så lenge den finnes.",
    ("challenge", "tittel"): "Utfordringen i én setning.",
    ("challenge", "type"): "Hva slags utfordring det er.",
    ("challenge", "arsak"): "Hvorfor den er der.",
    ("challenge", "konsekvens"): "Hva den fører til.",
    ("challenge", "alvor"): "Alvor fra 1 (lite) til 5 (stort).",
    ("challenge", "status"): "apen, under_arbeid, lost (løst) eller avkreftet.",
    ("challenge", "registrert_dato"): "Dagen den ble ført inn i registeret.",
    ("challenge", "sist_vurdert_dato"): "Dagen den sist ble vurdert. Etter et år uten vurdering teller den som glemt.",
    ("challenge", "metric_id"): "Styringstallet som viser den.",
    ("challenge", "endring_grunn"): "Hvorfor raden er endret siden sist. Vises for lesere: ingen navn på personer.",
    ("challenge", "blokkerer"): "Nummeret på en utfordring som ikke kan løses før denne.",
    ("scenario", "scenario_id"): "Scenarioets kortnavn. planen er planen som vedtatt.",
    ("scenario", "navn"): "Scenarioets navn.",
    ("scenario", "beskrivelse"): "Hva det handler om. Vises ikke for lesere.",
    ("scenario", "laget_av"): "Hvem som har laget det: en enhet eller en rolle.",
    ("scenario", "laget_dato"): "Dagen det ble laget.",
    ("scenario", "status"): (
        "utkast, til_behandling, vedtatt eller arkivert. Det som er til behandling eller vedtatt, fryses når en "
        "periode lukkes."
    ),
    ("scenario", "horisont_mnd"): "Hvor mange måneder fram det regnes, høyst 36.",
    ("scenario", "budsjett"): "Hva det kan koste, i kroner. Gir kortet som viser hva de samme pengene gir hver gruppe.",
    ("spak", "spak_id"): "Spakens nummer. Det skal følge spaken så lenge den finnes. Eksempel: SP001.",
    ("spak", "scenario_id"): "Scenarioet den hører til, som i arket scenario.",
    ("spak", "nr"): "Nummeret i scenarioet.",
    ("spak", "type"): "Hva som gjøres.",
    ("spak", "boligkategori"): (
        "Kategorien den virker i; tom for leie, bosetting og booppfølging. En kategori uten prognose avvises."
    ),
    ("spak", "fra_kategori"): "Bare omdisponering: kategorien boligene tas fra.",
    ("spak", "ansvarlig_eller_fase"): "Bare kortere dødtid: fasen eller den ansvarlige. Tom for alle døgn.",
    ("spak", "fra_dato"): "Dagen den virker fra. Nye boliger: dagen de er innflyttingsklare.",
    ("spak", "til_dato"): "Dagen den virker til. Tom hvis den varer.",
    ("spak", "verdi"): (
        "Hvor mye: boliger; døgn (kortere dødtid); andel 0–1 (leie av marked, fornyelse); faktor eller antall i "
        "måneden (tilgang); antall i året (bosetting, startlån)."
    ),
    ("spak", "modus"): (
        "overskudd eller alle (omdisponering), ved_skifte eller straks (leie), kjoper_i_markedet eller "
        "kjoper_egen_bolig (startlån), faktor eller antall (tilgang). Tom: den første."
    ),
    ("spak", "begrunnelse"): "Hvorfor. Vises ikke for lesere.",
    ("forutsetning", "kode"): "Hva som antas. befolkningsvekst er den kommuneplanen regner med, per år.",
    ("forutsetning", "boligkategori"): "Kategorien det gjelder, eller alle.",
    ("forutsetning", "gyldig_fra"): "Første dag det gjelder.",
    ("forutsetning", "verdi"): "Verdien. Andeler skrives 0,25, kostnader i kroner.",
    ("forutsetning", "kilde"): "Hvem som sier det, eller hvor det står.",
    ("measure_funding", "tiltak_id"): "Tiltaket, som i arket measure.",
    ("measure_funding", "aar"): "Året beløpene gjelder.",
    ("measure_funding", "type"): "investering eller drift.",
    ("measure_funding", "okonomiplan_belop"): "Beløpet i økonomiplanen, i kroner. Tom: ingenting.",
    ("measure_funding", "budsjett_belop"): "Beløpet i budsjettet, i kroner. Tom: ingenting.",
    ("measure_funding", "regnskap_belop"): "Beløpet i regnskapet, i kroner. Tom: ingenting.",
    ("measure_funding", "statlig_tilskudd"): "Hvor mye av dette som er statlig tilskudd, i kroner.",
    ("budget", "funksjon"): "KOSTRA-funksjonen, for eksempel 265 eller 283.",
    ("budget", "aar"): "Året.",
    ("budget", "ansvar"): "Enheten eller ansvarsnummeret. Vises for lesere.",
    ("budget", "budsjett_opprinnelig"): "Budsjettet som vedtatt, i kroner.",
    ("budget", "budsjett_revidert"): "Det reviderte budsjettet, i kroner.",
    ("budget", "regnskap"): "Regnskapet, i kroner. I året som løper: til og med datadatoen.",
    ("settlement_agreement", "aar"): "Året.",
    ("settlement_agreement", "anmodet"): "Antall personer staten ba kommunen bosette.",
    ("settlement_agreement", "vedtatt"): "Antall personer kommunestyret vedtok å bosette.",
    ("settlement_agreement", "enslige_mindrearige"): "Hvor mange av dem som er enslige mindreårige.",
    ("settlement_agreement", "ikke_bosatt"): "Hvor mange av de vedtatte som ikke ble bosatt.",
    ("settlement_agreement", "arsak"): "Hvorfor de ikke ble bosatt. Må fylles ut da.",
    ("development_agreement", "avtale_id"): "Avtalens nummer.",
    ("development_agreement", "prosjekt"): "Hva som bygges.",
    ("development_agreement", "boliger"): "Antall boliger som bygges.",
    ("development_agreement", "bruksareal_m2"): "Samlet bruksareal, i kvadratmeter.",
    ("development_agreement", "inngatt_dato"): "Dagen avtalen ble inngått.",
    ("development_agreement", "frist_dato"): "Dagen retten til å kjøpe faller bort.",
    ("development_agreement", "rett_antall"): "Antall boliger kommunen har rett til å kjøpe: fem prosent, minst én.",
    ("development_agreement", "benyttet_antall"): "Antall rettigheter kommunen har brukt.",
    ("development_agreement", "kjopt_antall"): "Antall boliger kommunen har kjøpt.",
    ("municipal_grant", "sak_id"): "Sakens nummer.",
    ("municipal_grant", "ordning"): "utleieboliger eller investeringstilskudd.",
    ("municipal_grant", "soknad_dato"): "Dagen det ble søkt.",
    ("municipal_grant", "tilsagn_dato"): "Dagen tilskuddet ble gitt.",
    ("municipal_grant", "utbetalt_dato"): "Dagen det ble utbetalt.",
    ("municipal_grant", "avslag_dato"): "Dagen det ble avslått.",
    ("municipal_grant", "boliger"): "Antall boliger det gjelder.",
    ("municipal_grant", "belop_sokt"): "Beløpet det er søkt om, i kroner.",
    ("municipal_grant", "belop_tilsagn"): "Beløpet som er gitt, i kroner.",
    ("municipal_grant", "belop_utbetalt"): "Beløpet som er utbetalt, i kroner.",
    ("grant_pot", "aar"): "Året.",
    ("grant_pot", "tildelt_belop"): "Tilskuddspotten kommunen fikk fra Husbanken for året, i kroner.",
    ("respite", "aar"): "Året.",
    ("respite", "personer"): "Antall personer som fikk avlastning mens de ventet på egen bolig.",
    ("respite", "dogn"): "Døgn med avlastning de fikk til sammen.",
    ("kommentar", "metric_id"): "Styringstallet som forklares. Velg fra listen.",
    ("kommentar", "dimension"): "Hva tallet er delt på. total for hele kommunen.",
    ("kommentar", "dimension_value"): "Verdien av dimensjonen, skrevet som i uttrekkene. total for hele kommunen.",
    ("kommentar", "period_type"): "Periodelengden. Planens tiltak og utfordringer forklares for året (year).",
    ("kommentar", "period_start"): "Periodens første dag: 01.10.2010 for 4. kvartal 2010.",
    ("kommentar", "arsak"): "Hvorfor tallet er som det er. Lesere ser det: ingen personer.",
    ("kommentar", "tiltak"): "Hva som gjøres med det.",
    ("kommentar", "ansvarlig"): "Hvem som svarer for det: en enhet eller en rolle.",
    ("kommentar", "frist_dato"): "Når det skal være gjort.",
    ("vedtak", "vedtak_nr"): "Vedtakets nummer. Det skal følge vedtaket så lenge det finnes.",
    ("vedtak", "tittel"): "Hva som ble vedtatt, i én setning. Lesere ser det: ingen personer.",
    ("vedtak", "vedtatt_dato"): "Dagen det ble vedtatt.",
    ("vedtak", "ansvarlig"): "Hvem som utfører det: en enhet eller en rolle.",
    ("vedtak", "oppfolging_dato"): "Dagen organet ser på det igjen, ikke før vedtaket.",
    ("vedtak", "status"): "vedtatt, under_arbeid, gjennomfort eller ikke_gjennomfort.",
    ("vedtak", "metric_id"): "Styringstallet det skal flytte.",
    ("need_register", "melding_id"): "Meldingens nummer. Det skal følge meldingen så lenge den finnes.",
    ("need_register", "fodselsnummer"): "Fødselsnummer. Tom så lenge kommunen ikke fører navn. Lagres som pseudonym.",
    ("need_register", "gruppe"): "Gruppen personen hører til.",
    ("need_register", "boligtype"): "ordinar (ordinær) eller tilpasset.",
    ("need_register", "onsket_fra_dato"): "Dagen boligen trengs fra. Kan ligge fram i tid.",
    ("need_register", "kilde"): "Hvem som kjenner behovet.",
    ("need_register", "heldogns_tjeneste"): "Om personen trenger tjenester hele døgnet.",
    ("need_register", "bor_na"): "Hvor personen bor i dag.",
    ("need_register", "status"): "meldt og kartlagt er behov i dag; sokt (har søkt), dekket og bortfalt er det ikke.",
    ("need_register", "sist_bekreftet_dato"): (
        "Dagen noen sist bekreftet behovet. Etter to år uten teller raden bare i alternativet høy."
    ),
    ("need_coefficient", "gruppe"): "Gruppen andelen gjelder. Brukes bare der gruppen ikke står i behovsregisteret.",
    ("need_coefficient", "prevalence"): "Andel av folketallet i gruppens alder som trenger slik bolig. Skrives 0,004.",
    ("need_coefficient", "low"): "Andelen, minst.",
    ("need_coefficient", "high"): "Andelen, høyst. Brukes i alternativet høy.",
    ("need_coefficient", "share_without"): "Andel av disse som ikke har en slik bolig selv.",
    ("need_coefficient", "source"): "Hvor tallet står, og hvem som har godkjent det.",
    ("need_coefficient", "valid_from"): "Første dag det gjelder.",
    ("behov", "navn"): "Enheten eller brukerorganisasjonen. Lesere ser det: ingen personer.",
    ("behov", "rolle"): "samarbeid (enhet som arbeidet med oversikten) eller medvirkning (organisasjon som ble hørt).",
    ("behov", "dato"): "Dagen den deltok eller ble hørt.",
    ("behov", "merknad"): "Hva den sa. Lesere ser det: ingen personer.",
}

_TYPES_NO = {
    "text": "tekst",
    "code": "kode",
    "date": "dato",
    "month": "måned",
    "integer": "heltall",
    "decimal": "tall",
    "boolean": "ja/nei",
}


def tables() -> tuple[Table, ...]:
    """The tables of governance's contract: the workbook's sheets."""
    (source,) = (source for source in contracts.sources() if source.name == SOURCE)
    return source.tables


def template() -> bytes:
    """The empty workbook; the same contract and catalogue give the same bytes."""
    import xlsxwriter

    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    book.set_properties({"title": "Styringsdata", "created": datetime(2011, 1, 1, tzinfo=UTC)})
    sheets = {table.name: book.add_worksheet(table.name) for table in tables()}
    help_sheet, list_sheet = book.add_worksheet(HELP), book.add_worksheet(LISTS)
    _write_lists(book, list_sheet)
    for table in tables():
        _write_sheet(book, sheets[table.name], table)
    _write_help(book, help_sheet)
    book.close()
    return content.getvalue()


def _write_sheet(book: Any, sheet: Any, table: Table) -> None:
    bold = {True: book.add_format({"bold": True}), False: book.add_format({"italic": True})}
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(table.columns):
        sheet.write_string(0, place, column.name, bold[column.required])
        sheet.write_comment(0, place, _comment(table, column), {"x_scale": 2})
        # as text, or a number typed as a tiltak_id would be a number, which the door refuses in a text column
        formats = {"date": "dd.mm.yyyy", "integer": "0", "decimal": "General"}
        cells = book.add_format({"num_format": formats.get(column.type, "@")})
        sheet.set_column(place, place, max(14, len(column.name) + 4), cells)
        rule = _rule(table, place, column)
        if rule:
            sheet.data_validation(1, place, ROWS, place, rule)


def _comment(table: Table, column: Column) -> str:
    needed = "Må fylles ut." if column.required else "Kan stå tom."
    return f"{HELP_NO[table.name, column.name]} {needed}"


def _rule(table: Table, place: int, column: Column) -> dict[str, Any] | None:
    """The list to choose from, or the kind of value that may be typed."""
    from xlsxwriter.utility import xl_rowcol_to_cell

    if column.references == contracts.METRIC_CATALOGUE:
        return {"validate": "list", "source": "=metric_id"}
    if column.codes:
        return {"validate": "list", "source": list(column.codes)}
    if column.type == "boolean":
        return {"validate": "list", "source": ["ja", "nei"]}
    if column.name in ("dimension", "dimension_value"):
        # what may stand here follows from the cell before it; areas and managers are the municipality's own words
        name = "dimension_of_" if column.name == "dimension" else "value_of_"
        before = xl_rowcol_to_cell(1, place - 1)
        error = "stop" if column.name == "dimension" else "information"
        return {"validate": "list", "source": f'=INDIRECT("{name}"&{before})', "error_type": error}
    if column.type == "date":
        return {"validate": "date", "criteria": ">=", "value": date(1900, 1, 1), "error_message": "Skriv en dato."}
    if column.type in ("integer", "decimal"):
        limits = {
            "minimum": -1e12 if column.minimum is None else column.minimum,
            "maximum": 1e12 if column.maximum is None else column.maximum,
        }
        return {"validate": column.type, "criteria": "between", "error_message": "Skriv et tall.", **limits}
    return None


def _write_lists(book: Any, sheet: Any) -> None:
    """Every list as a column with a name of its own; beside the metrics stands what they are called."""
    metrics = catalogue.metrics()
    sheet.write_row(0, 0, ["metric_id", "navn", "retning", "enhet"])
    for row, (metric_id, entry) in enumerate(metrics.items(), 1):
        direction = labels.label("direction", entry.direction)
        sheet.write_row(row, 0, [metric_id, entry.name_no, direction, entry.unit])
    book.define_name("metric_id", f"={LISTS}!$A$2:$A${len(metrics) + 1}")
    place = 4
    for metric_id, dimensions in catalogue.targetable().items():
        place = _write_list(book, sheet, place, f"dimension_of_{metric_id}", list(dimensions))
    for dimension in (catalogue.TOTAL, *catalogue.dimensions()):
        values = [catalogue.TOTAL] if dimension == catalogue.TOTAL else catalogue.dimension_values(dimension)
        if values:
            ordered = [code for code in labels.of(dimension) if code in values]
            place = _write_list(book, sheet, place, f"value_of_{dimension}", ordered)
    sheet.set_column(0, 1, 38)


def _write_list(book: Any, sheet: Any, place: int, name: str, values: Sequence[str]) -> int:
    from xlsxwriter.utility import xl_rowcol_to_cell

    sheet.write_column(0, place, [name, *values])
    first, last = (xl_rowcol_to_cell(row, place, row_abs=True, col_abs=True) for row in (1, len(values)))
    book.define_name(name, f"={LISTS}!{first}:{last}")
    return place + 1


def _write_help(book: Any, sheet: Any) -> None:
    bold = book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    lines = [
        "Fyll ut arkene target (mål), measure (tiltak) og challenge (utfordringer), én rad per mål, tiltak og "
        "utfordring. Ikke endre første rad. De andre arkene kan slettes av den som ikke bruker dem. Et ark eller en "
        "kolonne som mangler, er ikke levert: da er tallene ukjente, og aldri 0. Eksempel: scenario S1 «Ti "
        "PUH-boliger», og spak SP001 i S1, nr 1, nye_boliger, omsorg_puh, fra 01.12.2012, verdi 10.",
        f"Lagre som {FILE_NAME} og legg filen i mappen {SOURCE} i kommunens leveranse. Den siste som er godtatt, "
        "gjelder til det kommer en ny.",
        "Kolonner med fet skrift må fylles ut. Skriv verdier, ikke formler. Dette arket og arket «lister» leses ikke.",
    ]
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, line)
    row = len(lines) + 1
    sheet.write_row(row, 0, ["Ark", "Kolonne", "Type", "Må fylles ut", "Koder", "Hva den er"], bold)
    for table in tables():
        for column in table.columns:
            row += 1
            required = "ja" if column.required else ""
            codes = ", ".join(column.codes)
            text = HELP_NO[table.name, column.name]
            sheet.write_row(row, 0, [table.name, column.name, _TYPES_NO[column.type], required, codes, text], wrapped)
    sheet.set_column(0, 3, 16)
    sheet.set_column(4, 5, 60)
