"""The assets as Superset takes them: what is written by hand, filled up with what follows from elsewhere.

Belongs here: deriving, one step a module: written → datasets → charts → dashboards. Does not belong here: judging
(checks.py), and a server (rest.py).
"""
