{#-
  Nothing after the as-of date has happened (docs/definitions.md, Conventions): a date recorded later counts as empty,
  and so does the code that belongs to it. Both macros want a column as_of in scope.
-#}
{% macro happened(date_column) -%}
    case when {{ date_column }} <= as_of then {{ date_column }} end
{%- endmacro %}

{% macro happened_code(code_column, date_column) -%}
    case when {{ date_column }} > as_of then null else {{ code_column }} end
{%- endmacro %}
