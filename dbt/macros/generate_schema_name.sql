{#-
  A model's schema is the one its room names, without dbt's prefix: readers type these names. Runs beside each other
  build in spaces of their own (dagster_project/warehouse, BuildSpace), whose schemas end in the variable build_space.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}{{ var('build_space', '') }}
{%- endmacro %}
