{#- On which side of its target a figure stands (docs/definitions.md, scorecard.status): green, yellow, red or none. -#}
{% macro target_status(direction, value, is_ripe, green, red) -%}
    case
        when not {{ is_ripe }} or {{ direction }} = 'none' or {{ value }} is null or {{ green }} is null then 'none'
        when {{ direction }} = 'up' and {{ value }} >= {{ green }} then 'green'
        when {{ direction }} = 'up' and {{ value }} <= {{ red }} then 'red'
        when {{ direction }} = 'down' and {{ value }} <= {{ green }} then 'green'
        when {{ direction }} = 'down' and {{ value }} >= {{ red }} then 'red'
        else 'yellow'
    end
{%- endmacro %}
