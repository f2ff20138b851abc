"""The pages of what the publish gate found (Great Expectations' Data Docs), for whoever may see Datakvalitet.

Runs in Superset's own environment. Belongs here: the pages, and the list of those that a person may open.
Does not belong here: what a page says (expectations/data_docs.py), and who is let in, and whose it is (beside.py).
"""

from typing import Any

import beside
from flask import Blueprint, Response, abort, redirect, render_template_string

PAGES = Blueprint("data_docs", __name__, url_prefix="/kontroller")
DASHBOARD = "datakvalitet"

_LIST = """<!doctype html>
<html lang="nb"><head><meta charset="utf-8"><link rel="icon" href="data:,">
<title>Kontroller før publisering</title>
<style>body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1.25rem; color: #1a1a1a;
  font: 1rem/1.6 "Source Sans Pro", "Segoe UI", Roboto, Arial, sans-serif; } h1 { color: #12355b; }
  a { color: #0b4f8a; }</style></head>
<body><h1>Kontroller før publisering</h1>
{% if pages %}<ul>{% for number, name, day in pages %}
<li><a href="/kontroller/{{ number }}/">{{ number }} {{ name or "" }}</a>, kontrollert {{ day }}</li>
{% endfor %}</ul>{% else %}<p>Ingen kommune som du ser, er kontrollert ennå.</p>{% endif %}
</body></html>"""


PAGES.before_request(beside.only_who_sees(DASHBOARD))


@PAGES.route("/")
def every() -> Any:
    """The municipalities that the person sees; of one alone its page."""
    pages = beside.ask(
        "select docs.municipality_no, place.name, to_char(docs.checked_on, 'DD.MM.YYYY') from quality.data_docs as docs"
        " left join marts.dim_municipality as place on docs.municipality_no = place.municipality_no"
        " and place.is_present order by 1"
    )
    if len(pages) == 1:
        return redirect(f"/kontroller/{pages[0][0]}/")
    return render_template_string(_LIST, pages=pages)


@PAGES.route("/<municipality_no>/")
def of_one(municipality_no: str) -> Any:
    """A municipality's page; of one that the person does not see there is none."""
    found = beside.ask("select page from quality.data_docs where municipality_no = %s", municipality_no)
    return Response(found[0][0], mimetype="text/html") if found else abort(404)
