"""The report on a period, for the meeting and on paper: a PDF of a few pages, and a workbook with all behind it.

Belongs here: what the report shows, in which words and pictures, and the files of closed periods; the definitions, as a
page and for machines; what of all this is public.
Does not belong here: computing a figure (dbt does), closing a period (closing/), and which cells may be public
(disclosure.py).

The way of a report: content (read from what is published, or kept with a closing) → facts (figures, status, the
changes that matter) → sentences and charts → document (PDF) and workbook (XLSX) → kept, where the period is closed.
"""
