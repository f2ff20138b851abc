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
  - measure_id: measures_adopted
    is_sensitive: false
    compute: &adopted
      from: fct_measure
      at: adopted_on
      during: [measured_end + 1 - interval '48 months', measured_end]
      value: count(*)
  - measure_id: measures_in_economic_plan
    is_sensitive: false
    compute: {<<: *adopted, where: economic_plan_from_year is not null}
  - measure_id: measures_funded
    is_sensitive: false
    compute: {<<: *adopted, where: funded_from_on <= measured_end}
  - measure_id: budget_years_known
    is_sensitive: false
    compute: {model: measure_budget_overrun}
  - measure_id: budget_years_over
    is_sensitive: false
    compute: {model: measure_budget_overrun}
  - measure_id: housing_net_cost
    is_sensitive: false
    compute: {model: measure_net_cost}
  - measure_id: dwellings_of_known_cost
    is_sensitive: false
    compute: {model: measure_net_cost}

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

  - metric_id: measures_in_economic_plan_share
    name_no: Andel vedtatte tiltak i økonomiplanen
    name_en: Adopted measures in the financial plan
    perspective: laering
    unit: andel
    direction: up
    decimals: 2
    dimensions: [target_group]
    definition_no: Tiltak som kommunestyret vedtok i de 48 månedene fram til periodens slutt, og som er tatt inn i økonomiplanen, delt på alle tiltak vedtatt i de månedene.
    definition_en: Measures with vedtatt_dato in the 48 months that end at period end and an okonomiplan_fra, divided by all with vedtatt_dato in these months.
    source: governance/measure
    caveat_no: Registeret kjenner bare dagens økonomiplan. Tallet er tomt der ingen vedtaksdato er levert.
    compute: {ratio: [measures_in_economic_plan, measures_adopted]}

  - metric_id: measures_funded_share
    name_no: Andel vedtatte tiltak med penger i budsjettet
    name_en: Adopted measures with money in the budget
    perspective: laering
    unit: andel
    direction: up
    decimals: 2
    dimensions: [target_group]
    definition_no: Tiltak som kommunestyret vedtok i de 48 månedene fram til periodens slutt, og som har penger i budsjettet senest året etter, delt på alle tiltak vedtatt i de månedene.
    definition_en: Measures with vedtatt_dato in the 48 months that end at period end whose budsjett_belop, both kinds together, is above 0 in some year no later than the one after period end, divided by all with vedtatt_dato in these months.
    source: governance/measure, governance/measure_funding
    caveat_no: Sier at noe er satt av, ikke at det er nok. Tallet er tomt der ingen vedtaksdato er levert.
    compute: {ratio: [measures_funded, measures_adopted]}

  - metric_id: measure_slip_days_median
    name_no: Utsatt slutt på tiltak (median)
    name_en: Slip of measures, median
    perspective: laering
    unit: dager
    is_sensitive: false
    direction: down
    decimals: 0
    dimensions: []
    periods: as_of_year
    definition_no: Median antall dager planlagt slutt er flyttet siden tiltaket først ble levert, for alle tiltak som ikke er fullført. Negativt betyr tidligere.
    definition_en: Median over the measures of measures_open of planlagt_slutt today less planlagt_slutt in the first accepted delivery under this municipality number that held the tiltak_id; one period, the year of the as-of date.
    source: governance/measure
    caveat_no: Teller bare flyttinger mellom leveransene. Et tiltak må beholde nummeret sitt.
    compute:
      from: fct_measure
      at: status_on
      value: percentile_cont(0.5) within group (order by slip_days)
      where: is_open

  - metric_id: budget_overrun_share
    name_no: Andel år med overskridelse
    name_en: Years over budget
    perspective: okonomi
    unit: andel
    direction: down
    decimals: 2
    dimensions: [kostra_function]
    periods: year
    definition_no: År der regnskapet var mer enn to prosent over revidert budsjett, delt på årene der begge er kjent, blant de siste fem hele årene. Tomt når færre enn tre er kjent.
    definition_en: Of the last five calendar years that are over at period end those with regnskap above budsjett_revidert × 1.02, divided by those with both known, which every unit's row of the function (in the total, of every function) must have; empty with fewer than three. Whole years only.
    source: governance/budget
    caveat_no: Sier hvor ofte, ikke hvor mye.
    compute: {ratio: [budget_years_over, budget_years_known]}

  - metric_id: net_cost_per_dwelling
    name_no: Netto utgift per kommunal bolig
    name_en: Net cost per dwelling
    perspective: okonomi
    unit: kr
    direction: none
    decimals: 0
    dimensions: []
    periods: year
    is_part_of_whole: false
    definition_no: Årets regnskap på KOSTRA-funksjon 265 (kommunalt disponerte boliger) delt på gjennomsnittlig antall boliger i året. Tomt til året er over.
    definition_en: The year's regnskap of funksjon 265, all units together, divided by the average number of dwellings in stock; empty where a unit's is not known and in a year that is not over. Whole years only.
    source: governance/budget, property/dwelling
    caveat_no: Et lavt tall kan bety at vedlikehold er utsatt.
    compute: {ratio: [housing_net_cost, dwellings_of_known_cost]}

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

  - metric_id: challenge_days_open_median
    name_no: Tid til en utfordring er lukket (median)
    name_en: Days until a challenge is closed, median
    perspective: laering
    unit: dager
    is_sensitive: false
    direction: down
    decimals: 0
    dimensions: [challenge_type]
    definition_no: Median antall dager fra en utfordring ble registrert til den første leveransen der den er løst eller avkreftet, for utfordringer lukket i perioden.
    definition_en: Median over the challenges that a delivery whose as-of date lies in the period has as lost or avkreftet for the first time, after the delivery before had them as apen or under_arbeid (deliveries under this municipality number), of that as-of date less registrert_dato; one registered later is left out.
    source: governance/challenge
    caveat_no: Dagen er leveransens, ikke dagen noen avgjorde det. En utfordring som åpnes igjen, teller den første gangen.
    compute:
      from: fct_challenge_change
      at: changed_on
      value: percentile_cont(0.5) within group (order by days_open)
{% endmacro %}
