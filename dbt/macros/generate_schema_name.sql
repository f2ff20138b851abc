{#- A model's schema is the one its room names, without dbt's prefix: readers type these names. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
