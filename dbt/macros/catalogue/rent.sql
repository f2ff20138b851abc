{#- docs/definitions.md, Rent and arrears. How an entry is written stands in macros/metric_catalogue.sql. -#}
{% macro metrics_rent() %}
measures:
  # a stay's current contract at period end is the latest that has started
  - measure_id: current_rent_known_area
    compute: &current
      from: fct_contract
      at_end: [started_on, superseded_on]
      value: sum(rent_month_nok)
      where: usable_area_m2 is not null
  - measure_id: current_area
    compute: {<<: *current, value: sum(usable_area_m2)}
  - measure_id: current_rent_known_market
    compute: &current_market {<<: *current, where: market_rent_month_nok is not null}
  - measure_id: current_market_rent
    compute: {<<: *current_market, value: sum(market_rent_month_nok)}
  - measure_id: contracts_of_known_regulation
    compute: &regulation
      from: fct_contract
      at_end: [started_on, superseded_on]
      value: count(*)
      where: regulation_type is not null
  - measure_id: contracts_index_possible
    compute: {<<: *regulation, where: regulation_type is not null and index_possible_from_on <= measured_end}
  - measure_id: contracts_market_rent_possible
    compute: {<<: *regulation, where: regulation_type is not null and market_rent_possible_from_on <= measured_end}
  - measure_id: stays_at_period_end
    compute: {from: fct_stay, at_end: [started_on, ended_on], value: count(*)}
  - measure_id: stays_in_arrears
    compute:
      from: fct_arrears
      at_end: [tenant_late_from_on, tenant_late_to_on]
      value: count(distinct stay_id)
      columns: {housing_category: stay_housing_category}
  - measure_id: repayment_plans_ended
    compute: {from: fct_repayment_plan, at: ended_on, value: count(*)}
  - measure_id: repayment_plans_defaulted
    compute: {from: fct_repayment_plan, at: ended_on, value: count(*), where: end_reason = 'misligholdt'}
  - measure_id: current_contracts_known_area
    compute: {<<: *current, value: count(*)}
  - measure_id: current_contracts_known_market
    compute: {<<: *current_market, value: count(*)}
  - measure_id: stays_charged
    compute: {from: fct_rent_charge, at: due_on, value: count(distinct stay_id), where: charge_type = 'husleie'}
  - measure_id: stays_paid
    compute: {from: fct_payment, at: paid_on, value: count(distinct stay_id), where: charge_type = 'husleie'}
  - measure_id: evictions_followed
    compute: {from: fct_eviction_case, at: followed_to_on, value: count(*)}
  - measure_id: evictions_followed_to_temporary
    compute: {from: fct_eviction_case, at: followed_to_on, value: count(*), where: is_in_temporary_stay_within_90_days}
  - measure_id: evictions_awaiting_income_management
    compute: {from: fct_eviction_case, at: outcome_on, value: count(*), where: "eviction_outcome = 'gjennomfort' and is_awaiting_income_management"}
  - measure_id: stays_owing
    compute: {from: fct_arrears, at_end: [owed_from_on, owed_to_on], value: count(distinct stay_id)}

metrics:
  - metric_id: rent_per_m2
    name_no: Leie per kvadratmeter
    name_en: Rent per square metre
    perspective: okonomi
    unit: kr per m² i måneden
    built_on: current_contracts_known_area
    direction: none
    decimals: 0
    dimensions: [housing_category, manager]
    definition_no: Sum månedsleie delt på sum bruksareal, for kontrakter som løper ved periodens slutt i boliger med kjent areal. I et leieforhold teller den siste kontrakten som har begynt.
    definition_en: Sum of manedsleie divided by sum of bruksareal_m2 over contracts running at period end (of a chain the latest started) with a known area.
    source: property/tenancy, property/dwelling
    caveat_no: Areal og leie er de som står i registrene i dag. Små boliger har høyere leie per kvadratmeter.
    compute: {ratio: [current_rent_known_area, current_area]}

  - metric_id: rent_to_market
    name_no: Leie i forhold til markedsleie
    name_en: Rent to market rent
    perspective: okonomi
    unit: andel
    built_on: current_contracts_known_market
    direction: up
    decimals: 2
    dimensions: [housing_category, manager]
    definition_no: Sum månedsleie delt på sum markedsleie, for kontrakter som løper ved periodens slutt i boliger der markedsleien er kjent.
    definition_en: Sum of manedsleie divided by sum of markedsleie_mnd over contracts running at period end (of a chain the latest started) where markedsleie_mnd is known.
    source: property/tenancy, property/dwelling
    caveat_no: Markedsleien er et anslag, og den samme brukes bakover i tid.
    conflicts_with: [bostotte_over_ceiling_share]
    conflict_no: Leie nærmere markedsleien gjør slutt på generell subsidiering, men den delen av boutgiften som ligger over taket i bostøtten, må leieboeren, sosialhjelpen eller en kommunal bostøtte dekke (rapportens kapittel 6.2.10).
    compute: {ratio: [current_rent_known_market, current_market_rent]}

  - metric_id: contracts_over_ten_years
    name_no: Leieforhold over ti år
    name_en: Stays of more than ten years
    perspective: okonomi
    unit: leieforhold
    direction: down
    decimals: 0
    dimensions: []
    definition_no: Leieforhold ved periodens slutt som begynte mer enn ti år før. Et leieforhold er alle kontraktene etter hverandre i samme bolig.
    definition_en: Stays (chains of contracts in one dwelling) at period end that began more than ten years (of 365.25 days) earlier.
    source: property/tenancy
    caveat_no: Noen av disse boligene er ment for livet. Tallet er ikke i seg selv et tegn på lav sirkulasjon.
    compute: {from: fct_stay, at_end: [started_on, ended_on], value: count(*), where: measured_end - started_on > 10 * 365.25}

  - metric_id: index_regulation_possible
    name_no: Andel kontrakter der leien kan indeksreguleres
    name_en: Contracts that the index may regulate
    perspective: okonomi
    unit: andel
    direction: down
    decimals: 2
    dimensions: [housing_category, manager]
    periods: as_of_year
    definition_no: Kontrakter der leien ble satt for minst tolv måneder siden, og kan justeres etter husleieloven § 4-2, delt på kontrakter der det er kjent når leien sist ble regulert.
    definition_en: Contracts running at period end (of a chain the latest started) with a reguleringsmate whose rent was last set (the later of start_dato and sist_regulert_dato) at least 12 months before, divided by all such with a reguleringsmate; one period, the year of the as-of date.
    source: property/tenancy
    caveat_no: Bare den siste reguleringen er kjent, så tidligere år kan ikke vises. Hva leien kunne vært, er ikke regnet ut, for prisindeksen er ikke levert.
    compute: {ratio: [contracts_index_possible, contracts_of_known_regulation]}

  - metric_id: market_regulation_possible
    name_no: Andel kontrakter der leien kan settes til gjengs leie
    name_en: Contracts that the market may regulate
    perspective: okonomi
    unit: andel
    direction: down
    decimals: 2
    dimensions: [housing_category, manager]
    periods: as_of_year
    definition_no: Kontrakter der leien har stått i minst to år og seks måneder uten annen endring enn indeksen, så gjengs leie kan kreves etter husleieloven § 4-3, delt på kontrakter der det er kjent når leien sist ble regulert.
    definition_en: Contracts running at period end (of a chain the latest started) with a reguleringsmate that began, or with gjengs_leie were last regulated, at least 30 months before, divided by all such with a reguleringsmate; one period, the year of the as-of date.
    source: property/tenancy
    caveat_no: Kravet må varsles seks måneder før. Der indeksen kom sist, kan en tidligere regulering til gjengs leie være skjult.
    compute: {ratio: [contracts_market_rent_possible, contracts_of_known_regulation]}

  - metric_id: rent_charged
    name_no: Krevd husleie
    name_en: Rent charged
    perspective: okonomi
    unit: kr
    built_on: stays_charged
    direction: none
    decimals: 0
    dimensions: [housing_category]
    definition_no: Sum husleiekrav med forfall i perioden. Krediteringer er trukket fra.
    definition_en: Sum of belop over husleie charges with forfallsdato in the period, credits included as negative amounts, NOK.
    source: accounting/rent_charge
    caveat_no: Skade, gebyr og tomgangsleie er ikke med.
    compute: {from: fct_rent_charge, at: due_on, value: sum(amount_nok), where: charge_type = 'husleie'}

  - metric_id: rent_paid
    name_no: Betalt husleie
    name_en: Rent paid
    perspective: okonomi
    unit: kr
    built_on: stays_paid
    direction: none
    decimals: 0
    dimensions: [housing_category]
    definition_no: Sum innbetalt på husleiekrav i perioden, uansett når kravet forfalt. Tilbakebetalinger er trukket fra.
    definition_en: Sum of belop over payments of husleie charges with betalt_dato in the period, whenever the charge was due, NOK.
    source: accounting/payment, accounting/rent_charge
    caveat_no: Kan ikke deles på krevd husleie i samme periode som en betalingsgrad. Noe er betalt på gamle krav.
    compute: {from: fct_payment, at: paid_on, value: sum(amount_nok), where: charge_type = 'husleie'}

  - metric_id: arrears
    name_no: Restanser
    name_en: Arrears
    perspective: okonomi
    unit: kr
    built_on: stays_owing
    direction: down
    decimals: 0
    dimensions: [housing_category]
    definition_no: Det som står ubetalt ved periodens slutt av krav på husleie, skade og gebyr som da er forfalt, regnet krav for krav. Krediteringer og overbetalinger trekkes ikke fra andre krav.
    definition_en: Sum over husleie, skade and gebyr charges due by period end of max(belop less payments by period end, 0), charge by charge; credits and over-payments are not netted, a negative payment undoes one.
    source: accounting/rent_charge, accounting/payment
    caveat_no: Også krav på leieboere som har flyttet, er med, til de er betalt eller kreditert på selve kravet.
    compute: {from: fct_arrears, at_end: [owed_from_on, owed_to_on], value: sum(remainder_nok)}

  - metric_id: arrears_tenant_share
    name_no: Andel leieforhold med restanse
    name_en: Tenants in arrears
    perspective: okonomi
    unit: andel
    direction: down
    decimals: 2
    dimensions: [housing_category]
    definition_no: Andel av leieforholdene ved periodens slutt som har noe ubetalt på et krav som forfalt mer enn 30 dager før.
    definition_en: Stays at period end with any remainder of a husleie, skade or gebyr charge due more than 30 days before, divided by stays at period end.
    source: accounting/rent_charge, accounting/payment, property/tenancy
    caveat_no: Også et lite beløp teller. Leieboere som har flyttet, er ikke med her, men i restansene.
    compute: {ratio: [stays_in_arrears, stays_at_period_end]}

  - metric_id: repayment_plans_active
    name_no: Løpende nedbetalingsavtaler
    name_en: Repayment plans running
    perspective: okonomi
    unit: avtaler
    direction: none
    decimals: 0
    dimensions: []
    definition_no: Antall nedbetalingsavtaler som løper ved periodens slutt.
    definition_en: Repayment plans running at period end (inngatt_dato by then, not ended by then).
    source: accounting/repayment_plan
    caveat_no: Flere avtaler kan bety større restanser, eller at kommunen kommer tidligere i gang.
    compute: {from: fct_repayment_plan, at_end: [agreed_on, ended_on], value: count(*)}

  - metric_id: repayment_plan_default_rate
    name_no: Andel nedbetalingsavtaler som misligholdes
    name_en: Repayment plans defaulted
    perspective: okonomi
    unit: andel
    direction: down
    decimals: 2
    dimensions: []
    definition_no: Nedbetalingsavtaler avsluttet som misligholdt, delt på alle avtaler som ble avsluttet i perioden.
    definition_en: Repayment plans ended in the period with avsluttet_arsak misligholdt, divided by plans ended in the period.
    source: accounting/repayment_plan
    caveat_no: Få avtaler gir store utslag. En avtale uten registrert årsak regnes som ikke misligholdt.
    compute: {ratio: [repayment_plans_defaulted, repayment_plans_ended]}

  - metric_id: eviction_petitions
    name_no: Begjæringer om fravikelse
    name_en: Eviction petitions
    perspective: okonomi
    unit: saker
    direction: down
    decimals: 0
    dimensions: []
    definition_no: Antall begjæringer om fravikelse (utkastelse) i perioden.
    definition_en: Eviction cases whose begjaert_dato lies in the period.
    source: accounting/eviction_case
    caveat_no: Mange begjæringer stanses fordi leieboeren betaler.
    compute: {from: fct_eviction_case, at: petitioned_on, value: count(*)}

  - metric_id: evictions_carried_out
    name_no: Gjennomførte fravikelser
    name_en: Evictions carried out
    perspective: okonomi
    unit: saker
    direction: down
    decimals: 0
    dimensions: []
    definition_no: Antall fravikelser gjennomført i perioden, etter dagen for utfallet.
    definition_en: Eviction cases with utfall gjennomfort and utfall_dato in the period.
    source: accounting/eviction_case
    caveat_no: Leieboere som flytter selv etter en begjæring, er ikke med.
    compute: {from: fct_eviction_case, at: outcome_on, value: count(*), where: eviction_outcome = 'gjennomfort'}

  - metric_id: evicted_to_temporary_90d
    name_no: Andel fravikelser med midlertidig bolig innen 90 dager
    name_en: Evicted and in temporary housing within 90 days
    perspective: okonomi
    unit: andel
    direction: down
    decimals: 2
    dimensions: []
    definition_no: Gjennomførte fravikelser der leieboeren innen 90 dager fikk et opphold i midlertidig bolig, delt på alle gjennomførte fravikelser der de 90 dagene gikk ut i perioden.
    definition_en: Evictions carried out (utfall gjennomfort) whose 90th day after utfall_dato lies in the period and whose contract's person has a temporary stay with fra_dato from utfall_dato up to that day, divided by all evictions carried out whose 90th day lies in the period.
    source: accounting/eviction_case, allocation/temporary_stay, property/tenancy
    caveat_no: Få fravikelser gir store utslag. Hvor de andre ble av, vet registrene ikke.
    compute: {ratio: [evictions_followed_to_temporary, evictions_followed]}

  - metric_id: evicted_awaiting_income_management
    name_no: Andel fravikelser mens leieboeren ventet på forvaltning av inntekt
    name_en: Evicted while waiting for income management
    perspective: okonomi
    unit: andel
    direction: down
    decimals: 2
    dimensions: []
    definition_no: Fravikelser gjennomført i perioden der leieboeren den dagen var henvist til forvaltning av inntekt og ikke hadde fått den, delt på alle gjennomførte fravikelser.
    definition_en: Evictions carried out (utfall gjennomfort, utfall_dato in the period) on whose utfall_dato the contract's person has an income management case with henvist_dato up to that day and neither start_dato nor slutt_dato up to it, divided by all evictions carried out.
    source: accounting/eviction_case, nav/income_management, property/tenancy
    caveat_no: Sier at det skjedde mens noen ventet, ikke at forvaltning ville ha hindret det. Få fravikelser gir store utslag.
    compute: {ratio: [evictions_awaiting_income_management, evictions_carried_out]}
{% endmacro %}
