"""The reports on closed periods, for whoever may see the Styringskort: where the letters of a closing lead.

Runs in Superset's own environment. Belongs here: handing out the internal edition as it is kept. Does not belong here:
what stands in it (dagster_project/report), who is told of it (dagster_project/operations/letters.py), who is let in,
and whose it is (beside.py).
"""

from typing import Any

import beside
from flask import Blueprint, Response, abort

PAGES = Blueprint("reports", __name__, url_prefix="/rapport")
PAGES.before_request(beside.only_who_sees("styringskort"))


@PAGES.route("/<municipality_no>/<period>/")
def of_period(municipality_no: str, period: str) -> Any:
    """The newest report on a closed period; of a municipality that the person does not see there is none."""
    found = beside.ask(
        "select file from quality.report where municipality_no = %s and period = %s", municipality_no, period
    )
    if not found:
        abort(404)
    name = f"rapport-{municipality_no}-{period}.pdf"
    return Response(
        bytes(found[0][0]),
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "private, no-store"},
    )
