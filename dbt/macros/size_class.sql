{#-
  The size that a household needs and a dwelling has, in four classes in the same order: a household by its persons
  (1, 2, 3-4, 5 or more: up to [1, 2, 4]), a dwelling by its rooms (1-2, 3, 4, 5 or more: up to [2, 3, 4]).
-#}
{% macro size_class(number, up_to) -%}
    case
        when {{ number }} <= {{ up_to[0] }} then 'en'
        when {{ number }} <= {{ up_to[1] }} then 'to'
        when {{ number }} <= {{ up_to[2] }} then 'tre_fire'
        when {{ number }} > {{ up_to[2] }} then 'fem_eller_flere'
        else 'ukjent'
    end
{%- endmacro %}
