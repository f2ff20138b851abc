{#-
  The dimensions of the scorecard, and where their values come from: a breakdown lists every value that occurs in
  any table of the delivery, zeros included (docs/definitions.md, Where they stand). A dimension whose values do not come
  from the delivery lists them (`values`). `from` entries: the mart, the column (default: the dimension's name),
  and which rows (optional). An attribute that may be empty is listed as ukjent where an event that has happened
  lacks it. `part_of: {dimension: {value: its value}}` says that each value lies wholly within one of another
  dimension: whoever knows the parts knows that one too (dagster_project/disclosure).
-#}
{% macro dimensions() -%}
{%- set entries %}
- dimension: housing_category
  from: [{mart: fct_application}, {mart: fct_queue_entry}, {mart: dim_dwelling}]
- dimension: exit_reason
  from: [{mart: fct_queue_entry}]
- dimension: application_type
  from: [{mart: fct_application}]
- dimension: handling_unit
  from: [{mart: fct_application}]
- dimension: outcome
  from: [{mart: fct_decision}]
- dimension: committee
  from: [{mart: fct_allocation}]
- dimension: move_out_reason
  from: [{mart: fct_contract}, {mart: fct_stay, column: "coalesce(move_out_reason, 'ukjent')", where: ended_on is not null}]
- dimension: purpose
  from: [{mart: fct_startlan}]
- dimension: recipient_group
  from: [{mart: fct_startlan}]
- dimension: grant_type
  from: [{mart: fct_grant}]
- dimension: measure_status
  from: [{mart: fct_measure}]
- dimension: target_group
  from: [{mart: fct_measure}, {mart: fct_measure, column: "coalesce(target_group, 'ukjent')", where: adopted_on is not null}]
- dimension: kostra_function
  from: [{mart: fct_budget}]
- dimension: unsettled_reason
  from: [{mart: fct_settlement_agreement}]
- dimension: challenge_type
  from: [{mart: fct_challenge}]
- dimension: area
  from: [{mart: dim_dwelling}]
- dimension: manager
  from: [{mart: dim_dwelling}]
- dimension: tenure
  from: [{mart: dim_dwelling}]
- dimension: disposed_to
  from: [{mart: dim_dwelling}, {mart: dim_dwelling, column: "coalesce(disposed_to, 'ukjent')", where: disposed_on is not null}]
- dimension: dwelling_type
  from: [{mart: fct_refugee_settlement}]
- dimension: landlord
  from: [{mart: fct_guarantee}]
- dimension: followup_group
  from: [{mart: fct_followup_case}]
- dimension: followup_unit
  from: [{mart: fct_followup_case}]
- dimension: followup_method
  from: [{mart: fct_followup_case}]
- dimension: followup_end_reason
  from: [{mart: fct_followup_case}]
- dimension: warning_type
  from: [{mart: fct_followup_warning}]
- dimension: with_followup
  values: [med, uten]
- dimension: tenant_group
  values: [rus, psykisk, rop, puh, flyktning, okonomi, ung, eldre, annet, uten]
  part_of:
    with_followup:
      rus: med
      psykisk: med
      rop: med
      puh: med
      flyktning: med
      okonomi: med
      ung: med
      eldre: med
      annet: med
      uten: uten
- dimension: instrument
  values: [bolig, startlan, bostotte, midlertidig, garanti, forvaltning, privat_leie, sosialhjelp]
- dimension: phase
  values: [rehabilitering, klargjoring, tildeling, innflytting, ukjent]
  part_of:
    responsible:
      rehabilitering: eiendom
      klargjoring: eiendom
      tildeling: tildeling
      innflytting: felles
      ukjent: ukjent
- dimension: size_class
  values: [en, to, tre_fire, fem_eller_flere, ukjent]
- dimension: responsible
  values: [eiendom, tildeling, felles, ukjent]
{% endset -%}
{{ return(fromyaml(entries)) }}
{%- endmacro %}
