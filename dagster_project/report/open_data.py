"""What a municipality has made public, told to machines: a folder with a description by DCAT-AP-NO, for data.norge.no.

Belongs here: the folder, and its description. Does not belong here: what is public (the public editions, which are
kept with the closings), and how a figure is said for machines (semantic.py).

The description is JSON-LD, which is JSON: nothing that knows RDF is needed to write it. It names what lies in the same
folder, by the address at which the folder will be found.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project import BoligError
from dagster_project.night import holding
from dagster_project.report import semantic
from dagster_project.reported import kept
from dagster_project.reported.kept import PublicFile
from dagster_project.settings import Settings
from dagster_project.vocabulary import catalogue, norwegian

if TYPE_CHECKING:
    from psycopg import Connection

DESCRIPTION, FIGURES = "catalogue.jsonld", "metrics.yaml"

_EU = "http://publications.europa.eu/resource/authority/"
# the addresses by which data.norge.no knows who is in Enhetsregisteret (DCAT-AP-NO, note on dct:publisher)
_ORGANISATION = "https://organization-catalog.fellesdatakatalog.digdir.no/organizations/"
_LANGUAGE = f"{_EU}language/NOB"
# population and society, and government: the EU's themes that housing for those in need belongs to
_THEMES = {
    f"{_EU}data-theme/SOCI": "Befolkning og samfunn",
    f"{_EU}data-theme/GOVE": "Forvaltning og offentlig sektor",
}
# by the ending of a file: its name in the EU's list of formats, and its media type
_KINDS = {
    "pdf": ("PDF", "application/pdf"),
    "xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "yaml": ("YAML", "application/yaml"),
}

_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


class NotDescribed(BoligError):
    """The description cannot be written; the message says which setting is missing."""


@dataclass(frozen=True)
class OpenData:
    """What is public of a municipality, by file name, and what it is called."""

    municipality_no: str
    files: dict[str, bytes]

    def write(self, folder: Path) -> list[Path]:
        """Write the files into a folder, which is made where it is not there; says where they are."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        return [folder / name for name in self.files]


def gathered(settings: Settings, municipality_no: str | None = None) -> OpenData:
    """The municipality's public editions, the definitions of its figures, and the description of both.

    Raises NotDescribed, WarehouseError.
    """
    for name, value in {
        "BOLIG_CATALOGUE_URL": settings.catalogue_url,
        "BOLIG_CATALOGUE_CONTACT": settings.catalogue_contact,
    }.items():
        if not value:
            raise NotDescribed(f"{name} is not set: the description must say it. `bolig settings` says what it means.")
    with holding.opened(settings) as connection:
        number = municipality_no or kept.only_one(connection)
        reports = kept.public_files(connection, number)
        name = _name(connection, number)
    told = description(settings, number, name, reports)
    files = {report.name: report.content for report in reports}
    files[FIGURES] = semantic.text().encode()
    files[DESCRIPTION] = json.dumps(told, ensure_ascii=False, indent=1).encode()
    return OpenData(number, files)


def description(settings: Settings, municipality_no: str, name: str, reports: list[PublicFile]) -> dict[str, Any]:
    """The description by DCAT-AP-NO, as JSON-LD."""
    base = settings.catalogue_url
    assert base
    publisher = _publisher(settings, base, municipality_no, name)
    contact = {
        "@id": f"{base}#kontakt",
        "@type": ["vcard:Kind", "vcard:Organization"],
        "vcard:fn": name,
        "vcard:hasEmail": [{"@id": f"mailto:{address}"} for address in settings.catalogue_contact[:1]],
    }
    concepts = [_concept(base, metric_id) for metric_id in catalogue.metrics()]
    common = {
        "dct:publisher": _same(publisher),
        "dcat:contactPoint": _same(contact),
        "dct:language": {"@id": _LANGUAGE, "@type": "dct:LinguisticSystem"},
    }
    definitions = common | {
        "@id": f"{base}#definisjoner",
        "@type": "dcat:Dataset",
        "dct:identifier": f"{base}#definisjoner",
        "dct:title": _nb(f"Kommunale boliger i {name}: hva nøkkeltallene betyr"),
        "dct:description": _nb(
            f"Definisjonene av {len(concepts)} nøkkeltall om kommunale boliger, søknader, venteliste, tildeling,"
            " husleie og startlån: navn, betydning, enhet og forbehold, og hvordan tallene regnes ut av rader."
        ),
        "dcat:distribution": [_distribution(settings, base, FIGURES, "Nøkkeltallene som MetricFlow leser dem")],
    }
    public = common | {
        "@id": f"{base}#rapporter",
        "@type": "dcat:Dataset",
        "dct:identifier": f"{base}#rapporter",
        "dct:title": _nb(f"Kommunale boliger i {name}: rapporter"),
        "dct:description": _nb(
            f"Rapportene om kommunale boliger i {name}, for hver periode som er gjort opp, som PDF og som arbeidsbok."
            " Små antall er skjult, så ingen kan kjennes igjen."
        ),
        "dcat:distribution": [
            _distribution(settings, base, report.name, _called(report))
            | {"dct:issued": _day(report.made_on.isoformat())}
            for report in reports
        ],
    }
    if reports:
        public["dct:temporal"] = {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _day(min(report.period.start for report in reports).isoformat()),
            "dcat:endDate": _day(max(report.period.end for report in reports).isoformat()),
        }
    # where no public edition was made there is no such data, and a description of none would be untrue
    datasets = [each | _of_datasets(base, concepts) for each in ([public, definitions] if reports else [definitions])]
    whole = common | {
        "@id": f"{base}#katalog",
        "@type": "dcat:Catalog",
        "dct:identifier": f"{base}#katalog",
        "dct:title": _nb(f"Kommunale boliger i {name}"),
        "dct:description": _nb(f"Det som {name} har gjort offentlig om kommunale boliger og den som trenger dem."),
        "dct:license": _licence(settings),
        "dcat:themeTaxonomy": {
            "@id": f"{_EU}data-theme",
            "@type": "skos:ConceptScheme",
            "dct:title": _nb("EUs temaer for data"),
        },
        "dcat:dataset": [_same(dataset) for dataset in datasets],
    }
    themes = [{"@id": theme, "@type": "skos:Concept", "skos:prefLabel": _nb(label)} for theme, label in _THEMES.items()]
    return {"@context": _CONTEXT, "@graph": [whole, publisher, contact, *datasets, *concepts, *themes]}


def _of_datasets(base: str, concepts: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "dcat:theme": [{"@id": theme} for theme in _THEMES],
        "dcat:keyword": [_nb("bolig"), _nb("kommunale boliger"), _nb("boligsosialt arbeid")],
        "dct:accessRights": {"@id": f"{_EU}access-right/PUBLIC", "@type": "dct:RightsStatement"},
        "dct:subject": [_same(concept) for concept in concepts],
    }


def _publisher(settings: Settings, base: str, municipality_no: str, name: str) -> dict[str, Any]:
    organisation = dict(settings.catalogue_organisations).get(municipality_no)
    told = {"@id": f"{base}#utgiver", "@type": "foaf:Agent", "foaf:name": name}
    return told | {"@id": _ORGANISATION + organisation, "dct:identifier": organisation} if organisation else told


def _concept(base: str, metric_id: str) -> dict[str, Any]:
    entry = catalogue.metrics()[metric_id]
    return {
        "@id": f"{base}#{metric_id}",
        "@type": "skos:Concept",
        "dct:identifier": metric_id,
        "skos:prefLabel": [_nb(entry.name_no), _en(entry.name_en)],
        "skos:definition": [_nb(entry.definition_no), _en(entry.definition_en)],
        "skos:scopeNote": _nb(entry.caveat_no),
        "dcat:version": catalogue.definition_version(metric_id),
    }


def _distribution(settings: Settings, base: str, file: str, title: str) -> dict[str, Any]:
    format_, media_type = _KINDS[file.rpartition(".")[2]]
    return {
        "@id": f"{base}{file}#distribusjon",
        "@type": "dcat:Distribution",
        "dct:title": _nb(title),
        "dct:description": _nb(f"{title}."),
        "dcat:accessURL": {"@id": base + file},
        "dcat:downloadURL": {"@id": base + file},
        "dct:license": _licence(settings),
        "dct:format": {"@id": f"{_EU}file-type/{format_}", "@type": "dct:MediaTypeOrExtent"},
        "dcat:mediaType": {
            "@id": f"https://www.iana.org/assignments/media-types/{media_type}",
            "@type": "dct:MediaType",
        },
    }


def _called(report: PublicFile) -> str:
    again = f", {report.revision}. gang" if report.revision > 1 else ""
    return f"{norwegian.capitalised(norwegian.period(report.period))}{again}"


def _licence(settings: Settings) -> dict[str, Any]:
    return {"@id": settings.catalogue_licence, "@type": "dct:LicenseDocument"}


def _same(node: dict[str, Any]) -> dict[str, Any]:
    return {"@id": node["@id"]}


def _nb(text: str) -> dict[str, str]:
    return {"@value": text, "@language": "nb"}


def _en(text: str) -> dict[str, str]:
    return {"@value": text, "@language": "en"}


def _day(day: str) -> dict[str, str]:
    return {"@value": day, "@type": "xsd:date"}


def _name(connection: "Connection[Any]", municipality_no: str) -> str:
    """«Asker kommune»; by its number where nobody has told its name."""
    if connection.execute("select to_regclass('marts.dim_municipality')").fetchone() != (None,):
        row = connection.execute(
            "select name from marts.dim_municipality where municipality_no = %s and is_present and name is not null",
            [municipality_no],
        ).fetchone()
        if row:
            return f"{row[0]} kommune"
    return f"kommune {municipality_no}"
