{#- docs/definitions.md, Plan and learning. How an entry is written stands in macros/metric_catalogue.sql. -#}
{% macro metrics_plan() %}
measures:
  - measure_id: measures_open
    is_sensitive: false
    compute: {from: fct_measure, at: status_on, value: count(*), where: is_open}
  - measure_id: measures_behind
    is_sensitive: false
    compute: {from: fct_measure, at: status_on, value: count(*), where: is_behind}
  - measure_id: measure_dwellings_planned
    is_sensitive: false
    compute: &due
      from: fct_measure
      at: planned_end_on
      during: ["'-infinity'", measured_end]
      value: sum(dwellings_planned)
  - measure_id: measure_dwellings_delivered
    is_sensitive: false
    compute: {<<: *due, value: sum(dwellings_delivered)}

metrics:
  - metric_id: measures
    name_no: Tiltak i planene
    name_en: Measures of the plans
    perspective: laering
    unit: tiltak
    is_sensitive: false
    direction: none
    decimals: 0
    dimensions: [measure_status]
    periods: as_of_year
    definition_no: Antall tiltak i planene, etter status i dag.
    definition_en: Measures of the plans by today's status; one period, the year of the as-of date.
    source: governance/measure
    caveat_no: Registeret kjenner bare dagens status, så tidligere år kan ikke vises.
    compute: {from: fct_measure, at: status_on, value: count(*)}

  - metric_id: measures_behind_share
    name_no: Andel tiltak på etterskudd
    name_en: Measures behind schedule
    perspective: laering
    unit: andel
    direction: down
    decimals: 2
    dimensions: []
    periods: as_of_year
    definition_no: Tiltak som er forsinket, utsatt eller stoppet, delt på alle tiltak som ikke er fullført.
    definition_en: Measures with status forsinket, utsatt or stoppet divided by all with a status other than fullfort; one period, the year of the as-of date.
    source: governance/measure
    caveat_no: Statusen settes av den som har tiltaket. Et tiltak kan være forsinket uten at det er meldt.
    compute: {ratio: [measures_behind, measures_open]}

  - metric_id: measure_dwellings_delivered_rate
    name_no: Andel planlagte boliger som er levert
    name_en: Planned dwellings delivered
    perspective: laering
    unit: andel
    direction: up
    decimals: 2
    dimensions: []
    definition_no: Boliger levert delt på boliger planlagt, for alle tiltak med planlagt slutt innen periodens slutt, uansett status.
    definition_en: Sum of boliger_levert divided by sum of boliger_planlagt (empty counts as 0) over measures of any status with planlagt_slutt by period end.
    source: governance/measure
    caveat_no: Leverte boliger er talt per i dag, også for tidligere perioder. Et tiltak som får ny planlagt slutt, går ut av regnestykket til da.
    compute: {ratio: [measure_dwellings_delivered, measure_dwellings_planned]}

  - metric_id: challenges_open
    name_no: Åpne utfordringer
    name_en: Open challenges
    perspective: laering
    unit: utfordringer
    is_sensitive: false
    direction: none
    decimals: 0
    dimensions: [challenge_type]
    periods: as_of_year
    definition_no: Antall utfordringer i registeret som er åpne eller under arbeid i dag.
    definition_en: Entries of the register of challenges with status apen or under_arbeid; one period, the year of the as-of date.
    source: governance/challenge
    caveat_no: Flere åpne utfordringer kan bety at organisasjonen ser mer. Alvorlighetsgraden er ikke med i tallet.
    compute: {from: fct_challenge, at: status_on, value: count(*), where: is_open}

  - metric_id: challenges_not_reviewed
    name_no: Utfordringer som ikke er vurdert på et år
    name_en: Challenges not reviewed for a year
    perspective: laering
    unit: utfordringer
    is_sensitive: false
    direction: down
    decimals: 0
    dimensions: []
    periods: as_of_year
    definition_no: Åpne utfordringer som sist ble vurdert for mer enn 365 dager siden.
    definition_en: Open challenges whose sist_vurdert_dato lies more than 365 days before the as-of date; one period, the year of the as-of date.
    source: governance/challenge
    caveat_no: At en utfordring er vurdert, betyr ikke at noe er gjort med den.
    compute: {from: fct_challenge, at: status_on, value: count(*), where: is_open and last_reviewed_on < status_on - 365}
{% endmacro %}
