"""The expectations room: what the sources promise (contracts/), what may be published (suites/), one runner.

Belongs here: the contracts as ODCS YAML, the suites as YAML, and the runner that alone imports great_expectations.
Does not belong here: Dagster, and any rule that the door, dbt's unit tests or dbt's data tests hold already.
"""
