{#- docs/definitions.md, Stock and needs. How an entry is written stands in macros/metric_catalogue.sql. -#}
{% macro metrics_stock() %}
measures:
  - measure_id: population
    is_sensitive: false
    compute: {from: fct_population, at_end: [valid_from, valid_to], value: max(population)}
  - measure_id: stock_at_country_rate
    is_sensitive: false
    compute: {model: measure_stock_at_country_rate}
  - measure_id: lettings_12_months
    compute:
      from: fct_stay
      at: started_on
      during: [measured_end + 1 - interval '12 months', measured_end]
      value: count(*)
      where: new_allocation_id is not null
  - measure_id: temporary_stays
    compute: {from: fct_temporary_stay, days: [from_on, to_on], value: count(*)}
  - measure_id: dwellings_graded
    is_sensitive: false
    compute: &graded
      from: dim_dwelling
      at_end: [acquired_on, disposed_on]
      value: count(*)
      where: condition_grade is not null
  - measure_id: dwellings_with_faults
    is_sensitive: false
    compute: {<<: *graded, where: condition_grade >= 2}
  - measure_id: dwellings_looked_at_for_wheelchairs
    is_sensitive: false
    compute: {<<: *graded, where: is_wheelchair_accessible is not null}
  - measure_id: dwellings_for_wheelchairs
    is_sensitive: false
    compute: {<<: *graded, where: is_wheelchair_accessible}
  - measure_id: dwellings_of_known_design
    is_sensitive: false
    compute: {<<: *graded, where: is_universally_designed is not null}
  - measure_id: dwellings_universally_designed
    is_sensitive: false
    compute: {<<: *graded, where: is_universally_designed}
  - measure_id: population_growth_planned
    is_sensitive: false
    compute: {model: measure_population_growth}
  - measure_id: respite_persons
    compute: {model: measure_respite}
  - measure_id: refugees_settled_by_decision
    compute: {from: fct_refugee_settlement, at: settled_on, value: count(*), where: not is_family_reunification}
  - measure_id: refugees_agreed
    is_sensitive: false
    compute: {from: fct_settlement_agreement, at: year_begins_on, value: max(persons_agreed)}
  - measure_id: refugees_settled_beside_unsettled
    compute: {model: measure_refugees_unsettled}
  - measure_id: preemption_rights
    is_sensitive: false
    compute: &lapsed
      from: fct_development_agreement
      at: right_lapses_on
      during: [measured_end + 1 - interval '36 months', measured_end]
      value: sum(dwellings_with_right)
      where: rights_used is not null and dwellings_with_right is not null
  - measure_id: preemption_rights_used
    is_sensitive: false
    compute: {<<: *lapsed, value: sum(rights_used)}
  - measure_id: new_dwellings
    is_sensitive: false
    compute: {model: measure_grant_coverage}
  - measure_id: new_dwellings_with_grant
    is_sensitive: false
    compute: {model: measure_grant_coverage}

metrics:
  - metric_id: stock_dwellings
    name_no: Kommunale boliger
    name_en: Dwellings in stock
    perspective: samfunn
    unit: boliger
    is_sensitive: false
    direction: none
    decimals: 0
    dimensions: [housing_category, tenure, manager, area]
    definition_no: Antall boliger som kommunen disponerer ved periodens slutt, både eide, innleide og boliger med disposisjonsrett.
    definition_en: Dwellings in stock at period end (acquired by then, not disposed of by then), whatever the tenure.
    source: property/dwelling
    caveat_no: Kategori, forvalter og eierform er dagens. Ble de endret siden, vises også eldre tall med dagens verdi.
    compute: {from: dim_dwelling, at_end: [acquired_on, disposed_on], value: count(*)}

  - metric_id: stock_acquired
    name_no: Nye kommunale boliger
    name_en: Dwellings acquired
    perspective: samfunn
    unit: boliger
    is_sensitive: false
    direction: up
    decimals: 0
    dimensions: [housing_category, tenure]
    definition_no: Antall boliger med anskaffelsesdato i perioden. Rapportens «bygget eller innkjøpt» er eierformen eid.
    definition_en: Dwellings whose anskaffet_dato lies in the period. The report's "bygget eller innkjøpt" is tenure eid.
    source: property/dwelling
    caveat_no: Innleide boliger er med. Velg eierform for å se hva kommunen selv har bygd eller kjøpt.
    compute: {from: dim_dwelling, at: acquired_on, value: count(*)}

  - metric_id: stock_disposed
    name_no: Avhendede kommunale boliger
    name_en: Dwellings disposed of
    perspective: samfunn
    unit: boliger
    is_sensitive: false
    direction: none
    decimals: 0
    dimensions: [housing_category, disposed_to]
    definition_no: Antall boliger med avhendingsdato i perioden, etter hvem de gikk til. Rapportens «solgt» er marked og leieboer til sammen.
    definition_en: Dwellings whose avhendet_dato lies in the period, by whom they went to. The report's "solgt" is marked and leieboer.
    source: property/dwelling
    caveat_no: Innleide boliger som er levert tilbake til utleier, er med.
    compute: {from: dim_dwelling, at: disposed_on, value: count(*)}

  - metric_id: stock_per_1000_inhabitants
    name_no: Kommunale boliger per 1000 innbyggere
    name_en: Dwellings per 1000 inhabitants
    perspective: samfunn
    unit: boliger per 1000 innbyggere
    direction: none
    decimals: 1
    dimensions: []
    definition_no: Kommunale boliger ved periodens slutt, delt på folketallet og ganget med 1000. Folketallet er Statistisk sentralbyrås for året perioden slutter i, ellers for siste år før det.
    definition_en: stock_dwellings divided by the population × 1000; the population is Statistics Norway's of the year of period end, else the latest before, under the municipality's number or one that it had before.
    source: property/dwelling, reference/kostra
    begins_with: [property/dwelling]
    caveat_no: Tomt når folketallet ikke er levert. Tabell 3 og 4 i rapporten bygger på KOSTRAs egne boligtall.
    compute: {ratio: [stock_dwellings, population], factor: 1000}

  - metric_id: stock_gap_to_country
    name_no: Boliger som mangler til landets nivå
    name_en: Dwellings short of the country's level
    perspective: samfunn
    unit: boliger
    is_sensitive: false
    direction: none
    decimals: 0
    dimensions: []
    definition_no: Så mange boliger kommunen ville hatt med like mange kommunale boliger per innbygger som landet, minus kommunale boliger ved periodens slutt. Tallene for landet og folketallet er Statistisk sentralbyrås for året perioden slutter i, ellers for siste år før det.
    definition_en: The country's kommunale_boliger per 1000 inhabitants (of the year of period end, else of the latest year before of which both are known) × the municipality's population / 1000 (as in stock_per_1000_inhabitants), less stock_dwellings. Negative where the municipality has more; empty where either is not known.
    source: property/dwelling, reference/kostra
    begins_with: [property/dwelling]
    caveat_no: Landets nivå er ikke en norm for hva kommunen trenger. Det sier bare hvor mye kommunen skiller seg ut.
    compute: {difference: [stock_at_country_rate, stock_dwellings]}

  - metric_id: dwellings_with_faults_share
    name_no: Andel boliger med vesentlige feil
    name_en: Dwellings with considerable faults
    perspective: samfunn
    unit: andel
    is_sensitive: false
    direction: down
    decimals: 2
    dimensions: [housing_category, manager]
    periods: as_of_year
    definition_no: Kommunale boliger med tilstandsgrad 2 (vesentlige avvik) eller 3 (store eller alvorlige avvik), delt på boliger der tilstanden er vurdert.
    definition_en: Dwellings in stock at period end with tilstandsgrad 2 or 3 divided by those with a known tilstandsgrad; one period, the year of the as-of date.
    source: property/dwelling
    caveat_no: Tilstanden er den som står i registeret i dag, så tidligere år kan ikke vises. Boliger som ikke er vurdert, er ikke med.
    compute: {ratio: [dwellings_with_faults, dwellings_graded]}

  - metric_id: dwellings_for_wheelchairs_share
    name_no: Andel boliger for rullestolbrukere
    name_en: Dwellings for wheelchair users
    perspective: samfunn
    unit: andel
    is_sensitive: false
    direction: up
    decimals: 2
    dimensions: [housing_category]
    periods: as_of_year
    definition_no: Kommunale boliger som er tilgjengelige for den som bruker rullestol, delt på boliger der det er kjent.
    definition_en: Dwellings in stock at period end with rullestol ja divided by those with a known rullestol; one period, the year of the as-of date.
    source: property/dwelling
    caveat_no: Hvem i køen som bruker rullestol, sier ikke uttrekket, så tallet kan ikke settes mot behovet.
    compute: {ratio: [dwellings_for_wheelchairs, dwellings_looked_at_for_wheelchairs]}

  - metric_id: dwellings_universally_designed_share
    name_no: Andel universelt utformede boliger
    name_en: Dwellings of universal design
    perspective: samfunn
    unit: andel
    is_sensitive: false
    direction: up
    decimals: 2
    dimensions: [housing_category]
    periods: as_of_year
    definition_no: Kommunale boliger som er universelt utformet, delt på boliger der det er kjent.
    definition_en: Dwellings in stock at period end with universell ja divided by those with a known universell; one period, the year of the as-of date.
    source: property/dwelling
    caveat_no: Sier noe om boligen, ikke om atkomsten til den. Eldre boliger kan passe for mange uten å være universelt utformet.
    compute: {ratio: [dwellings_universally_designed, dwellings_of_known_design]}

  - metric_id: population_growth
    name_no: Befolkningsvekst per år
    name_en: Population growth a year
    perspective: samfunn
    unit: andel
    is_sensitive: false
    direction: none
    decimals: 3
    dimensions: []
    periods: year
    definition_no: Gjennomsnittlig vekst per år i folketallet over de fem årene fram til 1. januar i året.
    definition_en: (Population of the year / that of five years before) to the power of 1/5, less 1; empty where either is not delivered. Populations as in stock_per_1000_inhabitants, of these very years. Whole years only.
    source: reference/kostra
    caveat_no: Sier ikke hvem som kommer til. Flere eldre gir et annet behov enn flere barnefamilier.
    compute: {model: measure_population_growth}

  - metric_id: population_growth_vs_plan
    name_no: Befolkningsvekst ut over planen
    name_en: Population growth above the plan
    perspective: samfunn
    unit: andel
    is_sensitive: false
    direction: none
    decimals: 3
    dimensions: []
    periods: year
    definition_no: Befolkningsvekst per år, minus veksten kommuneplanen regner med. Over 0 vokser kommunen mer enn planlagt.
    definition_en: population_growth less the forutsetning befolkningsvekst (boligkategori alle) with the latest gyldig_fra by period end; empty where either is not known. Whole years only.
    source: reference/kostra, governance/forutsetning
    caveat_no: Forskjellen er i prosentpoeng. En liten forskjell hvert år blir mange boliger over en planperiode.
    compute: {difference: [population_growth, population_growth_planned]}

  - metric_id: homeless_persons
    name_no: Bostedsløse
    name_en: Homeless persons
    perspective: samfunn
    unit: personer
    is_sensitive: false
    direction: down
    decimals: 0
    dimensions: []
    periods: year
    definition_no: Bostedsløse personer i kommunen ved den nasjonale tellingen i året. Tellingen er ikke hvert år.
    definition_en: The indicator homeless_persons of the year, under the municipality's number or one that it had before; empty in a year without a count. Whole years only.
    source: reference/kostra
    caveat_no: Telles i én uke om høsten, omtrent hvert fjerde år. Den som ingen tjeneste kjenner, er ikke med.
    compute: {from: fct_homeless_count, at: year_begins_on, value: max(homeless_persons)}

  - metric_id: respite_nights
    name_no: Døgn i avlastning i påvente av bolig
    name_en: Respite nights while waiting for a dwelling
    perspective: samfunn
    unit: døgn
    is_of_health: true
    built_on: respite_persons
    direction: down
    decimals: 0
    dimensions: []
    periods: year
    definition_no: Antall døgn med avlastning i året til personer som venter på egen bolig. Et tegn på at boliger for utviklingshemmede mangler.
    definition_en: dogn of the year's respite; empty in a year without it, and where fewer than five persons stand behind it. Whole years only.
    source: governance/respite
    caveat_no: Tallet er kommunens eget. Avlastning gis også av andre grunner, og da er den ikke med.
    compute: {model: measure_respite}

  - metric_id: fit_gap
    name_no: Ventende utover et års utleie, etter størrelse
    name_en: Waiting beyond a year's lettings, by size
    perspective: samfunn
    unit: husstander
    direction: down
    decimals: 0
    dimensions: [size_class]
    definition_no: Husstander i kø ved periodens slutt, etter hvor mange de er, minus innflyttinger etter ny tildeling de siste tolv månedene, etter hvor mange rom boligen har. Én person er satt mot 1–2 rom, to mot 3 rom, tre og fire mot 4 rom, fem eller flere mot 5 rom eller flere. Over 0 venter flere enn det leies ut boliger til på et år.
    definition_en: queue_waiting by the application's husstandsstorrelse (1, 2, 3–4, 5 or more) less the stays that began under a new allocation in the 12 months that end at period end by the dwelling's antall_rom (1–2, 3, 4, 5 or more), in the same order; ukjent where empty.
    source: allocation/waitlist_entry, allocation/application, property/tenancy, allocation/allocation, property/dwelling
    caveat_no: Flyktninger er ikke med i køen, men utleie til dem er med blant innflyttingene. Hvilken størrelse en husstand fikk tilbud om, er ikke med.
    compute: {difference: [queue_waiting, lettings_12_months]}

  - metric_id: refugee_five_year_due_next_12m
    name_no: Flyktninger som når fem år i boligen innen et år
    name_en: Refugee stays that reach five years within a year
    perspective: samfunn
    unit: leieforhold
    direction: none
    decimals: 0
    dimensions: []
    definition_no: Leieforhold i flyktningboliger ved periodens slutt som har vart i fem år i løpet av de neste tolv månedene. De må da videre til en annen bolig, og noen av dem kommer i den ordinære køen.
    definition_en: Stays in dwellings of category flyktning at period end whose start + 60 months lies after it and by period end + 12 months.
    source: property/tenancy, property/dwelling
    caveat_no: Kategorien er dagens. De som flytter før fem år, er med til de har flyttet.
    compute:
      from: fct_stay
      at: five_years_on
      during: [measured_end + 1, measured_end + interval '12 months']
      value: count(*)
      where: housing_category = 'flyktning' and (ended_on is null or ended_on > measured_end)

  - metric_id: refugees_settled
    name_no: Bosatte flyktninger
    name_en: Refugees settled
    perspective: samfunn
    unit: personer
    direction: up
    decimals: 0
    dimensions: [dwelling_type]
    definition_no: Antall flyktninger bosatt i perioden, i kommunal eller privat bolig. Familiegjenforente er med.
    definition_en: Settlements whose bosatt_dato lies in the period, family reunifications included, by municipal or private dwelling.
    source: allocation/refugee_settlement
    caveat_no: Teller personer og ikke husstander.
    compute: {from: fct_refugee_settlement, at: settled_on, value: count(*)}

  - metric_id: refugees_settled_of_agreed
    name_no: Andel av vedtatte flyktninger som er bosatt
    name_en: Refugees settled of those agreed
    perspective: samfunn
    unit: andel
    direction: up
    decimals: 2
    dimensions: []
    periods: year
    is_part_of_whole: false
    definition_no: Flyktninger bosatt i året uten familiegjenforente, delt på antallet kommunestyret vedtok å bosette.
    definition_en: Settlements with bosatt_dato in the year and familiegjenforening nei, divided by vedtatt of the year's settlement agreement; empty in a year without one. Whole years only.
    source: allocation/refugee_settlement, governance/settlement_agreement
    caveat_no: Familiegjenforente er utenfor vedtaket og ikke med.
    compute: {ratio: [refugees_settled_by_decision, refugees_agreed]}

  - metric_id: refugees_unsettled
    name_no: Vedtatte flyktninger som ikke ble bosatt
    name_en: Refugees agreed and not settled
    perspective: samfunn
    unit: personer
    built_on: refugees_settled_beside_unsettled
    direction: down
    decimals: 0
    dimensions: [unsettled_reason]
    periods: year
    definition_no: Hvor mange av dem kommunestyret vedtok å bosette i året, som ikke ble bosatt, etter årsak.
    definition_en: ikke_bosatt of the year's settlement agreement, by arsak; empty where it is not known. Whole years only.
    source: governance/settlement_agreement
    caveat_no: Tallet er kommunens eget og kan ikke regnes ut av bosettingene, for familiegjenforente kan være regnet med.
    compute: {model: measure_refugees_unsettled}

  - metric_id: preemption_use_rate
    name_no: Andel kjøpsretter som er brukt
    name_en: Pre-emption rights used
    perspective: samfunn
    unit: andel
    direction: up
    decimals: 2
    dimensions: []
    definition_no: Rettigheter kommunen har brukt til å kjøpe boliger i utbyggingsavtaler, delt på rettighetene den hadde, for avtaler med frist i de 36 månedene fram til periodens slutt.
    definition_en: Sum of benyttet_antall divided by sum of rett_antall over development agreements with both known and frist_dato in the 36 months that end at period end.
    source: governance/development_agreement
    caveat_no: Retter som ikke er falt bort ennå, teller først når fristen er ute.
    compute: {ratio: [preemption_rights_used, preemption_rights]}

  - metric_id: preemption_rights_lapsing_6m
    name_no: Kjøpsretter som faller bort innen seks måneder
    name_en: Pre-emption rights that lapse within 6 months
    perspective: samfunn
    unit: boliger
    is_sensitive: false
    direction: none
    decimals: 0
    dimensions: []
    definition_no: Boliger kommunen har rett til å kjøpe i utbyggingsavtaler og ikke har brukt retten til, med frist i løpet av de seks månedene etter periodens slutt.
    definition_en: Sum of rett_antall less benyttet_antall (empty counts as 0) over development agreements with rett_antall known and frist_dato after period end and by period end + 6 months.
    source: governance/development_agreement
    caveat_no: Brukte retter er talt per i dag, også for tidligere perioder.
    compute:
      from: fct_development_agreement
      at: right_lapses_on
      during: [measured_end + 1, measured_end + interval '6 months']
      value: sum(unused_rights)

  - metric_id: grant_coverage_new_dwellings
    name_no: Andel nye boliger med statlig tilskudd
    name_en: New dwellings with a state grant
    perspective: samfunn
    unit: andel
    direction: up
    decimals: 2
    dimensions: []
    definition_no: Boliger det er utbetalt statlig tilskudd for i de 36 månedene fram til periodens slutt, delt på egne boliger anskaffet i de månedene, og høyst alle.
    definition_en: Sum of boliger over state grants with utbetalt_dato in the 36 months that end at period end, at most as many as the dwellings of eierform eid with anskaffet_dato in these months, divided by these dwellings.
    source: governance/municipal_grant, property/dwelling
    caveat_no: Et tilskudd kan gjelde boliger som ble anskaffet tidligere. Hvilken bolig det gjaldt, sier ikke uttrekket.
    compute: {ratio: [new_dwellings_with_grant, new_dwellings]}

  - metric_id: grant_missed
    name_no: Tilskudd kommunen kunne ha fått
    name_en: State grants missed
    perspective: okonomi
    unit: kr
    is_sensitive: false
    direction: down
    decimals: 0
    dimensions: []
    definition_no: Det statens tilskudd til utleieboliger ville gitt for boliger kommunen har bygd eller kjøpt de siste 36 månedene uten tilskudd. Satsen per kvadratmeter er den som gjaldt da boligen ble anskaffet, for høyst 80 kvadratmeter. Omsorgsboliger er ikke med, for de har en annen ordning.
    definition_en: Over the dwellings of eierform eid with anskaffet_dato in the 36 months that end at period end, omsorg_* left out, with an area and a rate known on that day, the sum of min(bruksareal_m2, 80) × law_parameter tilskudd_utleiebolig_m2 on anskaffet_dato, times the share of them that no grant was paid for (1 − boliger of grants of ordning utleieboliger paid in these months / these dwellings, at least 0), NOK; empty without such a dwelling.
    source: governance/municipal_grant, property/dwelling
    caveat_no: Satsen er kjent fra 2023, så tallet er tomt for boliger anskaffet før. Boliger uten areal er ikke med. Hvilke boliger tilskuddene gjaldt, er ikke kjent, så snittet er brukt.
    compute: {model: measure_grant_coverage}

  - metric_id: temporary_stays_open
    name_no: I midlertidig bolig
    name_en: Temporary stays open
    perspective: samfunn
    unit: opphold
    direction: down
    decimals: 0
    dimensions: []
    definition_no: Antall opphold i hospits og annen midlertidig bolig som varer ved periodens slutt.
    definition_en: Stays in temporary housing open at period end.
    source: allocation/temporary_stay
    caveat_no: Et opphold uten registrert sluttdato teller som åpent.
    compute: {from: fct_temporary_stay, at_end: [from_on, to_on], value: count(*)}

  - metric_id: akutt_need_persons
    name_no: Personer i midlertidig bolig
    name_en: Persons in temporary housing
    perspective: samfunn
    unit: personer
    direction: down
    decimals: 0
    dimensions: []
    definition_no: Antall ulike personer med minst ett døgn i hospits og annen midlertidig bolig i perioden, slik KOSTRA teller.
    definition_en: Distinct persons with at least one night in temporary housing in the period (KOSTRA's way).
    source: allocation/temporary_stay
    caveat_no: Den som søker, men ikke får midlertidig bolig, er ikke med. Barn og partner telles ikke, bare den som oppholdet står på.
    compute:
      from: fct_temporary_stay
      days: [from_on, to_on]
      value: count(distinct person_id)
      where: to_on is null or to_on > from_on

  - metric_id: temporary_stay_nights
    name_no: Døgn i midlertidig bolig
    name_en: Temporary stay nights
    perspective: samfunn
    unit: døgn
    built_on: temporary_stays
    direction: down
    decimals: 0
    dimensions: []
    definition_no: Antall døgn i hospits og annen midlertidig bolig i perioden. Natten til dagen etter siste datadag er med.
    definition_en: Nights in temporary housing in the period, the night of the as-of date included.
    source: allocation/temporary_stay
    caveat_no: Et opphold uten registrert sluttdato løper videre. Manglende sluttdatoer gjør tallet for høyt.
    compute: {from: fct_temporary_stay, days: [from_on, to_on], value: sum(overlap_days)}

  - metric_id: temporary_stay_cost
    name_no: Kostnad til midlertidig bolig
    name_en: Temporary stay cost
    perspective: samfunn
    unit: kr
    built_on: temporary_stays
    direction: down
    decimals: 0
    dimensions: []
    definition_no: Døgn i midlertidig bolig i perioden ganget med prisen per døgn.
    definition_en: Nights in the period × dognpris, an empty price counting as 0, NOK.
    source: allocation/temporary_stay
    caveat_no: Opphold uten registrert pris teller som 0, så tallet er et minimum.
    compute: {from: fct_temporary_stay, days: [from_on, to_on], value: sum(overlap_days * night_price_nok)}
{% endmacro %}
