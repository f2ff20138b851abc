"""The report on a period: drafts of what is published, what was reported kept to the byte, and the public edition."""

import io
import re
import zipfile
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from dagster_project import warehouse
from dagster_project.closing import close
from dagster_project.operations import alerts, letters
from dagster_project.report import document, facts, making, open_data, semantic, sentences
from dagster_project.reported import content, kept
from dagster_project.settings import Recipient
from dagster_project.vocabulary import periods
from tests.deliveries import Row, write_delivery
from tests.pipeline.conftest import MailServer

# two municipalities that use the same keys
NUMBER, OTHER = "1525", "1528"
QUARTER = periods.parse("2010-Q4")
PERIOD = "2010 K4"
FORMULA = '=HYPERLINK("http://example.org","se her")'

APPLICATIONS: list[Row] = [{"soknad_id": f"S{n}"} for n in range(1, 31)]
# by the end of the year 12 have waited since March, and 9 came in November; 6 of those from March left in October
ENTRIES: list[Row] = [
    *({"soknad_id": f"S{n}"} for n in range(1, 13)),
    *({"soknad_id": f"S{n}", "inn_dato": date(2010, 11, 2)} for n in range(13, 22)),
    *({"soknad_id": f"S{n}", "ut_dato": date(2010, 10, 5), "ut_arsak": "trukket"} for n in range(22, 28)),
]
# the second runs out in the quarter that is closed; whether it is renewed is known some months later
CONTRACTS: list[Row] = [
    {},
    {
        "bolig_id": "B2", "kontraktstype": "tidsbestemt", "start_dato": date(2009, 1, 1),
        "avtalt_slutt_dato": date(2010, 11, 15),
    },
]  # fmt: skip
GIVEN: dict[str, list[Row]] = {
    "application": APPLICATIONS,
    "waitlist_entry": ENTRIES,
    "dwelling": [{}, {}],
    "tenancy": CONTRACTS,
    "target": [
        {"period_type": "quarter", "green": 10, "red": 20},
        {"period_type": "quarter", "green": 20, "red": 10, "metric_id": "startlan_loans"},
        {"period_type": "quarter", "green": "0,2", "red": "0,5", "metric_id": "renewal_rate"},
    ],
    "measure": [{"status": "forsinket", "tittel": FORMULA}, {"planlagt_slutt": date(2010, 6, 1)}],
    "challenge": [{"registrert_dato": date(2010, 10, 4)}, {"sist_vurdert_dato": date(2009, 1, 1), "tittel": FORMULA}],
    "kommentar": [{"arsak": "Ingen boliger ble bygd.", "tiltak": FORMULA, "frist_dato": date(2011, 3, 1)}],
    "vedtak": [{"oppfolging_dato": date(2010, 12, 1)}, {"status": "gjennomfort"}],
    # the second ends before it begins: quarantined
    "temporary_stay": [{}, {"til_dato": date(2009, 1, 1)}],
}


# the neighbour has 18 in the queue, six of them since November, no targets, no plan and no register
OTHERS: dict[str, list[Row]] = {"application": APPLICATIONS, "waitlist_entry": ENTRIES[:18]}


@pytest.fixture(scope="module")
def installation(install, tmp_path_factory):
    """Two municipalities' first deliveries published, and the quarter of both closed on them."""
    installation = install()
    landing = tmp_path_factory.mktemp("landing")
    write_delivery(landing, NUMBER, date(2011, 1, 1), GIVEN)
    write_delivery(landing, OTHER, date(2011, 1, 1), OTHERS)
    installation.night(landing)
    result = installation.bolig(
        "close", "--municipality", NUMBER, "--period", "2010-Q4", "--by", "Kari Nordmann", "--note", FORMULA
    )
    assert result.returncode == 0, result.stderr
    close.close(installation.settings, QUARTER, "Per Hansen", OTHER)
    return installation


@pytest.fixture(scope="module")
def first_made(installation, tmp_path_factory) -> dict[str, bytes]:
    """The report's files as they were first handed out."""
    return _written(installation, tmp_path_factory.mktemp("first"), "--period", "2010-Q4")


@pytest.fixture(scope="module")
def corrected(installation, first_made, tmp_path_factory):
    """After a night by which two had left the queue in the closed quarter, its contract was renewed, and everything
    else was changed too."""
    landing = tmp_path_factory.mktemp("landing")
    changed = GIVEN | {
        "waitlist_entry": [
            *(entry | {"ut_dato": date(2010, 12, 1), "ut_arsak": "bortfalt"} for entry in ENTRIES[:2]),
            *ENTRIES[2:],
        ],
        "tenancy": [*CONTRACTS, {"bolig_id": "B2", "start_dato": date(2010, 11, 16), "forrige_kontrakt_id": "K2"}],
        "target": [{**target, "green": 1, "red": 2} for target in GIVEN["target"]],
        "measure": [{**measure, "status": "fullfort"} for measure in GIVEN["measure"]],
        "challenge": [{**challenge, "status": "lost"} for challenge in GIVEN["challenge"]],
        "kommentar": [{"arsak": "En annen forklaring."}],
        "vedtak": [{"status": "gjennomfort"}] * 2,
    }
    write_delivery(landing, NUMBER, date(2011, 4, 2), changed)
    installation.night(landing)
    return installation


def _written(installation, folder: Path, *arguments: str) -> dict[str, bytes]:
    result = installation.bolig("report", "--municipality", NUMBER, "--out", folder, *arguments)
    assert result.returncode == 0, result.stderr
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _sheet(xlsx: bytes, name: str) -> list[dict[str, Any]]:
    """A sheet's table, each row by the columns' titles."""
    rows = CalamineWorkbook.from_filelike(io.BytesIO(xlsx)).get_sheet_by_name(name).to_python(skip_empty_area=False)
    head = next(place for place, row in enumerate(rows) if place > 7 and all(row[:2]))
    return [dict(zip(rows[head], row, strict=True)) for row in rows[head + 1 :]]


def _pages(pdf: bytes) -> list[str]:
    """The text of each page, with one space between words."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


# ------------------------------------------------------------------------------------------------ (1) a closed period


def test_a_closed_period_has_a_pdf_and_a_workbook_named_by_what_they_are(first_made: dict[str, bytes]) -> None:
    assert list(first_made) == [f"rapport-{NUMBER}-2010-Q4-intern.pdf", f"rapport-{NUMBER}-2010-Q4-intern.xlsx"]


def test_the_pdf_is_tagged_norwegian_titled_and_has_its_letters_with_it(first_made: dict[str, bytes]) -> None:
    reader = PdfReader(io.BytesIO(first_made[f"rapport-{NUMBER}-2010-Q4-intern.pdf"]))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "nb"
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert reader.metadata is not None
    assert (reader.metadata.title or "").replace("\xa0", " ") == "Kvartalsrapport 4. kvartal 2010"
    assert 2 <= len(reader.pages) <= 5
    for page in reader.pages:
        for font in page["/Resources"].get("/Font", {}).values():  # type: ignore[union-attr]
            (descendant,) = font["/DescendantFonts"]
            assert "/FontFile2" in descendant["/FontDescriptor"], font["/BaseFont"]
            assert "SourceSansPro" in font["/BaseFont"]


@pytest.mark.parametrize("number", [NUMBER, OTHER])
@pytest.mark.parametrize(("period", "edition"), [("2010-Q4", "intern"), ("2010-Q4", "offentlig"), ("2010", "intern")])
def test_no_page_is_blank_or_nearly_so(
    installation, monkeypatch: pytest.MonkeyPatch, number: str, period: str, edition: facts.Edition
) -> None:
    """As it is seen, between head and foot, without the pale word that a draft has behind the text."""
    import typst
    from PIL import Image

    with warehouse.connect(installation.settings) as connection:
        of = kept.closing(connection, number, periods.parse(period))
        told = (
            making.closed_facts(connection, of, edition)
            if of
            else making._draft(connection, number, periods.parse(period))
        )
    pages = _pages(document.pdf(told))
    drawn: list[bytes] = []
    set_pages = typst.compile_with_warnings

    def as_pictures(source: Path, **options: Any) -> Any:
        made, _ = set_pages(source, **options | {"format": "png", "ppi": 36, "pdf_standards": []})
        drawn.extend(made if isinstance(made, list) else [made])
        return b"", []

    monkeypatch.setattr(typst, "compile_with_warnings", as_pictures)
    document.pdf(told)
    for place, (page, picture) in enumerate(zip(pages, drawn, strict=True), 1):
        image = Image.open(io.BytesIO(picture)).convert("L")
        body = image.crop((0, round(0.075 * image.height), image.width, round(0.925 * image.height)))
        inked = [min(body.crop((0, y, body.width, y + 1)).tobytes()) < 200 for y in range(body.height)]
        assert sum(inked) > 0.05 * len(inked)
        # but the last, each is filled to below its middle
        lowest = max(y for y, is_inked in enumerate(inked) if is_inked)
        assert place == len(pages) or lowest > 0.5 * len(inked), (place, page[:100])
        assert len(page) > 200, page


def test_every_picture_has_words_for_those_who_do_not_see_it(first_made: dict[str, bytes]) -> None:
    reader = PdfReader(io.BytesIO(first_made[f"rapport-{NUMBER}-2010-Q4-intern.pdf"]))
    words, figures = [], 0

    def walk(node: Any) -> None:
        nonlocal figures
        node = node.get_object()
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, dict):
            if node.get("/S") == "/Figure":
                figures += 1
                words.append(str(node.get("/Alt", "")))
            if "/K" in node:
                walk(node["/K"])

    walk(reader.trailer["/Root"]["/StructTreeRoot"]["/K"])  # type: ignore[index]
    # the queue and vacancy (nothing is allocated or lent), and a trend for each of the two targets
    assert (figures, len([alt for alt in words if alt])) == (4, 4)
    assert any("husstander i kø" in alt.lower() and "21" in alt for alt in words)


def test_the_pages_say_who_closed_it_and_that_it_is_no_draft(first_made: dict[str, bytes]) -> None:
    text = " ".join(_pages(first_made[f"rapport-{NUMBER}-2010-Q4-intern.pdf"]))
    assert f"Kommune {NUMBER}" in text
    assert "av Kari Nordmann. Tallene endres ikke." in text
    assert "UTKAST" not in text
    assert "sto 21 husstander i kø" in text
    assert "er ett av to tiltak som ikke er fullført, forsinket" in text
    assert "svarer for døgnene: ett tilfelle. – Én rad fra Tildeling (temporary_stay.csv) er holdt utenfor" in text


def test_each_hears_of_their_own_municipality_once_and_an_email_has_no_figure_that_is_not_public(
    installation, mail: MailServer
) -> None:
    inside, outside, both = "leder@example.no", "avis@example.no", "fylke@example.no"
    of_intern = [Recipient(municipalities=numbers, edition="intern") for numbers in ((NUMBER,), (NUMBER, OTHER))]
    settings = installation.settings.model_copy(
        update={
            "alert_smtp": mail.url,
            "hosts": ("bolig.example.no",),
            "behind_tls_proxy": True,
            "recipients": (
                (inside, of_intern[0]),
                (outside, Recipient(municipalities=(OTHER,), edition="offentlig")),
                (both, of_intern[1]),
            ),
        }
    )
    away = settings.model_copy(update={"alert_smtp": "smtp://127.0.0.1:9"})
    with pytest.raises(alerts.AlertNotSent, match=r"avis@example\.no"):
        letters.notify(away)
    assert len(letters.notify(settings)) == 4, "what did not get through is tried again, a letter of each municipality"
    assert letters.notify(settings) == []
    sent = {(each["To"], each["Subject"].split(", ")[1].partition(":")[0]): each for each in mail.mails}
    told = {of: each.get_body().get_content() for of, each in sent.items()}
    assert set(told) == {(inside, NUMBER), (outside, OTHER), (both, NUMBER), (both, OTHER)}
    for (to, number), text in told.items():
        (other,) = {NUMBER, OTHER} - {number}
        assert other not in text and other not in sent[to, number]["Subject"]
        attached = list(sent[to, number].iter_attachments())
        assert [each.get_filename() for each in attached] == (
            [f"rapport-{OTHER}-2010-Q4-offentlig.pdf"] if to == outside else []
        )
        assert (f"https://bolig.example.no/rapport/{number}/2010-Q4/" in text) == (to != outside)
        # 21 wait, of 18 in the quarter before: the limit of 20 is passed. The neighbour has no target
        is_told = "Ikke nådd. Kvartalet før var det ikke slik. Ansvarlig: Rådmannen. Forklart av: Rådmannen." in text
        assert is_told == (number == NUMBER and to != outside)
        assert "21" not in text and "startlån" not in text.lower()
    (public,) = sent[outside, OTHER].iter_attachments()
    with warehouse.connect(installation.settings) as connection:
        of = kept.closing(connection, OTHER, QUARTER)
        assert of
        assert public.get_content() == kept.files(connection, of, "offentlig")[public.get_filename()]
    later = datetime.now(UTC) + letters.NEWS_FOR
    newcomer = settings.model_copy(update={"recipients": (("ny@example.no", settings.recipients[1][1]),)})
    assert letters.notify(newcomer, later) == [], "nobody is sent what was closed long ago"


def test_what_is_said_of_a_missed_target_and_decided_stands_in_the_report_as_it_was_at_the_closing(
    corrected, first_made: dict[str, bytes]
) -> None:
    def told(number: str, edition: facts.Edition) -> dict[str, Any]:
        with warehouse.connect(corrected.settings) as connection:
            of = kept.closing(connection, number, QUARTER)
            assert of
            return document._data(making.closed_facts(connection, of, edition))

    text = " ".join(_pages(first_made[f"rapport-{NUMBER}-2010-Q4-intern.pdf"]))
    assert "Ingen boliger ble bygd." in text and "Ikke forklart ennå" in text
    assert "Per 31. desember 2010 er ett vedtak åpne; ett av dem skulle vært fulgt opp før." in text
    explained = told(NUMBER, "intern")["explanations"]
    assert explained["text"] == "Av to tall som ikke har nådd målet, er ett forklart."
    assert [(row["why"], row["owner"]) for row in explained["rows"]] == [
        (f"Ingen boliger ble bygd. {FORMULA}", "Rådmannen"), ("Ikke forklart ennå", "Rådmannen")
    ]  # fmt: skip
    # a neighbour without targets explains nothing, and the public is told nobody's words
    assert told(OTHER, "intern")["explanations"]["rows"] == told(OTHER, "intern")["resolutions"]["rows"] == []
    public = told(NUMBER, "offentlig")
    assert [public[part] for part in ("explanations", "resolutions")] == [{"text": "", "rows": []}] * 2


def test_the_workbook_has_every_figure_of_the_period_as_a_number(installation, first_made: dict[str, bytes]) -> None:
    xlsx = first_made[f"rapport-{NUMBER}-2010-Q4-intern.xlsx"]
    reported = installation.ask(
        "select metric_id, dimension_value, value, numerator, denominator from scorecard.reported"
        " where municipality_no = %s and period_type = 'quarter'",
        NUMBER,
    )
    rows = _sheet(xlsx, "Styringstall")
    columns = ("Kode", "Kode for verdi", PERIOD, "Teller", "Nevner")

    def read(row: Any) -> tuple[Any, ...]:
        """As a workbook keeps it: 16 figures of a number, and nothing in an empty cell."""
        return tuple(None if cell == "" else float(f"{cell:.15g}") if isinstance(cell, float) else cell for cell in row)

    in_workbook = Counter(read(row[name] for name in columns) for row in rows)
    assert in_workbook == Counter(read(row) for row in reported)
    assert {row["Kode"] for row in _sheet(xlsx, "Definisjoner")} >= {row["Kode"] for row in rows}


def test_every_sheet_says_what_it_is_of(first_made: dict[str, bytes]) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(first_made[f"rapport-{NUMBER}-2010-Q4-intern.xlsx"]))
    assert book.sheet_names == ["Styringstall", "Utvikling", "Definisjoner", "Merknader"]
    for name in book.sheet_names:
        head = {row[0]: row[1] for row in book.get_sheet_by_name(name).to_python()[1:8]}
        assert head["Data til og med"] == date(2010, 12, 31)
        assert head["Utgave"] == "Intern utgave"
        assert "skal ikke deles" in head["Følsomhet"]


def test_nothing_in_the_workbook_is_a_formula_or_a_link(first_made: dict[str, bytes]) -> None:
    xlsx = first_made[f"rapport-{NUMBER}-2010-Q4-intern.xlsx"]
    assert FORMULA in [row["Merknad"] for row in _sheet(xlsx, "Merknader")]
    with zipfile.ZipFile(io.BytesIO(xlsx)) as parts:
        for name in parts.namelist():
            assert not re.search(rb"<f[ >]|<hyperlink|externalLink", parts.read(name)), name


# --------------------------------------------------------------------------------- (2) the same, whatever comes later


def test_a_later_night_leaves_a_closed_periods_files_as_they_were(
    corrected, first_made: dict[str, bytes], tmp_path: Path
) -> None:
    ((now,),) = corrected.ask(
        "select value from scorecard.metric_value where municipality_no = %s and metric_id = 'queue_waiting'"
        " and period_type = 'quarter' and period_start = '2010-10-01' and dimension = 'total'",
        NUMBER,
    )
    assert now == 19
    assert _written(corrected, tmp_path, "--period", "2010-Q4") == first_made


def test_made_again_of_what_was_kept_the_files_are_the_same_to_the_byte(
    corrected, first_made: dict[str, bytes]
) -> None:
    with warehouse.connect(corrected.settings) as connection:
        of = kept.closing(connection, NUMBER, QUARTER)
        assert of
        assert making.rendered(making.closed_facts(connection, of, "intern")) == first_made


def test_a_figure_that_was_not_ripe_is_kept_with_its_mark(corrected, first_made: dict[str, bytes]) -> None:
    pdf, xlsx = first_made.values()
    first = " ".join(_pages(pdf))
    assert "Den ene kontrakten som løp ut, er ikke fornyet så langt, og tallet er foreløpig" in first
    assert re.search(r"Andel kontrakter som fornyes Foreløpig 0 %\* ≤ 20 %", first)
    assert "Ett tall er foreløpig, og vurderes senere" in first
    (renewals,) = (
        row for row in _sheet(xlsx, "Styringstall") if (row["Kode"], row["Kode for verdi"]) == ("renewal_rate", "total")
    )
    assert (renewals[PERIOD], renewals["Merknad"], renewals["Status"]) == (0, "foreløpig", "")
    assert _renewal_rate(corrected, 1) == [(0, False)]


def _renewal_rate(installation, revision: int) -> list[tuple[Any, ...]]:
    return installation.ask(  # type: ignore[no-any-return]
        "select value, is_ripe from scorecard.reported where municipality_no = %s and period_type = 'quarter'"
        " and metric_id = 'renewal_rate' and dimension = 'total' and revision = %s",
        NUMBER,
        revision,
    )


def test_what_is_kept_cannot_be_altered_taken_away_or_added_to_later(corrected) -> None:
    for statement in (
        "update scorecard.report_file set content = ''",
        "delete from scorecard.report_content",
        "truncate scorecard.report_public_figure",
        "insert into scorecard.report_content select municipality_no, period_type, period_start, revision + 1, content"
        " from scorecard.report_content",
    ):
        with warehouse.connect(corrected.settings) as connection, pytest.raises(psycopg.Error):
            connection.execute(statement.encode())


def test_closed_again_the_report_is_of_the_new_revision_and_the_old_can_be_had_still(
    corrected, first_made: dict[str, bytes], tmp_path: Path
) -> None:
    close.close(corrected.settings, QUARTER, "Ola Nordmann", NUMBER)
    new = making.make(corrected.settings, QUARTER, NUMBER)
    assert list(new.files) == [f"rapport-{NUMBER}-2010-Q4-intern-r2.pdf", f"rapport-{NUMBER}-2010-Q4-intern-r2.xlsx"]
    pages = _pages(next(iter(new.files.values())))
    assert "(revisjon 2)" in pages[0]
    # by now it is known whether the contract was renewed
    assert _renewal_rate(corrected, 2) == [(1, True)]
    assert "Den ene kontrakten som løp ut, er fornyet;" in " ".join(pages)
    assert "oreløpig" not in " ".join(pages)
    assert _written(corrected, tmp_path, "--period", "2010-Q4", "--revision", "1") == first_made


def test_a_closed_period_without_what_was_shown_with_it_is_refused_with_a_word(corrected) -> None:
    """As closings are that were made before reports were kept."""
    with warehouse.connect(corrected.settings) as connection:
        connection.execute(
            "insert into scorecard.closing select municipality_no, period_type, '2010-07-01', '2010-09-30', 1,"
            " closed_by, closed_at, as_of, extract_date, load_id, night_id, run_id, code_version, warnings, note"
            " from scorecard.closing where revision = 1"
        )
        of = kept.closing(connection, NUMBER, periods.parse("2010-Q3"))
        assert of
        with pytest.raises(making.ReportRefused, match="Close it again"):
            making.closed_facts(connection, of, "intern")
        connection.rollback()


# ------------------------------------------------------------------------------------------------------- (3) drafts


@pytest.mark.parametrize("period", ["2010", "2010-T3", "2011-Q1", "2010-Q2"])
def test_a_draft_says_so_on_every_page(corrected, period: str, tmp_path: Path) -> None:
    made = _written(corrected, tmp_path, "--period", period)
    pdf, xlsx = made.values()
    assert [name.split("-intern-")[1] for name in made] == ["utkast.pdf", "utkast.xlsx"]
    assert all("UTKAST" in page for page in _pages(pdf))
    with zipfile.ZipFile(io.BytesIO(xlsx)) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 4
    assert all(b"UTKAST</oddHeader>" in sheet for sheet in sheets)


def test_what_cannot_be_reported_is_refused_with_a_word(corrected) -> None:
    for arguments, word in (
        (("--period", "2012"), "has no 2012"),
        (("--period", "2010-13"), "is no period"),
        (("--period", "2010", "--edition", "offentlig"), "bolig close --period 2010"),
        (("--period", "2010-Q4", "--revision", "9"), "no revision 9"),
        (("--period", "2010-Q4", "--municipality", "4601"), "Nothing of 4601 is published"),
    ):
        own = () if "--municipality" in arguments else ("--municipality", NUMBER)
        result = corrected.bolig("report", *own, *arguments)
        assert (result.returncode, word in result.stderr) == (1, True), result.stderr


# ------------------------------------------------------------------------------------------------- (4) for public use


def test_the_public_edition_shows_what_disclosure_control_lets_through_and_no_more(corrected, tmp_path: Path) -> None:
    made = _written(corrected, tmp_path, "--period", "2010-Q4", "--edition", "offentlig")
    xlsx = next(made[name] for name in made if name.endswith(".xlsx"))
    shown = {
        (row["Kode"], row["Kode for verdi"]): row[PERIOD] for row in _sheet(xlsx, "Styringstall")
    }  # fmt: skip
    assert ":" in shown.values()
    small = corrected.ask(
        "select metric_id, dimension_value, value from scorecard.metric_value where municipality_no = %s"
        " and period_type = 'quarter' and period_start = '2010-10-01' and metric_id like 'queue_waiting%%'"
        " and value between 1 and 4",
        NUMBER,
    )
    assert all(shown[metric_id, value] == ":" for metric_id, value, _ in small)
    text = " ".join(_pages(next(made[name] for name in made if name.endswith(".pdf"))))
    assert "«:» betyr at tallet er skjermet" in text
    assert "Ola Nordmann" not in text


def test_a_public_edition_shows_of_earlier_periods_what_was_public_before_and_nothing_else(corrected) -> None:
    earlier = periods.parse("2010-Q1")
    close.close(corrected.settings, earlier, "Ola Nordmann", NUMBER)
    for period in (earlier, QUARTER):
        making.make(corrected.settings, period, NUMBER, "offentlig")
    with warehouse.connect(corrected.settings) as connection:
        known = {_key(row): row["value"] for row in kept.public_figures(connection, NUMBER)}
        of = kept.closing(connection, NUMBER, QUARTER)
        assert of
        figures = making.closed_facts(connection, of, "offentlig").figures
    before = {key: figure.value for key, figure in figures.items() if key[3] != QUARTER.start}
    assert {key[3] for key in before} == {earlier.start}
    assert before.items() <= known.items()


@pytest.mark.parametrize(("number", "waiting", "before"), [(NUMBER, 19, 18), (OTHER, 18, 12)])
def test_a_report_compares_with_what_its_edition_shows_whichever_periods_were_closed_before(
    corrected, number: str, waiting: int, before: int
) -> None:
    """The third tertial's report, with none public before it, with one of earlier in the year, with the one before."""

    def said(period: str, edition: facts.Edition) -> str:
        close.close(corrected.settings, periods.parse(period), "Ola Nordmann", number)
        with warehouse.connect(corrected.settings) as connection:
            of = kept.closing(connection, number, periods.parse(period))
            assert of
            told = making.closed_facts(connection, of, edition)
            if told.is_public:
                kept.keep_public_figures(connection, of, told.shown())
        data = document._data(told)
        pictures = [section["chart"] for section in data["sections"] if section["chart"]]
        text = [data["findings_intro"], data["revisions"]["text"], *data["columns"]]
        text += [sentence for section in data["sections"] for sentence in section["sentences"]]
        return " ".join(text + [picture["alt"] for picture in pictures]).replace("\xa0", " ")

    compared = f"i kø for kommunal bolig, {waiting - before} flere enn ved utgangen av 2. tertial 2010"
    alone = said("2010-T3", "offentlig")
    assert "Ingen tidligere tertialer er offentliggjort" in alone
    assert f"sto {waiting} husstander i kø for kommunal bolig." in alone
    assert "2. tertial" not in alone
    assert "Søylediagram" not in alone
    # what readers of the internal edition see hangs on no publication
    assert compared in said("2010-T3", "intern")

    said("2010-T1", "offentlig")
    gap = said("2010-T3", "offentlig")
    assert "2. tertial 2010 er ikke offentliggjort" in gap
    assert f"sto {waiting} husstander i kø for kommunal bolig." in gap
    assert "2010 T2" not in gap

    assert "like mange som ved utgangen av 1. tertial 2010" in said("2010-T2", "offentlig")
    assert compared in said("2010-T3", "offentlig")


def test_what_was_public_under_an_earlier_number_is_known_and_reported_under_the_later(corrected) -> None:
    """Asker was 3025 until it became 3203."""
    with warehouse.connect(corrected.settings) as connection:
        for statement in (
            "insert into scorecard.closing select '3025', period_type, period_start, period_end, revision, closed_by,"
            " now(), as_of, extract_date, load_id, night_id, run_id, code_version, warnings, note"
            " from scorecard.closing where municipality_no = '1525' and period_start = '2010-10-01' and revision = 1",
            "insert into scorecard.report_content select municipality_no, period_type, period_start, revision, '{}'"
            " from scorecard.closing where municipality_no = '3025'",
            "insert into scorecard.report_public_figure"
            " select municipality_no, period_type, period_start, revision, '[{\"value\": 7}]'"
            " from scorecard.closing where municipality_no = '3025'",
        ):
            connection.execute(statement.encode())
        assert kept.public_figures(connection, "3203") == [{"value": 7}]
        later = content.Origin(None, "3203", 1, "v", ())
        assert [
            row["period_start"] for row in content.read(connection, later, periods.parse("2025-Q1"))["closing"]
        ] == ["2010-10-01"]
        connection.rollback()


def test_a_municipality_without_targets_plan_or_register_is_told_so(corrected) -> None:
    with warehouse.connect(corrected.settings) as connection:
        of = kept.closing(connection, OTHER, QUARTER)
        assert of
        told = making.closed_facts(connection, of, "intern")
    assert sentences.summary(told) == "Ingen mål er satt for kvartalet."
    assert "ingen av tallene har det" in sentences.changes_intro(told, told.changes())
    assert sentences.measures(told) == "Ingen tiltak er levert."
    assert sentences.challenges(told) == "Ingen utfordringer er levert."
    pages = " ".join(_pages(document.pdf(told)))
    assert "ingen søkere fikk bolig" in pages
    assert "Status" not in pages.partition("Styringskortet")[2].partition("Køen")[0]


def _key(row: dict[str, Any]) -> tuple[str, str, str, date]:
    return (row["metric_id"], row["dimension"], row["dimension_value"], date.fromisoformat(row["period_start"]))


# ----------------------------------------------------------------------------------------------- (5) the pages besides


def test_the_definitions_page_has_every_metric_with_its_owner_and_versions_and_asks_for_nothing(
    corrected, tmp_path: Path
) -> None:
    from dagster_project.vocabulary import catalogue

    result = corrected.bolig("definitions", "--out", tmp_path / "definisjoner.html")
    assert result.returncode == 0, result.stderr
    page = (tmp_path / "definisjoner.html").read_text("utf-8")
    assert '<html lang="nb">' in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    for metric_id in catalogue.metrics():
        assert f'<h3 id="{metric_id}">' in page
        assert catalogue.definition_version(metric_id) in page
    assert "Rådmannen" in page
    assert page.count("4.\xa0kvartal\xa02010") == len(catalogue.metrics())


def test_dagster_makes_the_report_by_the_same_function(corrected, monkeypatch: pytest.MonkeyPatch) -> None:
    import dagster as dg

    from dagster_project.defs.report import ReportConfig, period_report

    monkeypatch.setenv("BOLIG_HOME", str(corrected.settings.home))
    result = dg.materialize(
        [period_report],
        run_config=dg.RunConfig({"report__period_report": ReportConfig(period="2010-Q2", municipality_no=NUMBER)}),
    )
    assert result.success
    made = corrected.settings.reports / f"rapport-{NUMBER}-2010-Q2-intern-utkast.pdf"
    assert made.read_bytes().startswith(b"%PDF")


def test_what_is_public_is_written_for_machines_and_nothing_of_the_neighbour_or_the_internal_edition(
    corrected, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOLIG_CATALOGUE_URL", "https://kommune.example.no/bolig")
    monkeypatch.setenv("BOLIG_CATALOGUE_CONTACT", "post@kommune.example.no")
    for number in (NUMBER, OTHER):
        public = making.make(corrected.settings, QUARTER, number, "offentlig").files
        result = corrected.bolig("catalogue", "--municipality", number, "--to", tmp_path / number)
        assert result.returncode == 0, result.stderr
        written = {path.name: path.read_bytes() for path in (tmp_path / number).iterdir()}
        told = written.pop(open_data.DESCRIPTION).decode()
        assert written.pop(open_data.FIGURES).decode() == semantic.text()
        assert public.items() <= written.items()
        for name in written:
            assert name.startswith(f"rapport-{number}-") and "offentlig" in name
            assert f"https://kommune.example.no/bolig/{name}" in told
