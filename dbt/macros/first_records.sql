{#-
  Where the records begin (docs/definitions.md, Where a series begins): the least of this date over a table's accepted rows. A
  table of which metrics count parts apart has a record for each part. `as`: its records are taken to begin with
  another's, for that nothing is in it may be the good news that nobody was late. One without a date knows today only
  and begins nothing.
-#}
{% macro first_records() -%}
{%- set entries %}
- {record: allocation/application, from: stg_allocation__application, at: received_on}
- {record: allocation/decision, from: stg_allocation__decision, at: decided_on}
- {record: allocation/waitlist_entry, from: stg_allocation__waitlist_entry, at: entered_on}
- {record: allocation/allocation, from: stg_allocation__allocation, at: allocated_on}
- {record: allocation/refugee_settlement, from: stg_allocation__refugee_settlement, at: settled_on}
- {record: allocation/temporary_stay, from: stg_allocation__temporary_stay, at: from_on}
- {record: property/dwelling, from: stg_property__dwelling, at: acquired_on}
- {record: property/tenancy, from: stg_property__tenancy, at: started_on}
- {record: property/dwelling_event, from: stg_property__dwelling_event, at: event_on}
- {record: accounting/rent_charge, from: stg_accounting__rent_charge, at: due_on, where: charge_type <> 'tomgangsleie'}
- {record: accounting/rent_charge/tomgangsleie, from: stg_accounting__rent_charge, at: charge_month, where: charge_type = 'tomgangsleie'}
- {record: accounting/payment, from: stg_accounting__payment, at: paid_on}
- {record: accounting/repayment_plan, as: accounting/rent_charge}
- {record: accounting/eviction_case, as: accounting/rent_charge}
- {record: husbanken/startlan, from: stg_husbanken__startlan, at: applied_on}
- {record: husbanken/tilskudd, from: stg_husbanken__tilskudd, at: paid_out_on}
- {record: husbanken/bostotte/statlig, from: stg_husbanken__bostotte, at: benefit_month, where: scheme = 'statlig'}
- {record: husbanken/bostotte/kommunal, from: stg_husbanken__bostotte, at: benefit_month, where: scheme = 'kommunal'}
- {record: nav/guarantee, from: stg_nav__guarantee, at: given_on}
- {record: nav/income_management, from: stg_nav__income_management, at: referred_on}
- {record: nav/private_letting, from: stg_nav__private_letting, at: assisted_on}
- {record: nav/social_assistance, from: stg_nav__social_assistance, at: assistance_month}
- {record: followup/followup_case, from: stg_followup__followup_case, at: decided_on}
- {record: followup/followup_month, from: stg_followup__followup_month, at: followup_month}
- {record: followup/housing_warning, from: stg_followup__housing_warning, at: warned_on}
- {record: governance/measure}
- {record: governance/challenge}
- {record: governance/measure_funding}
- {record: governance/budget}
- {record: governance/settlement_agreement}
- {record: governance/development_agreement}
- {record: governance/municipal_grant}
- {record: governance/grant_pot}
- {record: governance/forutsetning}
- {record: governance/respite}
- {record: reference/kostra}
{% endset -%}
{{ return(fromyaml(entries)) }}
{%- endmacro %}

{#- The table of a record, as the catalogue's sources name it. -#}
{% macro table_of_record(record) -%}
    {{ return(record.split('/')[:2] | join('/')) }}
{%- endmacro %}

{#-
  The records that each metric begins with: {metric_id: [record, ...]}. Where the entry does not say (`begins_with`),
  those of its source that have a beginning; and those of the metrics that it is made of. `of`: the metrics, where they
  have been read.
-#}
{% macro metric_begins(of=none) -%}
    {%- set every = of or metrics() -%}
    {%- set known = first_records() | map(attribute='record') | list -%}
    {%- set own = {} -%}
    {%- for metric in every -%}
        {%- set named = metric.begins_with or metric.source.split(', ') | select('in', known) | list -%}
        {%- for record in named if record not in known -%}
            {{ exceptions.raise_compiler_error(metric.metric_id ~ ' begins with ' ~ record ~ ', of which first_records knows nothing') }}
        {%- endfor -%}
        {%- do own.update({metric.metric_id: named}) -%}
    {%- endfor -%}
    {%- set begins = {} -%}
    {%- for metric in every -%}
        {%- set records = own[metric.metric_id] | list -%}
        {%- for part in metric.compute.ratio or metric.compute.difference or [] -%}
            {%- do records.extend(own.get(part, [])) -%}
        {%- endfor -%}
        {%- if not records -%}
            {{ exceptions.raise_compiler_error(metric.metric_id ~ ' begins with no record: no table of its source has one') }}
        {%- endif -%}
        {%- do begins.update({metric.metric_id: records | unique | list}) -%}
    {%- endfor -%}
    {{ return(begins) }}
{%- endmacro %}
