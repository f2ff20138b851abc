"""One night: held, recorded, built, judged, published.

Belongs here: what a run does between the door and the readers. Does not belong here: Dagster (defs/).
"""
