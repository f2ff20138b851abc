"""Closing a period, and loading older deliveries for it.

Belongs here: what a person does on purpose about a period that is past. Does not belong here: what is kept of it
(reported/).
"""
