{#-
  How a model becomes a table or a view: what there was is dropped and what is new made in its place, in one statement
  and one transaction. dbt's own way makes it beside the old one and renames both, for those who read meanwhile; nobody
  reads what is built before it is published (dagster_project/night/publication.py), and a night has a hundred of them.

  Not here: grants, which roles have by schema, and indexes, of which no model has any.
-#}
{% materialization table, adapter='postgres' -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- call statement('main') -%}
{{ put_in_the_place_of(load_cached_relation(this)) }}
{{ get_create_table_as_sql(false, target_relation, sql) }}
    {%- endcall -%}
    {{ finished(target_relation) }}
    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}

{% materialization view, adapter='postgres' -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {%- call statement('main') -%}
{{ put_in_the_place_of(load_cached_relation(this)) }}
{{ get_create_view_as_sql(target_relation, sql) }}
    {%- endcall -%}
    {{ finished(target_relation) }}
    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}

{#- The hooks before it, and the old one dropped with what was built on it. -#}
{% macro put_in_the_place_of(existing) -%}
    {%- for hook in pre_hooks %}
{{ render(hook.sql) }};
    {%- endfor %}
    {%- if existing %}
drop {{ existing.type }} if exists {{ existing }} cascade;
    {%- endif %}
{%- endmacro %}

{#- What is said of it, and the hooks after it, in one statement; then it counts. -#}
{% macro finished(relation) -%}
    {%- call statement('finished') -%}
    {%- if config.persist_relation_docs() and model.description %}
comment on {{ relation.type }} {{ relation }} is {{ postgres_escape_comment(model.description) }};
    {%- endif %}
    {%- for column in model.columns.values() if config.persist_column_docs() and column.description %}
comment on column {{ relation }}.{{ column.name }} is {{ postgres_escape_comment(column.description) }};
    {%- endfor %}
    {%- for hook in post_hooks %}
{{ render(hook.sql) }};
    {%- endfor %}
    {%- endcall -%}
    {% do adapter.commit() %}
{%- endmacro %}
