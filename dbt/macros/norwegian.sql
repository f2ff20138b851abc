{#-
  How figures and periods are written in Norwegian, whatever the locale of the server: decimal comma, a narrow
  no-break space between thousands, a true minus, shares in per cent.
-#}
{% macro norwegian_number(value, decimals) -%}
    translate(
        to_char(
            round(({{ value }})::numeric, {{ decimals }}),
            'FM999,999,999,990' || case when {{ decimals }} > 0 then '.' || repeat('0', {{ decimals }}) else '' end
        ),
        ',.-', U&'\202f,\2212'
    )
{%- endmacro %}

{% macro norwegian_figure(value, unit, decimals) -%}
    case
        when {{ unit }} in ('andel', 'andel per år')
            then {{ norwegian_number('100 * ' ~ value, 'greatest(' ~ decimals ~ ' - 2, 0)') }} || U&'\00a0%'
        when {{ unit }} = 'kr' then {{ norwegian_number(value, decimals) }} || U&'\00a0kr'
        else {{ norwegian_number(value, decimals) }}
    end
{%- endmacro %}

{#- The unit behind a number as it is written: of one there is one (tests/structure/test_catalogue.py knows every unit). -#}
{% macro norwegian_unit(number, unit) -%}
    case
        when {{ number }} <> '1' then {{ unit }}
        else case {{ unit }}
            when 'avtaler' then 'avtale'
            when 'boliger' then 'bolig'
            when 'boliger per 1000 innbyggere' then 'bolig per 1000 innbyggere'
            when 'dager' then 'dag'
            when 'garantier' then 'garanti'
            when 'husstander' then 'husstand'
            when 'klager' then 'klage'
            when 'kontrakter' then 'kontrakt'
            when 'måneder' then 'måned'
            when 'personer' then 'person'
            when 'saker' then 'sak'
            when 'søknader' then 'søknad'
            when 'tildelinger' then 'tildeling'
            when 'timer' then 'time'
            when 'utfordringer' then 'utfordring'
            else {{ unit }}
        end
    end
{%- endmacro %}

{% macro norwegian_period(period_type, period_start) -%}
    case {{ period_type }}
        when 'month' then to_char({{ period_start }}, 'MM.YYYY')
        when 'quarter' then format('%s. kvartal %s', extract(quarter from {{ period_start }}), extract(year from {{ period_start }}))
        when 'tertial' then format('%s. tertial %s', extract(month from {{ period_start }})::integer / 4 + 1, extract(year from {{ period_start }}))
        else extract(year from {{ period_start }})::text
    end
{%- endmacro %}

{#- A text as PostgreSQL has it written; dbt's own looks for an adapter's way each of a thousand times. -#}
{% macro sql_text(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}
