{#- docs/definitions.md, Queue. How an entry is written stands in macros/metric_catalogue.sql. -#}
{% macro metrics_queue() %}
measures:
  - measure_id: queue_waiting_average
    compute:
      from: fct_queue_entry
      days: [entered_on, exited_on]
      value: sum(overlap_days / days)
      where: is_in_queue
  - measure_id: queue_allocated_12_months
    compute:
      from: fct_allocation
      at: allocated_on
      during: [measured_end + 1 - interval '12 months', measured_end]
      value: count(distinct application_id)
      where: is_new_allocation and housing_category <> 'flyktning'
  - measure_id: queue_waited
    compute: {from: fct_queue_entry, days: [entered_on, exited_on], value: count(*), where: is_in_queue}
  - measure_id: queue_left_allocated
    compute: {from: fct_queue_entry, at: exited_on, value: count(*), where: is_in_queue and exit_reason = 'tildelt'}
  - measure_id: queue_left_12_months
    includes: [queue_left_allocated_12_months]
    compute: &left_12_months
      from: fct_queue_entry
      at: exited_on
      during: [measured_end + 1 - interval '12 months', measured_end]
      value: count(*)
      where: is_in_queue
  - measure_id: queue_left_allocated_12_months
    compute: {<<: *left_12_months, where: is_in_queue and exit_reason = 'tildelt'}
  # who waited 12 months before or has come since is who waits now or has left since
  - measure_id: queue_needing_12_months
    compute: {sum: [queue_waiting, queue_left_12_months]}
  - measure_id: coverage_parity_categories
    compute: {model: measure_coverage_parity}
  - measure_id: moved_in_under_new_allocation
    compute:
      from: fct_stay
      at: started_on
      columns: {housing_category: application_housing_category}
      value: count(*)
      where: new_allocation_id is not null

metrics:
  - metric_id: queue_waiting
    name_no: Husstander i kø
    name_en: Households waiting
    perspective: brukere
    unit: husstander
    direction: down
    decimals: 0
    dimensions: [housing_category]
    without: {housing_category: [flyktning]}
    definition_no: Antall plasser på ventelisten som står åpne ved periodens slutt. Flyktninger bosettes utenom køen og er ikke med.
    definition_en: Entries of the waiting list open at period end (entered on or before, not left by then). Refugees are housed outside the queue and left out.
    source: allocation/waitlist_entry
    caveat_no: En husstand med to oppføringer telles to ganger. Tallet sier ikke hvor lenge de har ventet.
    compute: {from: fct_queue_entry, at_end: [entered_on, exited_on], value: count(*), where: is_in_queue}

  - metric_id: queue_inflow
    name_no: Nye i køen
    name_en: Joined the queue
    perspective: brukere
    unit: husstander
    direction: none
    decimals: 0
    dimensions: [housing_category]
    without: {housing_category: [flyktning]}
    definition_no: Antall oppføringer med inn-dato i perioden.
    definition_en: Entries of the waiting list whose first day lies in the period.
    source: allocation/waitlist_entry
    caveat_no: Hvor mange som settes i kø, avhenger også av hvor strengt søknadene vurderes.
    compute: {from: fct_queue_entry, at: entered_on, value: count(*), where: is_in_queue}

  - metric_id: queue_outflow
    name_no: Ut av køen
    name_en: Left the queue
    perspective: brukere
    unit: husstander
    direction: none
    decimals: 0
    dimensions: [housing_category, exit_reason]
    without: {housing_category: [flyktning]}
    definition_no: Antall oppføringer med ut-dato i perioden, uansett årsak.
    definition_en: Entries of the waiting list whose exit lies in the period, for whatever reason.
    source: allocation/waitlist_entry
    caveat_no: Også de som trakk seg, flyttet eller døde er med. Se på årsakene.
    compute: {from: fct_queue_entry, at: exited_on, value: count(*), where: is_in_queue}

  - metric_id: queue_net_change
    name_no: Endring i køen
    name_en: Net change of the queue
    perspective: brukere
    unit: husstander
    direction: down
    decimals: 0
    dimensions: [housing_category]
    without: {housing_category: [flyktning]}
    definition_no: Nye i køen minus ut av køen. Alltid lik køen ved periodens slutt minus køen ved forrige periodes slutt. Dette tallet, og ikke andelen tildelt, sier om køen vokser.
    definition_en: queue_inflow less queue_outflow; always equals this period's queue_waiting less the previous one's. It stands beside NOVA's rate because that rate does not tell whether the queue grows (okonomisk_sosialt in 2010 has 93 per cent, yet the queue fell from 33 to 27).
    source: allocation/waitlist_entry
    caveat_no: En kø som krymper fordi folk gir opp, er ingen bedring.
    compute: {difference: [queue_inflow, queue_outflow]}

  - metric_id: queue_allocated
    name_no: Søkere som fikk bolig
    name_en: Applications with a new allocation
    perspective: brukere
    unit: husstander
    direction: up
    decimals: 0
    dimensions: [housing_category]
    without: {housing_category: [flyktning]}
    definition_no: Antall ulike søknader med en ny tildeling i perioden som ikke er avslått av søkeren. Kategorien er søknadens. Flyktninger er ikke med.
    definition_en: Distinct applications with a new allocation (tildelingstype ny, svar other than avslatt) in the period, by the application's category, refugees left out.
    source: allocation/allocation, allocation/application
    caveat_no: Et ubesvart tilbud teller som tildelt inntil søkeren sier nei.
    compute:
      from: fct_allocation
      at: allocated_on
      value: count(distinct application_id)
      where: is_new_allocation and housing_category <> 'flyktning'

  - metric_id: queue_allocation_rate
    name_no: Andel tildelt (NOVA, tabell 7)
    name_en: Allocation rate (NOVA, Tabell 7)
    perspective: brukere
    unit: andel
    direction: up
    decimals: 2
    dimensions: [housing_category]
    without: {housing_category: [flyktning]}
    definition_no: Søkere som fikk bolig i perioden, delt på køen ved periodens slutt. NOVAs «andel tildelt». Tallet sier ikke om køen vokser eller krymper. Se endring i køen.
    definition_en: queue_allocated divided by queue_waiting at period end; NOVA's "andel tildelt". The report's reading that above 100 per cent the queue shrank and below it grew does not hold; read queue_net_change beside it.
    source: allocation/allocation, allocation/waitlist_entry
    caveat_no: Rapporten leser tall under 100 prosent som at køen vokser. Tabell 7 viser selv at det ikke stemmer.
    is_part_of_whole: false
    compute: {ratio: [queue_allocated, queue_waiting]}

  - metric_id: need_coverage
    name_no: Dekning av behovet i køen
    name_en: Coverage of the need in the queue
    perspective: brukere
    unit: andel
    direction: up
    decimals: 2
    dimensions: [housing_category]
    without: {housing_category: [flyktning]}
    definition_no: De som gikk ut av køen med tildelt bolig de siste tolv månedene, delt på alle som trengte bolig i den tiden. Det er de som ventet for tolv måneder siden, og de som har kommet til siden.
    definition_en: Exits with ut_arsak tildelt in the 12 months that end at period end, divided by the entries waiting 12 months before plus those with inn_dato in the 12 months (the same as those waiting at period end plus all exits in the 12 months).
    source: allocation/waitlist_entry
    caveat_no: De som trakk seg, flyttet eller døde, er med blant dem som trengte bolig. Å gi flere bolig i én kategori kan gå på bekostning av en annen. Sammenlign kategoriene.
    compute: {ratio: [queue_left_allocated_12_months, queue_needing_12_months]}

  - metric_id: coverage_parity
    name_no: Likhet i dekning mellom gruppene
    name_en: Parity of coverage between groups
    perspective: brukere
    unit: andel
    built_on: coverage_parity_categories
    direction: up
    decimals: 2
    dimensions: []
    definition_no: Den laveste dekningen av behovet i køen delt på den høyeste, blant boligkategorier der minst ti trengte bolig de siste tolv månedene. 1 er lik dekning, 0 er at en gruppe ikke fikk noe.
    definition_en: The smallest need_coverage divided by the largest, over the housing categories of which at least ten needed a dwelling in the 12 months. Empty where fewer than two such categories are, or nobody was allocated a dwelling. Never in a public edition, for it tells a hidden category's coverage.
    source: allocation/waitlist_entry
    caveat_no: Sier ikke hvilken fordeling som er riktig, bare hvor ulik den er. Se dekningen etter boligkategori for hvilke to grupper det gjelder.
    compute: {model: measure_coverage_parity}

  - metric_id: queue_turnover
    name_no: Omløp i køen per år
    name_en: Queue turnover per year
    perspective: brukere
    unit: ganger per år
    built_on: queue_waited
    direction: up
    decimals: 2
    dimensions: [housing_category]
    without: {housing_category: [flyktning]}
    definition_no: Søkere som fikk bolig i perioden, delt på gjennomsnittlig kø (snitt over dagene i perioden), omregnet til år.
    definition_en: queue_allocated divided by the average number waiting (mean over the days of the period), annualised.
    source: allocation/allocation, allocation/waitlist_entry
    caveat_no: Store utslag i korte perioder og små køer.
    compute: {ratio: [queue_allocated, queue_waiting_average], factor: annual}

  - metric_id: queue_clearance_months
    name_no: Måneder til køen er tom
    name_en: Months to clear the queue
    perspective: brukere
    unit: måneder
    direction: down
    decimals: 1
    dimensions: [housing_category]
    without: {housing_category: [flyktning]}
    definition_no: Køen ved periodens slutt, delt på tildelingen per måned de siste tolv månedene. Så lenge ville det tatt å tømme køen om ingen nye kom til.
    definition_en: queue_waiting divided by a twelfth of queue_allocated over the 12 months that end at period end.
    source: allocation/waitlist_entry, allocation/allocation, allocation/application
    caveat_no: Forutsetter samme tildelingstakt og ingen nye i køen.
    compute: {ratio: [queue_waiting, queue_allocated_12_months], factor: 12}

  - metric_id: queue_wait_days_median_allocated
    name_no: Ventetid for dem som fikk bolig (median)
    name_en: Wait of those allocated, median
    perspective: brukere
    unit: dager
    built_on: queue_left_allocated
    direction: down
    decimals: 0
    dimensions: [housing_category]
    without: {housing_category: [flyktning]}
    definition_no: Median antall dager fra inn-dato til ut-dato for dem som gikk ut av køen med tildelt bolig i perioden.
    definition_en: Median of the days from entry to exit over entries that left with ut_arsak tildelt in the period.
    source: allocation/waitlist_entry
    caveat_no: De som fortsatt venter, er ikke med. Tallet blir for lavt når de som venter lengst, aldri får bolig.
    compute:
      from: fct_queue_entry
      at: exited_on
      value: percentile_cont(0.5) within group (order by wait_days)
      where: is_in_queue and exit_reason = 'tildelt'

  - metric_id: queue_wait_days_median
    name_no: Ventetid når de som venter er med (median)
    name_en: Wait including those still waiting, median
    perspective: brukere
    unit: dager
    built_on: queue_waiting
    direction: down
    decimals: 0
    dimensions: [housing_category]
    without: {housing_category: [flyktning]}
    definition_no: Kaplan–Meier-median av dager fra inn-dato til tildeling, målt over de tolv månedene som ender ved periodens slutt. De som fortsatt venter, teller med så lenge de har ventet.
    definition_en: Kaplan–Meier median of the days from entry to allocation over the 12 months that end at period end, with delayed entry; every other exit and the window's end is censoring. Empty where the curve never reaches one half, or where fewer than 5 are at risk at some event up to it.
    source: allocation/waitlist_entry
    caveat_no: Tomt når færre enn halvparten rekker å få bolig, eller når færre enn fem er med i grunnlaget.
    compute: {model: measure_wait_median}

  - metric_id: queue_age_days_median
    name_no: Køens alder (median)
    name_en: Age of the queue, median
    perspective: brukere
    unit: dager
    built_on: queue_waiting
    direction: down
    decimals: 0
    dimensions: [housing_category]
    without: {housing_category: [flyktning]}
    definition_no: Median antall dager som de som venter ved periodens slutt, har ventet.
    definition_en: Median age (period end less entry) of the entries waiting at period end.
    source: allocation/waitlist_entry
    caveat_no: Synker når mange nye kommer til, uten at noen har fått bolig.
    compute:
      from: fct_queue_entry
      at_end: [entered_on, exited_on]
      value: percentile_cont(0.5) within group (order by measured_end - entered_on)
      where: is_in_queue

  - metric_id: queue_age_days_p90
    name_no: Køens alder (90-prosentil)
    name_en: Age of the queue, 90th percentile
    perspective: brukere
    unit: dager
    built_on: queue_waiting
    direction: down
    decimals: 0
    dimensions: [housing_category]
    without: {housing_category: [flyktning]}
    definition_no: Alderen som ni av ti i køen ved periodens slutt ligger under.
    definition_en: 90th percentile of the age of the entries waiting at period end.
    source: allocation/waitlist_entry
    caveat_no: I små køer avgjør én husstand tallet.
    compute:
      from: fct_queue_entry
      at_end: [entered_on, exited_on]
      value: percentile_cont(0.9) within group (order by measured_end - entered_on)
      where: is_in_queue

  - metric_id: queue_waiting_over_one_year
    name_no: Ventet over ett år
    name_en: Waiting over one year
    perspective: brukere
    unit: husstander
    direction: down
    decimals: 0
    dimensions: [housing_category]
    without: {housing_category: [flyktning]}
    definition_no: Antall i køen ved periodens slutt som har ventet mer enn 365 dager.
    definition_en: Entries waiting at period end whose age is over 365 days.
    source: allocation/waitlist_entry
    caveat_no: Sier ikke om husstanden i mellomtiden er tilbudt bolig.
    compute:
      from: fct_queue_entry
      at_end: [entered_on, exited_on]
      value: count(*)
      where: is_in_queue and measured_end - entered_on > 365

  - metric_id: application_to_move_in_days_median
    name_no: Fra søknad til innflytting (median)
    name_en: Application to move-in, median
    perspective: brukere
    unit: dager
    built_on: moved_in_under_new_allocation
    direction: down
    decimals: 0
    dimensions: [housing_category]
    definition_no: Median antall dager fra søknaden ble mottatt til leieforholdet begynte, for leieforhold som begynte i perioden etter en ny tildeling. Kategorien er søknadens, og flyktninger er med. Innbyggerens klokke går fra søknaden, kommunens fra vedtaket.
    definition_en: Median of start less mottatt_dato over stays that began in the period under a new allocation (the one that the first contract names), by the application's category, refugees included.
    source: property/tenancy, allocation/allocation, allocation/application
    caveat_no: Leieforhold uten henvisning til en tildeling er ikke med.
    compute:
      from: fct_stay
      at: started_on
      columns: {housing_category: application_housing_category}
      value: percentile_cont(0.5) within group (order by application_to_move_in_days)
      where: new_allocation_id is not null

  - metric_id: allocation_to_move_in_days_median
    name_no: Fra tildeling til innflytting (median)
    name_en: Allocation to move-in, median
    perspective: brukere
    unit: dager
    built_on: moved_in_under_new_allocation
    direction: down
    decimals: 0
    dimensions: [housing_category]
    definition_no: Median antall dager fra boligen ble tildelt til leieforholdet begynte, for de samme leieforholdene.
    definition_en: Median of start less tildelt_dato over the same stays.
    source: property/tenancy, allocation/allocation
    caveat_no: Leieforhold uten henvisning til en tildeling er ikke med.
    compute:
      from: fct_stay
      at: started_on
      columns: {housing_category: application_housing_category}
      value: percentile_cont(0.5) within group (order by allocation_to_move_in_days)
      where: new_allocation_id is not null
{% endmacro %}
