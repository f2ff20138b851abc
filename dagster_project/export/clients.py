"""Files that open what is published in Excel and Power BI, at the database and by a person's own login.

Belongs here: the files, as these programs have them. Does not belong here: the login (operations/access.py), and what
to click (docs/excel.md).

Nothing in them is anybody's: no login, no password, no municipality. What comes is what the login is granted.
"""

import html
import json
import re
from pathlib import Path

from dagster_project import BoligError, warehouse
from dagster_project.export import areas
from dagster_project.night import dbt
from dagster_project.settings import Settings
from superset_assets.derive import dashboards

# as psqlODBC's installer for Windows names it
DRIVER = "PostgreSQL Unicode(x64)"
# encrypted, and to nobody but the server that the certificate is of
TLS = "verify-full"


class NoSuchHost(BoligError):
    """What is given is no server's name; the message says so."""


def write(settings: Settings, folder: Path, host: str, port: int) -> list[str]:
    """Write the files into a folder, which is made where it is not there; says what they are. Raises NoSuchHost."""
    # it goes into a connection string, and into two programs' own languages
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", host):
        raise NoSuchHost(f"{host} is no server's name; it is one like bolig.asker.kommune.no.")
    database = warehouse.database_name(settings)
    tree = dashboards.read(dbt.manifest(settings))
    sheets = [areas.sheet(tree, slug) for slug in tree.datasets]
    folder.mkdir(parents=True, exist_ok=True)
    for sheet in sheets:
        (folder / f"{sheet.dataset}.odc").write_text(connection_file(sheet, host, port, database), "utf-8")
    (folder / "boligstrategi.pq").write_text(power_query(sheets, host, port, database), "utf-8")
    (folder / "boligstrategi.pbids").write_text(power_bi(host, port, database), "utf-8")
    return [
        f"{len(sheets)} files for Excel ({folder}/*.odc, a dataset each), boligstrategi.pq for its Power Query,"
        f" boligstrategi.pbids for Power BI: they open {database} at {host}:{port}.",
        "Who opens them needs a login of their own (`bolig access login NAME`); docs/excel.md says what to click.",
    ]


def connection_string(host: str, port: int, database: str) -> str:
    """As psqlODBC takes it; the program asks for the login."""
    return f"DRIVER={{{DRIVER}}};SERVER={host};PORT={port};DATABASE={database};SSLmode={TLS};ReadOnly=1;"


def query(sheet: areas.Sheet) -> str:
    """A dataset under its headings."""
    columns = ", ".join(f'{column} as "{heading}"' for column, heading in sheet.headings.items())
    return f"select {columns} from {sheet.relation}"


def connection_file(sheet: areas.Sheet, host: str, port: int, database: str) -> str:
    """A dataset's Office Data Connection: a page, with the connection as XML in it."""
    texts = {
        "title": sheet.title,
        "description": sheet.description,
        "connection": connection_string(host, port, database),
        "query": query(sheet),
    }
    return ODC.format(**{name: html.escape(text, quote=False) for name, text in texts.items()})


ODC = """<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns="http://www.w3.org/TR/REC-html40">
<head>
<meta http-equiv="Content-Type" content="text/x-ms-odc; charset=utf-8"/>
<meta name="ProgId" content="ODC.Database"/>
<meta name="SourceType" content="ODBC"/>
<title>{title}</title>
<xml id="docprops"><o:DocumentProperties>
<o:Description>{description}</o:Description>
<o:Name>{title}</o:Name>
</o:DocumentProperties></xml>
<xml id="msodc"><odc:OfficeDataConnection xmlns:odc="urn:schemas-microsoft-com:office:odc"
 xmlns="http://www.w3.org/TR/REC-html40">
<odc:Connection odc:Type="ODBC">
<odc:ConnectionString>{connection}</odc:ConnectionString>
<odc:CommandType>SQL</odc:CommandType>
<odc:CommandText>{query}</odc:CommandText>
</odc:Connection>
</odc:OfficeDataConnection></xml>
</head>
</html>
"""


def power_query(sheets: list[areas.Sheet], host: str, port: int, database: str) -> str:
    """A query in M that gives every dataset by its title, under its headings."""
    records = ",\n".join(
        f"        #{_m(sheet.title)} = Hent({_m(sheet.dataset)}, {{"
        + ", ".join(f"{{{_m(column)}, {_m(heading)}}}" for column, heading in sheet.headings.items())
        + "})"
        for sheet in sheets
    )
    return (
        "// Åpne i Excel: Data > Hent data > Start Power Query-redigering > Ny kilde > Tom spørring >"
        " Avansert redigering.\n"
        "let\n"
        f"    Kilde = PostgreSQL.Database({_m(f'{host}:{port}')}, {_m(database)}),\n"
        "    Hent = (navn as text, overskrifter as list) => Table.RenameColumns(Table.SelectColumns(\n"
        f"        Kilde{{[Schema = {_m(warehouse.DATASETS)}, Item = navn]}}[Data], List.Transform(overskrifter, each"
        " _{0})), overskrifter),\n"
        "    Datasett = [\n"
        f"{records}\n"
        "    ]\n"
        "in\n"
        "    Datasett\n"
    )


def _m(text: str) -> str:
    """A text as M has it."""
    return '"' + text.replace('"', '""') + '"'


def power_bi(host: str, port: int, database: str) -> str:
    """Power BI's file of a data source."""
    source = {"protocol": "postgresql", "address": {"server": f"{host}:{port}", "database": database}}
    return json.dumps({"version": "0.1", "connections": [{"details": source, "mode": "Import"}]}, indent=1) + "\n"
