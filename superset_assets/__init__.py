"""Superset's room: dashboards, charts, datasets and roles as code, and how they get into a running Superset.

Belongs here: what Superset shows and who may see it (assets/, roles.yaml), what is derived from dbt's manifest and the
metric catalogue (derive/), the walk that finds what does not hang together (checks.py), the import over Superset's
REST API (rest.py), and what runs in Superset's own environment (server/).
Does not belong here: SQL of the business (dbt/), Dagster, and Superset's own code: it is spoken to over HTTP.
"""
