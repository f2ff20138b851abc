{#- docs/definitions.md, Startlån, grants, housing allowance: all but startlån. How an entry is written stands in macros/metric_catalogue.sql. -#}
{% macro metrics_grants_and_allowance() %}
measures:
  - measure_id: grant_pot
    is_sensitive: false
    compute: {from: fct_grant_pot, at: year_begins_on, value: max(pot_nok)}
  - measure_id: tenants_at_period_end
    compute: {from: fct_contract, at_end: [started_on, superseded_on], value: count(distinct person_id)}
  - measure_id: tenants_with_bostotte
    compute: {model: measure_bostotte_last_month}
  - measure_id: bostotte_tenants_with_ceiling
    compute: {model: measure_bostotte_last_month}
  - measure_id: bostotte_tenants_over_ceiling
    compute: {model: measure_bostotte_last_month}

metrics:
  - metric_id: grants
    name_no: Utbetalte tilskudd
    name_en: Grants paid out
    perspective: okonomi
    unit: tilskudd
    direction: up
    decimals: 0
    dimensions: [grant_type]
    definition_no: Antall boligtilskudd utbetalt i perioden, til etablering og til tilpasning.
    definition_en: Grants whose utbetalt_dato lies in the period.
    source: husbanken/tilskudd
    caveat_no: Rammen fra Husbanken setter grensen. Tallet viser ikke hvor mange som har behov.
    compute: {from: fct_grant, at: paid_out_on, value: count(*)}

  - metric_id: grants_amount
    name_no: Utbetalt tilskudd
    name_en: Amount of grants paid out
    perspective: okonomi
    unit: kr
    built_on: grants
    direction: none
    decimals: 0
    dimensions: [grant_type]
    definition_no: Sum boligtilskudd utbetalt i perioden.
    definition_en: Sum of belop over grants, NOK.
    source: husbanken/tilskudd
    caveat_no: Løpende kroner.
    compute: {from: fct_grant, at: paid_out_on, value: sum(amount_nok)}

  - metric_id: grant_pot_use
    name_no: Andel av tilskuddspotten som er brukt
    name_en: Grant pot used
    perspective: okonomi
    unit: andel
    built_on: grants
    direction: up
    decimals: 2
    dimensions: []
    periods: year
    is_part_of_whole: false
    definition_no: Utbetalt boligtilskudd i året, delt på potten kommunen fikk fra Husbanken for året.
    definition_en: grants_amount divided by tildelt_belop of the year's grant pot; empty in a year without one. Whole years only.
    source: husbanken/tilskudd, governance/grant_pot
    caveat_no: Penger som ikke er brukt ett år, kan være overført til det neste. Da kan andelen bli over 100 prosent.
    compute: {ratio: [grants_amount, grant_pot]}

  - metric_id: bostotte_households
    name_no: Mottakere av statlig bostøtte
    name_en: Recipients of state housing allowance
    perspective: okonomi
    unit: husstander
    direction: none
    decimals: 0
    dimensions: []
    definition_no: Antall ulike mottakere som har fått utbetalt statlig bostøtte for minst én måned i perioden.
    definition_en: Distinct recipients (persons) of statlig bostøtte with belop above 0 and termin in the period.
    source: husbanken/bostotte
    begins_with: [husbanken/bostotte/statlig]
    caveat_no: Et år har flere mottakere enn en måned, fordi folk kommer til og faller fra. Sammenlign perioder av samme lengde.
    compute: {from: fct_bostotte, at: benefit_month, value: count(distinct person_id), where: scheme = 'statlig' and is_recipient}

  - metric_id: bostotte_amount
    name_no: Utbetalt statlig bostøtte
    name_en: State housing allowance paid
    perspective: okonomi
    unit: kr
    built_on: bostotte_households
    direction: none
    decimals: 0
    dimensions: []
    definition_no: Sum statlig bostøtte for månedene i perioden.
    definition_en: Sum of belop over statlig bostøtte with termin in the period, NOK.
    source: husbanken/bostotte
    begins_with: [husbanken/bostotte/statlig]
    caveat_no: Løpende kroner, etter måneden som støtten gjelder, ikke dagen den ble betalt.
    compute: {from: fct_bostotte, at: benefit_month, value: sum(amount_nok), where: scheme = 'statlig' and is_recipient}

  - metric_id: bostotte_tenant_coverage
    name_no: Andel kommunale leieboere med bostøtte
    name_en: Tenants with state housing allowance
    perspective: okonomi
    unit: andel
    direction: up
    decimals: 2
    dimensions: []
    definition_no: Andel av de kommunale leieboerne ved periodens slutt som fikk statlig bostøtte i den siste måneden i perioden det finnes opplysninger om.
    definition_en: Distinct tenants at period end (of a chain of contracts the latest started contract's person) with statlig bostøtte (belop above 0) in the period's last month for which any row exists, divided by the distinct tenants at period end.
    source: husbanken/bostotte, property/tenancy
    begins_with: [husbanken/bostotte/statlig, property/tenancy]
    caveat_no: Bare den som har skrevet under kontrakten, kobles til bostøtten. Søker en annen i husstanden, telles leieboeren som uten.
    compute: {ratio: [tenants_with_bostotte, tenants_at_period_end]}

  - metric_id: bostotte_over_ceiling_share
    name_no: Andel med boutgift over taket
    name_en: Housing cost above the ceiling
    perspective: okonomi
    unit: andel
    direction: down
    decimals: 2
    dimensions: []
    definition_no: Andel av kommunale leieboere med statlig bostøtte i den siste måneden i perioden det finnes opplysninger om, som har høyere boutgift enn taket bostøtten regnes av.
    definition_en: Statlig recipients (belop above 0) with kommunal_leieboer ja in the period's last month for which any row exists whose boutgift is above boutgiftstak, divided by those with both known (the worry of chapter 6.2.10).
    source: husbanken/bostotte
    begins_with: [husbanken/bostotte/statlig]
    caveat_no: Det som ligger over taket, betaler leieboeren selv. Leieboere som ikke får bostøtte, er ikke med.
    compute: {ratio: [bostotte_tenants_over_ceiling, bostotte_tenants_with_ceiling]}

  - metric_id: municipal_bostotte_households
    name_no: Mottakere av kommunal bostøtte
    name_en: Recipients of municipal housing allowance
    perspective: okonomi
    unit: husstander
    direction: none
    decimals: 0
    dimensions: []
    definition_no: Antall ulike mottakere som har fått utbetalt kommunal bostøtte for minst én måned i perioden.
    definition_en: Distinct recipients (persons) of kommunal bostøtte with belop above 0 and termin in the period.
    source: husbanken/bostotte
    begins_with: [husbanken/bostotte/kommunal]
    caveat_no: Mange får både statlig og kommunal bostøtte. De to tallene kan ikke legges sammen.
    compute: {from: fct_bostotte, at: benefit_month, value: count(distinct person_id), where: scheme = 'kommunal' and is_recipient}
{% endmacro %}
