"""The bench: how fast the warehouse is, against the limit and against what a user would pick instead.

Belongs here: measuring. Does not belong here: what is measured, and any test (a time is no test).
"""
