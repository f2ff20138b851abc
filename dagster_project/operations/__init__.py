"""What an operations department does with an installation beside the nights.

Belongs here: backup and restore, retention, the rights of persons (access, correction, erasure), the keys of the
pseudonyms, alerts, and the check of a set-up. All of it plain Python over the warehouse, each act of consequence under
the night's lock and in the audit record (audit.py). Does not belong here: loading, building, publishing, and Dagster
(defs/ has the schedules and sensors, cli/ the words).
"""
