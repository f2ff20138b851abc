{#- docs/definitions.md, Allocations and renewals. How an entry is written stands in macros/metric_catalogue.sql. -#}
{% macro metrics_allocations() %}
measures:
  - measure_id: allocations_all
    compute: {from: fct_allocation, at: allocated_on, value: count(*), where: is_new_allocation or is_renewal}
  - measure_id: offers_refused
    compute: {from: fct_allocation, at: allocated_on, value: count(*), where: allocation_type = 'ny' and answer = 'avslatt'}
  - measure_id: offers_answered
    compute: {from: fct_allocation, at: allocated_on, value: count(*), where: allocation_type = 'ny' and answer is not null}
  - measure_id: contracts_expiring_renewed
    compute: {from: fct_contract, at: agreed_end_on, value: count(*), where: is_fixed_term and renewed_by_contract_id is not null}
  - measure_id: fixed_terms_begun
    compute: {from: fct_contract, at: started_on, value: count(*), where: is_fixed_term and previous_contract_id is null}
  - measure_id: fixed_terms_begun_short
    compute: {from: fct_contract, at: started_on, value: count(*), where: is_fixed_term and previous_contract_id is null and is_under_three_years}
  - measure_id: stock_average
    is_sensitive: false
    compute: {from: dim_dwelling, days: [acquired_on, disposed_on], value: sum(overlap_days / days)}

metrics:
  - metric_id: allocations_new
    name_no: Nye tildelinger
    name_en: New allocations
    perspective: interne_prosesser
    unit: tildelinger
    direction: up
    decimals: 0
    dimensions: [housing_category, committee]
    definition_no: Antall nye tildelinger i perioden som søkeren ikke har avslått. Flyktninger er med.
    definition_en: Allocations with tildelingstype ny and svar other than avslatt whose tildelt_dato lies in the period, refugees included.
    source: allocation/allocation
    caveat_no: En søknad kan få flere tildelinger. Søkere som fikk bolig, telles i «Søkere som fikk bolig».
    compute: {from: fct_allocation, at: allocated_on, value: count(*), where: is_new_allocation}

  - metric_id: allocations_renewal
    name_no: Fornyelser
    name_en: Renewals
    perspective: interne_prosesser
    unit: tildelinger
    direction: none
    decimals: 0
    dimensions: [housing_category, committee]
    definition_no: Antall vedtak om fornyelse i perioden som leieboeren ikke har avslått.
    definition_en: Allocations with tildelingstype fornyelse and svar other than avslatt whose tildelt_dato lies in the period.
    source: allocation/allocation
    caveat_no: Mange fornyelser kan bety varige behov, eller at ingen annen bolig finnes.
    compute: {from: fct_allocation, at: allocated_on, value: count(*), where: is_renewal}

  - metric_id: renewal_share
    name_no: Andel fornyelser
    name_en: Share of renewals
    perspective: interne_prosesser
    unit: andel
    direction: down
    decimals: 2
    dimensions: [housing_category, committee]
    definition_no: Fornyelser delt på fornyelser og nye tildelinger til sammen.
    definition_en: allocations_renewal divided by allocations_new plus allocations_renewal.
    source: allocation/allocation
    caveat_no: I 2010 var det like mange fornyelser som nye tildelinger.
    compute: {ratio: [allocations_renewal, allocations_all]}

  - metric_id: offers_refused_rate
    name_no: Andel tilbud som avslås
    name_en: Offers refused
    perspective: interne_prosesser
    unit: andel
    direction: down
    decimals: 2
    dimensions: [housing_category]
    definition_no: Nye tildelinger som søkeren avslo, delt på nye tildelinger som er besvart, etter tildelingsdato.
    definition_en: Allocations with svar avslatt divided by allocations with any svar, tildelt_dato in the period, tildelingstype ny only.
    source: allocation/allocation
    ripens_after_months: 1
    caveat_no: Ubesvarte tilbud er ikke med, så tallet for de siste ukene kan endre seg.
    compute: {ratio: [offers_refused, offers_answered]}

  - metric_id: contracts_expiring
    name_no: Kontrakter som løper ut
    name_en: Contracts expiring
    perspective: interne_prosesser
    unit: kontrakter
    direction: none
    decimals: 0
    dimensions: [housing_category]
    definition_no: Antall tidsbestemte kontrakter med avtalt slutt i perioden, også de som er avsluttet eller fornyet før.
    definition_en: Fixed-term contracts whose avtalt_slutt_dato lies in the period, also those ended or renewed before.
    source: property/tenancy
    caveat_no: En periode som ikke er over, teller bare til og med siste datadag.
    compute: {from: fct_contract, at: agreed_end_on, value: count(*), where: is_fixed_term}

  - metric_id: contracts_expiring_next_3m
    name_no: Kontrakter som løper ut innen tre måneder
    name_en: Contracts expiring within 3 months
    perspective: interne_prosesser
    unit: kontrakter
    direction: none
    decimals: 0
    dimensions: [housing_category]
    definition_no: Tidsbestemte kontrakter ved periodens slutt med avtalt slutt i løpet av de neste tre månedene, der ingen fornyelse er registrert ved siste datadag.
    definition_en: Fixed-term contracts running at period end whose avtalt_slutt_dato lies after it and by period end + 3 months; left out are those that a contract renews that begins after the as-of date.
    source: property/tenancy
    caveat_no: Husleieloven krever at leieboeren varsles. Se arbeidslisten for kontraktene én for én.
    compute: &expiring_within
      from: fct_contract
      at: agreed_end_on
      during: [measured_end + 1, measured_end + interval '3 months']
      value: count(*)
      where: >-
        is_fixed_term and started_on <= measured_end and (ended_on is null or ended_on > measured_end)
        and (renewed_by_contract_id is null or renewed_on is not null)

  - metric_id: contracts_expiring_next_6m
    name_no: Kontrakter som løper ut innen seks måneder
    name_en: Contracts expiring within 6 months
    perspective: interne_prosesser
    unit: kontrakter
    direction: none
    decimals: 0
    dimensions: [housing_category]
    definition_no: Tidsbestemte kontrakter ved periodens slutt med avtalt slutt i løpet av de neste seks månedene, der ingen fornyelse er registrert ved siste datadag.
    definition_en: Fixed-term contracts running at period end whose avtalt_slutt_dato lies after it and by period end + 6 months; left out are those that a contract renews that begins after the as-of date.
    source: property/tenancy
    caveat_no: De som løper ut innen tre måneder, er med.
    compute: {<<: *expiring_within, during: [measured_end + 1, measured_end + interval '6 months']}

  - metric_id: contracts_expiring_next_12m
    name_no: Kontrakter som løper ut innen tolv måneder
    name_en: Contracts expiring within 12 months
    perspective: interne_prosesser
    unit: kontrakter
    direction: none
    decimals: 0
    dimensions: [housing_category]
    definition_no: Tidsbestemte kontrakter ved periodens slutt med avtalt slutt i løpet av de neste tolv månedene, der ingen fornyelse er registrert ved siste datadag.
    definition_en: Fixed-term contracts running at period end whose avtalt_slutt_dato lies after it and by period end + 12 months; left out are those that a contract renews that begins after the as-of date.
    source: property/tenancy
    caveat_no: De som løper ut innen tre og seks måneder, er med. Kontrakter som alt er utløpt, står i «Bor på utløpt kontrakt».
    compute: {<<: *expiring_within, during: [measured_end + 1, measured_end + interval '12 months']}

  - metric_id: short_contracts_share
    name_no: Andel kontrakter under tre år
    name_en: Share of contracts under three years
    perspective: interne_prosesser
    unit: andel
    direction: down
    decimals: 2
    dimensions: [housing_category]
    definition_no: Tidsbestemte kontrakter som begynte i perioden og er avtalt for mindre enn tre år, delt på alle tidsbestemte kontrakter som begynte i perioden. Fornyelser er ikke med.
    definition_en: Fixed-term contracts with start_dato in the period that renew none and whose avtalt_slutt_dato lies before start_dato + 36 months, divided by all fixed-term contracts with start_dato in the period that renew none.
    source: property/tenancy
    caveat_no: Husleieloven har tre år som hovedregel og åpner for kortere tid i noen tilfeller. Tallet sier ikke hvilken regel kontrakten bygger på.
    conflicts_with: [circulation_rate]
    conflict_no: Korte kontrakter gjør at boligene kan gis videre oftere, men leieboerne får mindre trygghet (rapportens kapittel 6.2.9).
    compute: {ratio: [fixed_terms_begun_short, fixed_terms_begun]}

  - metric_id: renewal_rate
    name_no: Andel kontrakter som fornyes
    name_en: Renewal rate
    perspective: interne_prosesser
    unit: andel
    direction: down
    decimals: 2
    dimensions: [housing_category]
    definition_no: Andel av kontraktene som løper ut i perioden, som er fulgt av en fornyet kontrakt.
    definition_en: Contracts expiring in the period that some contract renews, divided by contracts_expiring.
    source: property/tenancy
    ripens_after_months: 3
    caveat_no: Kontrakter som forlenges uten ny kontrakt, vises som overliggere og ikke her.
    compute: {ratio: [contracts_expiring_renewed, contracts_expiring]}

  - metric_id: holdover_tenancies
    name_no: Bor på utløpt kontrakt
    name_en: Holdover tenancies
    perspective: interne_prosesser
    unit: kontrakter
    direction: down
    decimals: 0
    dimensions: [housing_category]
    definition_no: Tidsbestemte kontrakter ved periodens slutt der avtalt slutt er passert, leieboeren ikke har flyttet, og ingen fornyelse har begynt.
    definition_en: Fixed-term contracts at period end whose avtalt_slutt_dato is before period end, not moved out of, and renewed by no contract that has started by then.
    source: property/tenancy
    caveat_no: Bør leses sammen med sirkulasjon. Å få ned dette tallet kan gi utrygge boforhold.
    compute:
      from: fct_contract
      at_end: [started_on, ended_on]
      value: count(*)
      where: is_fixed_term and agreed_end_on < measured_end

  - metric_id: stays_ended
    name_no: Avsluttede leieforhold
    name_en: Stays ended
    perspective: interne_prosesser
    unit: leieforhold
    direction: none
    decimals: 0
    dimensions: [housing_category, move_out_reason]
    definition_no: Leieforhold som tok slutt i perioden. Et leieforhold er alle kontraktene etter hverandre i samme bolig.
    definition_en: Stays (chains of contracts in one dwelling) whose end lies in the period.
    source: property/tenancy
    caveat_no: Årsaken er den som eiendomsforvaltningen har registrert ved utflytting.
    compute: {from: fct_stay, at: ended_on, value: count(*)}

  - metric_id: circulation_rate
    name_no: Sirkulasjon per år
    name_en: Circulation per year
    perspective: interne_prosesser
    unit: andel per år
    direction: up
    decimals: 2
    dimensions: [housing_category]
    definition_no: Avsluttede leieforhold delt på gjennomsnittlig antall boliger i perioden, omregnet til år.
    definition_en: stays_ended divided by the average number of dwellings in stock, annualised.
    source: property/tenancy, property/dwelling
    caveat_no: Målet om høy sirkulasjon kan komme i konflikt med trygge boforhold (rapportens kapittel 6.2.9).
    conflicts_with: [holdover_tenancies, stay_years_median]
    conflict_no: Høyere sirkulasjon gir flere en bolig, men korte kontrakter kan gi utrygge boforhold. Flere blir boende på utløpt kontrakt, og botiden blir kortere (rapportens kapittel 6.2.9).
    compute: {ratio: [stays_ended, stock_average], factor: annual}

  - metric_id: stay_years_median
    name_no: Botid ved utflytting (median)
    name_en: Length of stays ended, median
    perspective: interne_prosesser
    unit: år
    built_on: stays_ended
    direction: none
    decimals: 1
    dimensions: [housing_category]
    definition_no: Median antall år for leieforhold som tok slutt i perioden.
    definition_en: Median of (end less start) / 365.25 over stays ended in the period.
    source: property/tenancy
    caveat_no: De som blir boende, er ikke med.
    better_in_conflict: up
    compute:
      from: fct_stay
      at: ended_on
      value: percentile_cont(0.5) within group (order by stay_years)

  - metric_id: tenants_became_owners
    name_no: Leieboere som kjøpte bolig
    name_en: Tenants who became owners
    perspective: interne_prosesser
    unit: leieforhold
    direction: up
    decimals: 0
    dimensions: []
    definition_no: Avsluttede leieforhold med utflyttingsårsak kjøpt bolig.
    definition_en: Stays ended in the period with utflyttingsarsak kjopt_bolig.
    source: property/tenancy
    caveat_no: Avhenger av at årsaken registreres ved utflytting.
    compute: {from: fct_stay, at: ended_on, value: count(*), where: move_out_reason = 'kjopt_bolig'}
{% endmacro %}
