{#-
  How a model becomes a table or a view: what there was is dropped and what is new made in its place, in one statement
  and one transaction. dbt's own way makes it beside the old one and renames both, for those who read meanwhile; nobody
  reads what is built before it is published (dagster_project/night/publication.py), and a night has a hundred of them.
  So each statement and each macro that is called here is a hundred: a model's comments are written without one.

  A table of a contract is made with the columns of the contract, whatever the query's are. Whether those are the same
  types is asked of the database beforehand, by a query of its own: it hangs on the code alone, so a night does not ask
  (dagster_project/defs/models.py); whoever develops does (dagster_project/operations/developer.py).

  Not here: grants, which roles have by schema, and indexes, of which no model has any.
-#}
{% materialization table, adapter='postgres' -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set is_declared = config.get('contract').enforced -%}
    {%- if is_declared and env_var('DBT_CONTRACTS', 'asked') == 'asked' -%}
        {%- set _ = get_assert_columns_equivalent(sql) -%}
    {%- endif -%}
    {%- call statement('main') -%}
{{ put_in_the_place_of(load_cached_relation(this)) }}
    {%- if is_declared %}
        {%- set names = model.columns.values() | map(attribute='name') | join(', ') %}
create {{ 'unlogged ' if config.get('unlogged') }}table {{ target_relation }} (
    {{ (
        adapter.render_raw_columns_constraints(raw_columns=model.columns)
        + adapter.render_raw_model_constraints(raw_constraints=model.constraints)
    ) | join(', ') }}
);
{{ described(target_relation) }}
insert into {{ target_relation }} ({{ names }})
select {{ names }} from (
{{ sql }}
) as built
    {%- else %}
create {{ 'unlogged ' if config.get('unlogged') }}table {{ target_relation }} as
{{ sql }}
    {%- endif %}
    {%- endcall -%}
    {%- call statement('finished') -%}
    {%- if not is_declared %}
{{ described(target_relation) }}
    {%- endif %}
    {%- for hook in post_hooks %}
{{ render(hook.sql) }};
    {%- endfor %}
    {%- endcall -%}
    {% do adapter.commit() %}
    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}

{% materialization view, adapter='postgres' -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {%- call statement('main') -%}
{{ put_in_the_place_of(load_cached_relation(this)) }}
create view {{ target_relation }} as
{{ sql }}
;
{{ described(target_relation) }}
    {%- for hook in post_hooks %}
{{ render(hook.sql) }};
    {%- endfor %}
    {%- endcall -%}
    {% do adapter.commit() %}
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

{#- What is said of it and of its columns. -#}
{% macro described(relation) -%}
    {%- if config.persist_relation_docs() and model.description %}
comment on {{ relation.type }} {{ relation }} is '{{ model.description | replace("'", "''") }}';
    {%- endif %}
    {%- for column in model.columns.values() if config.persist_column_docs() and column.description %}
comment on column {{ relation }}.{{ column.name }} is '{{ column.description | replace("'", "''") }}';
    {%- endfor %}
{%- endmacro %}
