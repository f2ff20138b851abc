{#- docs/definitions.md, Vacancy. How an entry is written stands in macros/metric_catalogue.sql. -#}
{% macro metrics_vacancy() %}
measures:
  - measure_id: stock_days
    is_sensitive: false
    compute: {from: dim_dwelling, days: [acquired_on, disposed_on], value: sum(overlap_days)}
  - measure_id: dwellings_vacant
    compute: {from: fct_vacancy_phase, days: [from_on, to_on], value: count(distinct dwelling_id)}
  - measure_id: relets
    compute: &relets
      from: fct_vacancy
      at: let_on
      value: count(*)
      where: not is_first_letting and not has_rehabilitation
  - measure_id: relets_major_works
    compute: {<<: *relets, where: not is_first_letting and has_rehabilitation}
  - measure_id: vacancies_made_ready
    compute: {from: fct_vacancy, at: ready_on, value: count(*)}
  - measure_id: vacancies_allocated
    compute: {from: fct_vacancy, at: allocated_on, value: count(*), where: reported_on is not null}
  - measure_id: dwellings_with_vacancy_rent
    compute: {from: fct_rent_charge, at: charge_month, value: count(distinct dwelling_id), where: charge_type = 'tomgangsleie'}

metrics:
  # A dwelling is vacant while it is in stock and in no stay: known before events and allocations are recorded, when the
  # phase is ukjent, so what only the breakdown reads does not begin the series.
  - metric_id: vacant_dwellings
    name_no: Ledige boliger
    name_en: Vacant dwellings
    perspective: okonomi
    unit: boliger
    direction: down
    decimals: 0
    dimensions: [housing_category, area, manager, phase]
    definition_no: Antall boliger uten leieforhold ved periodens slutt. Fasen sier hva boligen venter på.
    definition_en: Dwellings in stock and in no stay at period end, by the phase of that day.
    source: property/dwelling, property/tenancy, property/dwelling_event, allocation/allocation
    begins_with: [property/dwelling, property/tenancy]
    caveat_no: Noen ledige boliger må kommunen ha for å kunne tildele. Se på fasen og på hvor lenge boligene har stått ledige.
    compute: {from: fct_vacancy_phase, at_end: [from_on, to_on], value: count(*)}

  - metric_id: vacant_days
    name_no: Ledige døgn
    name_en: Vacant days
    perspective: okonomi
    unit: døgn
    built_on: dwellings_vacant
    direction: down
    decimals: 0
    dimensions: [housing_category, area, manager, phase, responsible]
    definition_no: Antall døgn i perioden som boliger sto ledige, «død tid». Hvert døgn har én fase (rehabilitering, klargjøring, tildeling, innflytting eller ukjent) og én ansvarlig, så fasene går opp i summen på dagen.
    definition_en: Vacant dwelling-days in the period. Each has exactly one phase and one who is responsible; over phase they add up to the total, to the day.
    source: property/dwelling, property/tenancy, property/dwelling_event, allocation/allocation
    begins_with: [property/dwelling, property/tenancy]
    caveat_no: Fasene bygger på registrerte hendelser. Der både ledigmelding og klargjøring mangler, er fasen ukjent fram til tildelingen.
    compute: {from: fct_vacancy_phase, days: [from_on, to_on], value: sum(overlap_days)}

  - metric_id: vacancy_rate
    name_no: Ledighet
    name_en: Vacancy rate
    perspective: okonomi
    unit: andel
    built_on: dwellings_vacant
    direction: down
    decimals: 3
    dimensions: [housing_category, area, manager]
    definition_no: Ledige døgn delt på alle døgn som kommunen hadde boligene i perioden.
    definition_en: vacant_days divided by the dwelling-days in stock in the period.
    source: property/dwelling, property/tenancy
    caveat_no: Også boliger som rehabiliteres eller er nyanskaffet og ikke leid ut ennå, er med.
    compute: {ratio: [vacant_days, stock_days]}

  - metric_id: relet_days_mean
    name_no: Tid mellom to leieforhold (snitt)
    name_en: Days to relet, mean
    perspective: okonomi
    unit: dager
    built_on: relets
    direction: down
    decimals: 1
    dimensions: [housing_category, manager]
    definition_no: Gjennomsnittlig antall døgn boligen sto ledig, for boliger som ble leid ut på nytt i perioden. Første utleie og ledighet med rehabilitering er ikke med.
    definition_en: Mean of the vacancy's days over vacancies that a stay ended with start in the period; first lettings and vacancies with any day of rehabilitation left out.
    source: property/dwelling, property/tenancy, property/dwelling_event
    caveat_no: En bolig som aldri leies ut, er ikke med. Les tallet sammen med boliger ledige over 90 dager.
    compute: &relet
      from: fct_vacancy
      at: let_on
      value: avg(vacant_days)
      where: not is_first_letting and not has_rehabilitation

  - metric_id: relet_days_median
    name_no: Tid mellom to leieforhold (median)
    name_en: Days to relet, median
    perspective: okonomi
    unit: dager
    built_on: relets
    direction: down
    decimals: 0
    dimensions: [housing_category, manager]
    definition_no: Median antall døgn boligen sto ledig, for de samme utleiene.
    definition_en: Median of the days over the vacancies of relet_days_mean.
    source: property/dwelling, property/tenancy, property/dwelling_event
    caveat_no: Sier ikke noe om de få boligene som står svært lenge. Se 90-prosentilen.
    compute: {<<: *relet, value: percentile_cont(0.5) within group (order by vacant_days)}

  - metric_id: relet_days_p90
    name_no: Tid mellom to leieforhold (90-prosentil)
    name_en: Days to relet, 90th percentile
    perspective: okonomi
    unit: dager
    built_on: relets
    direction: down
    decimals: 0
    dimensions: [housing_category, manager]
    definition_no: Antall døgn som ni av ti av de samme utleiene ligger under.
    definition_en: 90th percentile of the days over the vacancies of relet_days_mean.
    source: property/dwelling, property/tenancy, property/dwelling_event
    caveat_no: Med få utleier i perioden avgjør én bolig tallet.
    compute: {<<: *relet, value: percentile_cont(0.9) within group (order by vacant_days)}

  - metric_id: relet_days_mean_major_works
    name_no: Tid mellom to leieforhold med rehabilitering (snitt)
    name_en: Days to relet with major works, mean
    perspective: okonomi
    unit: dager
    built_on: relets_major_works
    direction: down
    decimals: 1
    dimensions: [housing_category]
    definition_no: Gjennomsnittlig antall døgn boligen sto ledig, for boliger som ble leid ut på nytt i perioden etter minst ett døgn med rehabilitering. Første utleie er ikke med.
    definition_en: Mean of the vacancy's days over vacancies with at least one day of rehabilitation that a stay ended with start in the period; first lettings left out.
    source: property/dwelling, property/tenancy, property/dwelling_event
    caveat_no: Uten registrert start på rehabiliteringen havner boligen i det vanlige snittet.
    compute: {<<: *relet, where: not is_first_letting and has_rehabilitation}

  - metric_id: relet_over_90_days
    name_no: Utleid på nytt etter mer enn 90 dager
    name_en: Relet after more than 90 days
    perspective: okonomi
    unit: boliger
    direction: down
    decimals: 0
    dimensions: [housing_category]
    definition_no: Antall utleier i perioden, de samme som i tid mellom to leieforhold, der boligen sto ledig i mer enn 90 døgn.
    definition_en: How many of the vacancies of relet_days_mean took more than 90 days.
    source: property/dwelling, property/tenancy, property/dwelling_event
    caveat_no: Går opp når en bolig som har stått lenge, endelig blir leid ut.
    compute: {<<: *relet, value: count(*), where: not is_first_letting and not has_rehabilitation and vacant_days > 90}

  - metric_id: vacant_over_90_days
    name_no: Ledige over 90 dager
    name_en: Vacant for over 90 days
    perspective: okonomi
    unit: boliger
    direction: down
    decimals: 0
    dimensions: [housing_category, manager, phase]
    definition_no: Antall boliger som ved periodens slutt har stått ledige i mer enn 90 døgn. Første utleie og rehabilitering er med. Tallet står ved siden av tid mellom to leieforhold, så ingen bedrer snittet ved aldri å leie ut.
    definition_en: Dwellings vacant at period end whose vacancy began more than 90 days before, first lettings and rehabilitation included. It stands beside relet_days so that no dwelling improves the mean by never being let.
    source: property/dwelling, property/tenancy, property/dwelling_event, allocation/allocation
    begins_with: [property/dwelling, property/tenancy]
    caveat_no: Fasen er den boligen er i ved periodens slutt, ikke den som har tatt lengst tid.
    compute: {from: fct_vacancy_phase, at_end: [from_on, to_on], value: count(*), where: vacant_from_on < measured_end - 90}

  - metric_id: days_to_ready_median
    name_no: Fra ledig til klargjort (median)
    name_en: Vacant to ready, median
    perspective: okonomi
    unit: dager
    built_on: vacancies_made_ready
    direction: down
    decimals: 0
    dimensions: [housing_category]
    definition_no: Median antall dager fra boligen ble ledig til den var klargjort, for boliger som ble klargjort i perioden. Det er denne tiden sosialtjenesten klager over.
    definition_en: Median of ready less the vacancy's first day over vacancies whose latest klargjort lies in the period (what the social services complain of).
    source: property/dwelling_event, property/dwelling, property/tenancy
    caveat_no: Boliger som ikke er klargjort ennå, er ikke med. En bolig som var klar før den ble ledig, teller med minusdager.
    compute:
      from: fct_vacancy
      at: ready_on
      value: percentile_cont(0.5) within group (order by days_to_ready)

  - metric_id: days_reported_to_allocated_median
    name_no: Fra ledigmeldt til tildelt (median)
    name_en: Reported to allocated, median
    perspective: okonomi
    unit: dager
    built_on: vacancies_allocated
    direction: down
    decimals: 0
    dimensions: [housing_category]
    definition_no: Median antall dager fra boligen var meldt ledig (tidligst da den ble ledig) til den ble tildelt, for boliger tildelt i perioden. Det er denne tiden eiendomsforvalterne klager over.
    definition_en: Median of allocated less the later of reported and the vacancy's first day, over vacancies that have both, allocated in the period (what the property managers complain of).
    source: property/dwelling_event, allocation/allocation, property/dwelling, property/tenancy
    caveat_no: Boliger uten ledigmelding er ikke med. En bolig som er tildelt før den ble ledig, teller med minusdager.
    compute:
      from: fct_vacancy
      at: allocated_on
      value: percentile_cont(0.5) within group (order by days_reported_to_allocated)
      where: reported_on is not null

  - metric_id: vacancy_loss
    name_no: Tapt leie på ledige boliger
    name_en: Rent lost on vacant dwellings
    perspective: okonomi
    unit: kr
    built_on: dwellings_vacant
    direction: down
    decimals: 0
    dimensions: [housing_category, responsible]
    definition_no: Ledige døgn i perioden ganget med leien per døgn. Leien er den forrige leieboeren betalte i sin siste kontrakt, ved første utleie markedsleien, ellers 0.
    definition_en: Sum over the vacant days in the period of the monthly rent × 12 / the days of the calendar year. The rent is that of the previous stay's last contract, in a first letting the market rent, else 0.
    source: property/dwelling, property/tenancy, property/dwelling_event, allocation/allocation
    begins_with: [property/dwelling, property/tenancy]
    caveat_no: Beregnet tap og ikke regnskapstall. Se bokført tomgangsleie. Nyanskaffede boliger uten kjent markedsleie teller som 0.
    compute:
      from: fct_vacancy_phase
      days: [from_on, to_on]
      value: sum(overlap_days * lost_rent_month_nok * 12 / year_days)

  - metric_id: vacancy_rent_booked
    name_no: Bokført tomgangsleie
    name_en: Vacancy rent booked
    perspective: okonomi
    unit: kr
    built_on: dwellings_with_vacancy_rent
    direction: down
    decimals: 0
    dimensions: []
    definition_no: Sum krav av typen tomgangsleie med periode i perioden, slik regnskapet har dem.
    definition_en: Sum of belop over charges of kravtype tomgangsleie whose periode lies in the period, NOK.
    source: accounting/rent_charge
    begins_with: [accounting/rent_charge/tomgangsleie]
    caveat_no: Bokføres ikke tomgangsleie for alle boliger, blir tallet lavere enn det beregnede tapet.
    compute: {from: fct_rent_charge, at: charge_month, value: sum(amount_nok), where: charge_type = 'tomgangsleie'}
{% endmacro %}
