{#-
  The metric catalogue: every figure of the scorecard, one entry each. The entries stand as YAML in
  macros/catalogue/, a file for each family of docs/definitions.md; dagster_project/vocabulary/catalogue.py reads the
  same text, and refuses a key that is not told of here.

  A metric says who it is (metric_id, name_no, name_en, perspective, unit, direction, decimals, definition_no,
  definition_en, source, caveat_no), its `dimensions` besides the total, how it is computed (below), and, where that is
  not what its `source` says or nothing at all, when it is known:

    begins_with: [record, ...]            the records (macros/first_records.sql) with the latest of which it begins
    ripens_after_months: 3                so long after its end a period still becomes another

  which values of its dimensions it has no figure for, not even 0, because none of its rows can have them:

    without: {dimension: [value, ...]}

  where its goal may be reached at the expense of another's:

    conflicts_with: [metric_id, ...]      said once, of the metric that is pushed; it holds both ways
    conflict_no: a sentence that stands beside either
    better_in_conflict: up                for a metric with direction none: the way that the conflict costs

  and what its public edition must heed (dagster_project/disclosure); is_sensitive, includes and
  same_as a measure's too:

    is_of_health: true                    it tells of people's health: nothing stands where fewer than 5 are behind it,
                                          and fewer than 10 in its public edition
    is_sensitive: false                   it tells of no person's affairs, however small: the stock, plans, statistics
    includes: [measure_id, ...]           counts that are wholly a part of it, where their `where` does not show that
    same_as: metric_id                    a metric that counts the same from another mart, in the total and where both
                                          have the dimension: it tells no more than that one does
    built_on: measure_id                  how many persons, households, dwellings or cases stand behind a figure that is
                                          no count of them (scorecard.figure_units)

    compute:
      from:    the mart
      value:   an SQL aggregate over its rows
      where:   which rows (optional)
      columns: {dimension: column}, where a dimension's column has another name than the dimension (optional)
      and when a row counts, one of
        at: date                          an event: the date lies in the period
        at: date, during: [from, to]      an event in a window that hangs on period end
        at_end: [from, to]                a state: from <= period end, and to is empty or after it
        days: [from, to]                  exposure: overlap_days are the row's days in the period
    compute: {ratio: [numerator, denominator], factor: 1}     factor: a number, or annual
    compute: {difference: [minuend, subtrahend]}
    compute: {sum: [measure_id, measure_id]}                  a measure: two others, of which nothing is in both
    compute: {model: name}                a model of its own with the columns of measure_values, for a metric or
                                          a measure; one model may yield several

  `where` and `value` may use the period's columns: measured_end (period end, or the as-of date in a period not
  complete), period_start, days, year_days. A ratio's parts are metrics or `measures`: building blocks that are
  not shown. The publish gate holds a ratio of two counts between 0 and 1; `is_part_of_whole: false` says that the
  numerator is no part of the denominator. `periods: as_of_year` keeps a metric to one period, the year of the as-of date; `periods: year` to whole years,
  for what is known of years only.
-#}
{% macro metric_families() -%}
    {{ return([
        metrics_queue(),
        metrics_applications(),
        metrics_allocations(),
        metrics_vacancy(),
        metrics_startlan(),
        metrics_grants_and_allowance(),
        metrics_nav(),
        metrics_followup(),
        metrics_rent(),
        metrics_stock(),
        metrics_plan(),
    ]) }}
{%- endmacro %}

{#-
  What each family's text says: {metrics, measures}. To read it takes longer than what is made of it, and dbt has no
  other place where a build keeps something for all its models than the graph, which is one and is read only.
-#}
{% macro metric_entries() -%}
    {%- if 'metric_entries' not in graph -%}
        {%- set entries = [] -%}
        {%- for family in metric_families() -%}
            {%- do entries.append(fromyaml(family)) -%}
        {%- endfor -%}
        {%- if not execute -%}
            {{ return(entries) }}
        {%- endif -%}
        {%- do graph.update({'metric_entries': entries}) -%}
    {%- endif -%}
    {{ return(graph.metric_entries) }}
{%- endmacro %}

{#- All metrics of all families, in their order. -#}
{% macro metrics() -%}
    {{ return(metric_entries() | map(attribute='metrics') | sum(start=[])) }}
{%- endmacro %}

{#- Everything that is computed from rows: {measure_id, compute, dimensions}; what a metric is made of or built on inherits its dimensions. -#}
{% macro measures() -%}
    {%- set computed = {} -%}
    {%- set inherited = {} -%}
    {%- set families = metric_entries() -%}
    {%- set sums = measure_sums(families) -%}
    {%- for entries in families -%}
        {%- for metric in entries.metrics -%}
            {%- set parts = metric.compute.ratio or metric.compute.difference or [metric.metric_id] -%}
            {%- for part in parts + ([metric.built_on] if metric.built_on else []) -%}
                {%- for each in [part] + sums.get(part, []) -%}
                    {%- do inherited.update({each: inherited.get(each, []) + metric.dimensions}) -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- for entry in (entries.measures or []) + entries.metrics -%}
            {%- if entry.compute.from -%}
                {%- do computed.update({entry.measure_id or entry.metric_id: entry.compute}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set result = [] -%}
    {%- for measure_id, compute in computed.items() -%}
        {%- do result.append({
            'measure_id': measure_id,
            'compute': compute,
            'dimensions': inherited.get(measure_id, []) | unique | list,
        }) -%}
    {%- endfor -%}
    {{ return(result) }}
{%- endmacro %}

{#- The measures that are two others together: {measure_id: [measure_id, measure_id]}. -#}
{% macro measure_sums(families=none) -%}
    {%- set sums = {} -%}
    {%- for entries in families or metric_entries() -%}
        {%- for entry in entries.measures or [] if entry.compute.sum -%}
            {%- do sums.update({entry.measure_id: entry.compute.sum}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(sums) }}
{%- endmacro %}

{#- The models with the columns of measure_values: what is counted from rows, what is added of it, and those of their own. -#}
{% macro measure_models() -%}
    {{ return(['measure_at', 'measure_during', 'measure_at_end', 'measure_days', 'measure_sum'] + metric_models()) }}
{%- endmacro %}

{#- The models that compute a metric or a measure of their own. -#}
{% macro metric_models() -%}
    {%- set models = [] -%}
    {%- for entries in metric_entries() -%}
        {%- for entry in (entries.measures or []) + entries.metrics if entry.compute.model -%}
            {%- do models.append(entry.compute.model) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(models | unique | list) }}
{%- endmacro %}

{#- The conflicts of goals, from either side: {metric_id, better, other_metric_id, other_better, conflict_no}. -#}
{% macro metric_conflicts() -%}
    {%- set better = {} -%}
    {%- set known = metrics() -%}
    {%- for metric in known -%}
        {%- do better.update({metric.metric_id: metric.better_in_conflict or metric.direction}) -%}
    {%- endfor -%}
    {%- set conflicts = [] -%}
    {%- for metric in known -%}
        {%- for other in metric.conflicts_with or [] -%}
            {%- for metric_id, other_metric_id in [(metric.metric_id, other), (other, metric.metric_id)] -%}
                {%- do conflicts.append({
                    'metric_id': metric_id,
                    'better': better[metric_id],
                    'other_metric_id': other_metric_id,
                    'other_better': better[other_metric_id],
                    'conflict_no': metric.conflict_no,
                }) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(conflicts) }}
{%- endmacro %}
