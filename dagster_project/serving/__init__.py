"""Processes that serve: Dagster's and Superset's, their ports, homes and watching over them.

Belongs here: how they are started. Does not belong here: what they serve.
"""
