"""The needs room: the overview of needs that the law asks for (boligsosialloven § 5).

Belongs here: who needs a dwelling now and in four and twelve years, what adopted measures give, the frozen versions of
it, and their files. Does not belong here: how a queue goes on (the outlook), and what a row means (dbt's models).
"""
