"""What leaves the warehouse as files: what is published, and what opens it in Excel and Power BI.

Belongs here: which files there are, what stands in them, and that nothing of another municipality does.
Does not belong here: the report on a period (dagster_project/report), and backups (dagster_project/operations).
"""
