"""The description of what is public: what DCAT-AP-NO asks for is there, as RDF that others read."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from rdflib import DCAT, DCTERMS, FOAF, RDF, SKOS, Graph, Literal, Namespace, URIRef

from dagster_project.report import open_data
from dagster_project.reported.kept import PublicFile
from dagster_project.settings import Settings
from dagster_project.vocabulary import catalogue, periods

VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
BASE = "https://asker.kommune.no/bolig/"
REPORTS = [
    PublicFile(periods.parse("2010-Q4"), 2, "rapport-0220-2010-Q4-offentlig-r2.pdf", b"...", date(2011, 2, 1)),
    PublicFile(periods.parse("2010-T3"), 1, "rapport-0220-2010-T3-offentlig.xlsx", b"....", date(2011, 2, 2)),
]
# DCAT-AP-NO 3, the mandatory properties of each class, as its chapters list them; and what 2 asks for besides
MANDATORY = {
    DCAT.Catalog: {
        DCTERMS.title, DCTERMS.description, DCTERMS.publisher, DCAT.contactPoint, DCTERMS.identifier
    },
    DCAT.Dataset: {
        DCTERMS.title, DCTERMS.description, DCTERMS.publisher, DCAT.contactPoint, DCTERMS.identifier, DCAT.theme
    },
    DCAT.Distribution: {DCAT.accessURL},
    FOAF.Agent: {FOAF.name},
    VCARD.Kind: {VCARD.fn, VCARD.hasEmail},
    SKOS.Concept: {SKOS.prefLabel},
    DCTERMS.PeriodOfTime: {DCAT.startDate},
}  # fmt: skip
# ... and what must be one and not several
ONE = [DCTERMS.publisher, DCTERMS.license, DCTERMS.format, DCTERMS.accessRights, DCAT.mediaType, VCARD.hasEmail]


def settings(**variables: str) -> Settings:
    given = {"BOLIG_CATALOGUE_URL": BASE.rstrip("/"), "BOLIG_CATALOGUE_CONTACT": "post@asker.kommune.no"}
    return Settings(**(given | variables))  # type: ignore[arg-type]


def read(told: dict[str, Any]) -> Graph:
    return Graph().parse(data=json.dumps(told), format="json-ld")


@pytest.fixture(params=[REPORTS, []], ids=["with public editions", "before any"])
def graph(request: pytest.FixtureRequest) -> Graph:
    return read(open_data.description(settings(), "0220", "Asker kommune", request.param))


def nodes(graph: Graph) -> Iterator[tuple[URIRef, Any]]:
    for class_ in MANDATORY:
        for node in graph.subjects(RDF.type, class_):
            yield class_, node


def test_every_mandatory_property_is_there(graph: Graph) -> None:
    found = list(nodes(graph))
    assert {DCAT.Catalog, DCAT.Dataset, DCAT.Distribution, FOAF.Agent, VCARD.Kind} <= {class_ for class_, _ in found}
    for class_, node in found:
        missing = MANDATORY[class_] - set(graph.predicates(node))
        assert not missing, (node, missing)


def test_no_address_is_told_of_and_not_described_nor_twice_where_one_is_meant(graph: Graph) -> None:
    told = set(graph.subjects())
    for predicate in (DCAT.dataset, DCAT.distribution, DCTERMS.subject, DCTERMS.publisher, DCAT.contactPoint):
        assert set(graph.objects(None, predicate)) <= told, predicate
    for node in told:
        for predicate in ONE:
            assert len(list(graph.objects(node, predicate))) <= 1, (node, predicate)


def test_every_text_says_its_language_and_the_norwegian_one_is_there(graph: Graph) -> None:
    for predicate in (DCTERMS.title, DCTERMS.description, DCAT.keyword, SKOS.prefLabel, SKOS.definition):
        for node in set(graph.subjects(predicate)):
            languages = [text.language for text in graph.objects(node, predicate) if isinstance(text, Literal)]
            assert "nb" in languages and None not in languages, (node, predicate)


def test_what_is_public_is_named_by_its_address_and_nothing_else_is() -> None:
    for reports in (REPORTS, []):
        graph = read(open_data.description(settings(), "0220", "Asker kommune", reports))
        files = {str(url).removeprefix(BASE) for url in graph.objects(None, DCAT.accessURL)}
        assert files == {open_data.FIGURES, *(report.name for report in reports)}
        assert len(list(graph.subjects(RDF.type, DCAT.Dataset))) == (2 if reports else 1)


def test_every_metric_is_a_concept_with_its_definition_in_two_languages(graph: Graph) -> None:
    for metric_id, entry in catalogue.metrics().items():
        concept = URIRef(f"{BASE}#{metric_id}")
        assert set(graph.objects(concept, SKOS.definition)) == {
            Literal(entry.definition_no, lang="nb"), Literal(entry.definition_en, lang="en")
        }  # fmt: skip


def test_the_publisher_is_the_municipalitys_own_number() -> None:
    given = settings(BOLIG_CATALOGUE_ORGANISATIONS="0219=935478715, 0220=920125298")
    for number, organisation in (("0220", "920125298"), ("0219", "935478715")):
        graph = read(open_data.description(given, number, "En kommune", REPORTS))
        (publisher,) = set(graph.objects(None, DCTERMS.publisher))
        assert str(publisher).endswith(f"/organizations/{organisation}")
    graph = read(open_data.description(given, "0301", "En tredje kommune", REPORTS))
    assert set(graph.objects(None, DCTERMS.publisher)) == {URIRef(f"{BASE}#utgiver")}


@pytest.mark.parametrize("missing", ["BOLIG_CATALOGUE_URL", "BOLIG_CATALOGUE_CONTACT"])
def test_without_address_or_contact_nothing_is_written(missing: str) -> None:
    given = {"BOLIG_CATALOGUE_URL": BASE, "BOLIG_CATALOGUE_CONTACT": "post@asker.kommune.no"}
    del given[missing]
    with pytest.raises(open_data.NotDescribed, match=missing):
        open_data.gathered(Settings(**given))  # type: ignore[arg-type]
