"""What was said: closed periods, their revisions, and what a report on them is made of.

Belongs here: what is kept of closings, and how it differs from today's figures.
Does not belong here: closing (closing/) and pages (report/).
"""
