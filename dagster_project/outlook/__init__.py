"""The outlook: how long the queues become, what a measure changes, what it takes, and who pays.

Belongs here: forecasts, scenarios and what is kept of them, in plain Python over what is published. Does not belong
here: Dagster, dbt, the meaning of a figure (the catalogue), and any SQL beyond one query for each series.
"""
