"""The landing room: read a delivery, check it at the door, copy it into raw.

Belongs here: what the contracts say, decoding of files, the rules of rows, pseudonyms,
quarantine, and the history of what each delivery said. Plain Python over psycopg and polars.
Does not belong here: Dagster, dbt, Great Expectations, and any figure of the business.
"""
