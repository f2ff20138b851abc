{#- docs/definitions.md, Follow-up in the home. How an entry is written stands in macros/metric_catalogue.sql. -#}
{% macro metrics_followup() %}
measures:
  - measure_id: followup_month_persons
    compute: {from: fct_followup_month, at: followup_month, value: count(distinct person_id)}
  - measure_id: followup_months
    compute: {from: fct_followup_month, at: followup_month, value: count(*)}
  - measure_id: followup_months_with_cost
    compute: {from: fct_followup_month, at: followup_month, value: count(*), where: cost_nok is not null}
  - measure_id: followup_cost
    compute: {from: fct_followup_month, at: followup_month, value: sum(cost_nok), where: cost_nok is not null}
  - measure_id: followup_active_days
    compute: {from: fct_followup_month, at: followup_month, value: sum(active_days)}
  - measure_id: followup_hours_direct
    compute: {from: fct_followup_month, at: followup_month, value: sum(direct_hours), where: granted_hours is not null}
  - measure_id: followup_hours_granted
    compute: {from: fct_followup_month, at: followup_month, value: sum(granted_hours), where: granted_hours is not null}
  - measure_id: followup_no_shows
    compute: {from: fct_followup_month, at: followup_month, value: sum(no_shows), where: visits is not null}
  - measure_id: followup_visits
    compute: {from: fct_followup_month, at: followup_month, value: sum(visits), where: visits is not null}
  - measure_id: tenancies_begun_followed_up
    compute: {from: fct_followup_outcome, at: began_on, value: count(*), where: "cohort = 'move_in' and months = 0 and with_followup = 'med'"}
  - measure_id: tenancies_begun
    compute: {from: fct_followup_outcome, at: began_on, value: count(*), where: "cohort = 'move_in' and months = 0"}
  - measure_id: tenancies_promised_followed_up
    compute: {from: fct_followup_outcome, at: began_on, value: count(*), where: "cohort = 'move_in' and months = 0 and is_promised and with_followup = 'med'"}
  - measure_id: tenancies_promised
    compute: {from: fct_followup_outcome, at: began_on, value: count(*), where: "cohort = 'move_in' and months = 0 and is_promised"}
  - measure_id: tenancies_6m
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'move_in' and months = 6 and not is_left_out"}
  - measure_id: tenancies_6m_sustained
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'move_in' and months = 6 and not is_left_out and is_sustained"}
  - measure_id: tenancies_6m_housed
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'move_in' and months = 6 and not is_left_out and is_housing_sustained"}
  - measure_id: moved_out_6m
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'move_out' and months = 6"}
  - measure_id: moved_out_6m_returned
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'move_out' and months = 6 and is_returned"}
  - measure_id: tenancies_12m_sustained
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'move_in' and months = 12 and not is_left_out and is_sustained"}
  - measure_id: tenancies_12m_housed
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'move_in' and months = 12 and not is_left_out and is_housing_sustained"}
  - measure_id: moved_out_12m_returned
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'move_out' and months = 12 and is_returned"}
  - measure_id: tenancies_24m
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'move_in' and months = 24 and not is_left_out"}
  - measure_id: tenancies_24m_sustained
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'move_in' and months = 24 and not is_left_out and is_sustained"}
  - measure_id: tenancies_24m_housed
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'move_in' and months = 24 and not is_left_out and is_housing_sustained"}
  - measure_id: moved_out_24m
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'move_out' and months = 24"}
  - measure_id: moved_out_24m_returned
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'move_out' and months = 24 and is_returned"}
  - measure_id: tenancies_12m_followed_up
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'move_in' and months = 12 and not is_left_out and with_followup = 'med'"}
  - measure_id: petitions
    same_as: eviction_petitions
    compute: {from: fct_followup_outcome, at: began_on, value: count(*), where: cohort = 'petition'}
  - measure_id: tenancy_years
    compute: {from: fct_followup_days, days: [from_on, to_on], value: sum(overlap_days / year_days), where: days_of = 'stay'}
  - measure_id: tenancies_lived_in
    compute: {from: fct_followup_days, days: [from_on, to_on], value: count(distinct subject_id), where: days_of = 'stay'}
  - measure_id: followup_days_to_stay_housed
    compute: {from: fct_followup_days, days: [from_on, to_on], value: sum(overlap_days), where: days_of = 'person'}
  - measure_id: followup_days_housed
    compute: {from: fct_followup_days, days: [from_on, to_on], value: sum(overlap_days), where: days_of = 'person' and is_housed}
  - measure_id: followup_persons_to_stay_housed
    compute: {from: fct_followup_days, days: [from_on, to_on], value: count(distinct subject_id), where: days_of = 'person'}
  - measure_id: first_year_cost
    compute: {from: fct_followup_cost, at: matured_on, value: sum(first_year_cost_nok)}
  - measure_id: first_year_days
    compute: {from: fct_followup_cost, at: matured_on, value: sum(first_year_days)}
  - measure_id: tenancies_of_known_cost
    compute: {from: fct_followup_cost, at: matured_on, value: count(*), where: known_months > 0}
  - measure_id: petitions_followed
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'petition'"}
  - measure_id: petitions_averted
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'petition' and is_sustained"}
  - measure_id: followup_started_24m
    compute: {from: fct_followup_outcome, at: matured_on, value: count(distinct person_id), where: "cohort = 'case_start'"}
  - measure_id: followup_became_owners
    compute: {from: fct_followup_outcome, at: matured_on, value: count(distinct person_id), where: "cohort = 'case_start' and is_sustained"}
  - measure_id: followup_independent_ended
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'case_end'"}
  - measure_id: followup_independent
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'case_end' and is_sustained"}
  - measure_id: warnings_told
    compute: {from: fct_followup_warning, at: told_followup_on, value: count(*)}
  - measure_id: warnings_followed
    compute: {from: fct_followup_warning, at: ninety_days_on, value: count(*)}
  - measure_id: warnings_solved
    compute: {from: fct_followup_warning, at: ninety_days_on, value: count(*), where: is_solved_within_90_days}

metrics:
  - metric_id: followup_active
    name_no: Personer med oppfølging
    name_en: Persons with follow-up
    perspective: brukere
    unit: personer
    is_of_health: true
    direction: none
    decimals: 0
    dimensions: [followup_group, followup_method, followup_unit]
    definition_no: Antall ulike personer med oppfølging i bolig ved periodens slutt. En person med to saker telles én gang.
    definition_en: Distinct persons with a case at period end, from start_dato up to but not including slutt_dato.
    source: followup/followup_case
    caveat_no: En person kan stå i flere grupper, så delene kan være flere enn summen.
    compute: {from: fct_followup_case, at_end: [followup_from_on, followup_to_on], value: count(distinct person_id)}

  - metric_id: followup_waiting
    name_no: Venter på oppfølging
    name_en: Waiting for follow-up
    perspective: brukere
    unit: saker
    is_of_health: true
    direction: down
    decimals: 0
    dimensions: [followup_group, followup_unit]
    definition_no: Saker ved periodens slutt der oppfølging er vedtatt og ikke begynt.
    definition_en: Cases at period end from vedtak_dato up to the earlier of start_dato and slutt_dato.
    source: followup/followup_case
    caveat_no: De som ikke har fått vedtak, er ikke med.
    compute: {from: fct_followup_case, at_end: [decided_on, waited_to_on], value: count(*)}

  - metric_id: followup_wait_days_median
    name_no: Ventetid på oppfølging (median)
    name_en: Wait for follow-up, median
    perspective: brukere
    unit: dager
    is_of_health: true
    built_on: followup_waiting
    direction: down
    decimals: 0
    dimensions: [followup_group, followup_unit]
    definition_no: Antall dager fra vedtak til halvparten har fått første besøk. Regnet som ventetid i køen, så de som fortsatt venter, er med.
    definition_en: Kaplan-Meier median as queue_wait_days_median over cases from vedtak_dato to start_dato; a case that ended without a start leaves on slutt_dato.
    source: followup/followup_case
    caveat_no: Tomt når færre enn fem var under observasjon da noen fikk oppfølging.
    compute: {model: measure_wait_median}

  - metric_id: followup_started
    name_no: Oppfølging som begynte
    name_en: Follow-up begun
    perspective: brukere
    unit: saker
    is_of_health: true
    direction: none
    decimals: 0
    dimensions: [followup_group]
    definition_no: Saker med første besøk i perioden.
    definition_en: Cases whose start_dato lies in the period.
    source: followup/followup_case
    caveat_no: Tallet sier hvor mange det gjelder, ikke hva hjelpen har ført til.
    compute: {from: fct_followup_case, at: followup_from_on, value: count(*)}

  - metric_id: followup_ended
    name_no: Oppfølging som ble avsluttet
    name_en: Follow-up ended
    perspective: brukere
    unit: saker
    is_of_health: true
    direction: none
    decimals: 0
    dimensions: [followup_end_reason]
    definition_no: Saker som hadde begynt og ble avsluttet i perioden, etter grunn.
    definition_en: Cases with a start_dato whose slutt_dato lies in the period.
    source: followup/followup_case
    conflicts_with: [housing_sustained_12m]
    conflict_no: Avsluttes oppfølgingen før den som bor der klarer seg, kan boligen ryke etterpå.
    better_in_conflict: up
    caveat_no: At oppfølging avsluttes, er ikke et mål i seg selv. Varig hjelp er et godt resultat for den som trenger det.
    compute: {from: fct_followup_case, at: followup_to_on, value: count(*), where: followup_from_on is not null}

  - metric_id: followup_hours
    name_no: Timer oppfølging
    name_en: Hours of follow-up
    perspective: interne_prosesser
    unit: timer
    is_of_health: true
    built_on: followup_month_persons
    direction: none
    decimals: 0
    dimensions: [followup_group, followup_method]
    definition_no: Timer med og for personene, for månedene i perioden.
    definition_en: Sum of timer_direkte and timer_indirekte (empty counts as 0) over months in the period.
    source: followup/followup_month, followup/followup_case
    caveat_no: Timene er slik enhetene fører dem.
    compute: {from: fct_followup_month, at: followup_month, value: sum(total_hours)}

  - metric_id: followup_hours_per_person_week
    name_no: Timer per person i uken
    name_en: Hours per person and week
    perspective: interne_prosesser
    unit: timer
    is_of_health: true
    built_on: followup_month_persons
    direction: none
    decimals: 1
    dimensions: [followup_group, followup_method]
    definition_no: Timer oppfølging delt på ukene sakene var i gang, for månedene i perioden.
    definition_en: followup_hours divided by the sum of the days of these months on which their cases were active, up to the as-of date, × 7; of a person with two cases the days of both.
    source: followup/followup_month, followup/followup_case
    is_part_of_whole: false
    caveat_no: Måneder uten føring er ikke med.
    compute: {ratio: [followup_hours, followup_active_days], factor: 7}

  - metric_id: followup_delivered_share
    name_no: Levert av vedtatte timer
    name_en: Delivered of granted hours
    perspective: interne_prosesser
    unit: andel
    is_of_health: true
    built_on: followup_month_persons
    direction: up
    decimals: 2
    dimensions: [followup_group, followup_unit]
    definition_no: Timer med personene delt på timene som er vedtatt, for månedene der begge er kjent.
    definition_en: Sum of timer_direkte divided by the sum of vedtatt_timer_uke × active days / 7, over months in the period whose case has vedtatt_timer_uke.
    source: followup/followup_month, followup/followup_case
    is_part_of_whole: false
    caveat_no: Kan være over 1. Timer uten personen til stede er ikke med.
    compute: {ratio: [followup_hours_direct, followup_hours_granted]}

  - metric_id: followup_no_show_share
    name_no: Andel besøk der ingen var hjemme
    name_en: Visits with nobody at home
    perspective: interne_prosesser
    unit: andel
    is_of_health: true
    built_on: followup_month_persons
    direction: down
    decimals: 2
    dimensions: [followup_method]
    definition_no: Ganger personen ikke var hjemme, delt på alle forsøk på å møtes, for månedene der begge er ført.
    definition_en: Sum of antall_ikke_hjemme divided by the sum of antall_kontakter and antall_ikke_hjemme, over months in the period with both.
    source: followup/followup_month, followup/followup_case
    caveat_no: Metoder som møter folk der de er, har færre bomturer.
    compute: {ratio: [followup_no_shows, followup_visits]}

  - metric_id: cost_per_active_month
    name_no: Kostnad per måned med oppfølging
    name_en: Cost per month of follow-up
    perspective: okonomi
    unit: kr
    is_of_health: true
    built_on: followup_months_with_cost
    direction: none
    decimals: 0
    dimensions: [followup_method]
    definition_no: Kostnad delt på antall måneder med kjent kostnad, for månedene i perioden.
    definition_en: Sum of kostnad divided by the months in the period with kostnad.
    source: followup/followup_month, followup/followup_case
    is_part_of_whole: false
    caveat_no: Se hvor stor andel av månedene som har kjent kostnad.
    compute: {ratio: [followup_cost, followup_months_with_cost]}

  - metric_id: followup_cost_known_share
    name_no: Andel måneder med kjent kostnad
    name_en: Months with a known cost
    perspective: okonomi
    unit: andel
    is_of_health: true
    direction: up
    decimals: 2
    dimensions: [followup_method]
    definition_no: Måneder med ført kostnad delt på alle måneder i perioden.
    definition_en: Months in the period with kostnad divided by all months in the period.
    source: followup/followup_month, followup/followup_case
    caveat_no: Sier hvor langt kostnaden per måned er å stole på.
    compute: {ratio: [followup_months_with_cost, followup_months]}

  - metric_id: cost_per_sustained_tenancy_year
    name_no: Oppfølging per år leieforholdene varte
    name_en: Cost of follow-up per year of tenancy
    perspective: okonomi
    unit: kr
    is_of_health: true
    built_on: tenancies_of_known_cost
    direction: none
    decimals: 0
    dimensions: [followup_method]
    definition_no: Hva oppfølgingen kostet det første året av leieforhold med oppfølging fra innflytting, delt på dagene leieforholdene varte det året og ganget med 365, for dem der de tolv månedene ble fylt i perioden. Måneder der en kostnad ikke er kjent, er ikke med.
    definition_en: "Over those of the cohort of tenancy_sustained_12m with follow-up whose start + 12 months lies in the period: the sum of kostnad divided by the sum of the days of the stay, × 365, over the twelve calendar months whose first day lies in the 12 months from the start. The cases are the person's that are active on a day of the month, and a month in which one of them has no kostnad is left out of both sums, as are days after the as-of date. The method is that of the case by which the tenancy has follow-up, of two the one with the earlier start_dato."
    source: property/tenancy, allocation/allocation, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case, followup/followup_month
    begins_with: [property/tenancy, allocation/allocation, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case, followup/followup_month]
    caveat_no: Leieforhold som tok slutt, koster mer per år de varte. De som får oppfølging, er valgt ut fordi de trenger det, så metodene har ikke de samme leietakerne.
    compute: {ratio: [first_year_cost, first_year_days], factor: 365}

  - metric_id: new_tenancies_with_followup
    name_no: Andel nye leieforhold med oppfølging
    name_en: New tenancies with follow-up
    perspective: brukere
    unit: andel
    is_of_health: true
    direction: none
    decimals: 2
    dimensions: [housing_category]
    definition_no: Leieforhold som begynte i perioden etter ny tildeling og fikk oppfølging fra 30 dager før til 30 dager etter innflytting, delt på alle slike leieforhold.
    definition_en: Of the cohort of tenancy_sustained_12m, by its start in the period, those with follow-up, divided by all.
    source: property/tenancy, allocation/allocation, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case
    begins_with: [property/tenancy, allocation/allocation, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case]
    ripens_after_months: 2
    caveat_no: De som får oppfølging, er valgt ut fordi de trenger det. Forskjellen er ingen effekt.
    compute: {ratio: [tenancies_begun_followed_up, tenancies_begun]}

  - metric_id: promised_followup_share
    name_no: Andel som fikk oppfølgingen de var lovet
    name_en: Promised follow-up that was given
    perspective: brukere
    unit: andel
    is_of_health: true
    direction: up
    decimals: 2
    dimensions: [housing_category]
    definition_no: Leieforhold som begynte i perioden etter ny tildeling og fikk oppfølging fra 30 dager før til 30 dager etter innflytting, delt på alle slike leieforhold der vedtaket om bolig sier at det skal gis oppfølging.
    definition_en: Of the cohort of tenancy_sustained_12m, by its start in the period, those whose application has a decision that a case of follow-up names (vedtak_id; both decided); of these those with follow-up, divided by all.
    source: property/tenancy, allocation/allocation, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case, allocation/decision
    begins_with: [property/tenancy, allocation/allocation, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case, allocation/decision]
    ripens_after_months: 2
    caveat_no: Teller bare oppfølging som er ført med vedtaket den står i. Hvor ofte det føres, varierer mellom enhetene.
    compute: {ratio: [tenancies_promised_followed_up, tenancies_promised]}

  - metric_id: tenancies_12m
    name_no: Leieforhold som er fulgt i tolv måneder
    name_en: Tenancies followed for twelve months
    perspective: brukere
    unit: leieforhold
    is_of_health: true
    direction: none
    decimals: 0
    dimensions: [housing_category, with_followup, tenant_group]
    definition_no: Leieforhold etter ny tildeling der de tolv månedene ble fylt i perioden. De som døde eller flyttet til institusjon, er ikke med.
    definition_en: The denominator of tenancy_sustained_12m.
    source: property/tenancy, allocation/allocation, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case
    begins_with: [property/tenancy, allocation/allocation, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case]
    caveat_no: Så mange ligger bak andelene som varte. De som får oppfølging, er valgt ut fordi de trenger det. Forskjellen er ingen effekt.
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'move_in' and months = 12 and not is_left_out"}

  - metric_id: moved_out_12m
    name_no: Utflyttinger som er fulgt i tolv måneder
    name_en: Moves out followed for twelve months
    perspective: brukere
    unit: leieforhold
    is_of_health: true
    direction: none
    decimals: 0
    dimensions: [move_out_reason, with_followup]
    definition_no: Leieforhold som tok slutt, der de tolv månedene etterpå ble fylt i perioden. De som døde, flyttet til institusjon eller til annen kommunal bolig, er ikke med.
    definition_en: The denominator of returns_12m.
    source: property/tenancy, allocation/allocation, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case
    begins_with: [property/tenancy, allocation/allocation, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case]
    caveat_no: Så mange ligger bak andelen som kom tilbake. De som får oppfølging, er valgt ut fordi de trenger det. Forskjellen er ingen effekt.
    compute: {from: fct_followup_outcome, at: matured_on, value: count(*), where: "cohort = 'move_out' and months = 12"}

  - metric_id: tenancy_sustained_6m
    name_no: Andel leieforhold som varte seks måneder
    name_en: Tenancies that lasted 6 months
    perspective: brukere
    unit: andel
    is_of_health: true
    direction: up
    decimals: 2
    dimensions: [housing_category, with_followup, tenant_group]
    definition_no: Leieforhold etter ny tildeling som ikke tok slutt de første seks månedene, delt på alle der de seks månedene ble fylt i perioden. De som døde eller flyttet til institusjon, er ikke med.
    definition_en: "Stays begun under a new allocation, from the latest first record of the tables on, whose start + 6 months lies in the period, and which did not end before it, divided by all of them; those that ended before it with dod or institusjon are in neither. With follow-up (with_followup med): the person of the latest contract that has started has a case active on a day from 30 days before the start to 30 days after."
    source: property/tenancy, allocation/allocation, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case
    begins_with: [property/tenancy, allocation/allocation, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case]
    caveat_no: Et leieforhold som tar slutt fordi kontrakten går ut, teller som slutt. De som får oppfølging, er valgt ut fordi de trenger det. Forskjellen er ingen effekt.
    compute: {ratio: [tenancies_6m_sustained, tenancies_6m]}

  - metric_id: tenancy_sustained_12m
    name_no: Andel leieforhold som varte tolv måneder
    name_en: Tenancies that lasted 12 months
    perspective: brukere
    unit: andel
    is_of_health: true
    direction: up
    decimals: 2
    dimensions: [housing_category, with_followup, tenant_group]
    definition_no: Leieforhold etter ny tildeling som ikke tok slutt de første tolv månedene, delt på alle der de tolv månedene ble fylt i perioden. De som døde eller flyttet til institusjon, er ikke med.
    definition_en: "Stays begun under a new allocation, from the latest first record of the tables on, whose start + 12 months lies in the period, and which did not end before it, divided by all of them; those that ended before it with dod or institusjon are in neither. With follow-up (with_followup med): the person of the latest contract that has started has a case active on a day from 30 days before the start to 30 days after."
    source: property/tenancy, allocation/allocation, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case
    begins_with: [property/tenancy, allocation/allocation, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case]
    caveat_no: Et leieforhold som tar slutt fordi kontrakten går ut, teller som slutt. De som får oppfølging, er valgt ut fordi de trenger det. Forskjellen er ingen effekt.
    compute: {ratio: [tenancies_12m_sustained, tenancies_12m]}

  - metric_id: tenancy_sustained_24m
    name_no: Andel leieforhold som varte 24 måneder
    name_en: Tenancies that lasted 24 months
    perspective: brukere
    unit: andel
    is_of_health: true
    direction: up
    decimals: 2
    dimensions: [housing_category, with_followup, tenant_group]
    definition_no: Leieforhold etter ny tildeling som ikke tok slutt de første 24 månedene, delt på alle der de 24 månedene ble fylt i perioden. De som døde eller flyttet til institusjon, er ikke med.
    definition_en: "Stays begun under a new allocation, from the latest first record of the tables on, whose start + 24 months lies in the period, and which did not end before it, divided by all of them; those that ended before it with dod or institusjon are in neither. With follow-up (with_followup med): the person of the latest contract that has started has a case active on a day from 30 days before the start to 30 days after."
    source: property/tenancy, allocation/allocation, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case
    begins_with: [property/tenancy, allocation/allocation, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case]
    conflicts_with: [circulation_rate]
    conflict_no: Flere flyttinger gir flere ledige boliger, og flere som må begynne på nytt.
    caveat_no: Flytting til noe bedre teller som slutt. De som får oppfølging, er valgt ut fordi de trenger det. Forskjellen er ingen effekt.
    compute: {ratio: [tenancies_24m_sustained, tenancies_24m]}

  - metric_id: housing_sustained_6m
    name_no: Andel som fortsatt hadde bolig etter seks måneder
    name_en: Still housed after 6 months
    perspective: brukere
    unit: andel
    is_of_health: true
    direction: up
    decimals: 2
    dimensions: [housing_category, with_followup, tenant_group]
    definition_no: Som andel leieforhold som varte seks måneder, men den som flyttet til egen, privat eller annen kommunal bolig, teller også, om hen siden verken sto i kø, bodde midlertidig eller ble kastet ut.
    definition_en: As tenancy_sustained_6m, and those that ended with kjopt_bolig, privat_leie or annen_kommunal_bolig whose person has, from the end to start + 6 months, no inn_dato of a waiting list, no night in temporary housing that began then, and no eviction carried out.
    source: property/tenancy, allocation/allocation, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case
    begins_with: [property/tenancy, allocation/allocation, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case]
    caveat_no: De som får oppfølging, er valgt ut fordi de trenger det. Forskjellen er ingen effekt.
    compute: {ratio: [tenancies_6m_housed, tenancies_6m]}

  - metric_id: housing_sustained_12m
    name_no: Andel som fortsatt hadde bolig etter tolv måneder
    name_en: Still housed after 12 months
    perspective: brukere
    unit: andel
    is_of_health: true
    direction: up
    decimals: 2
    dimensions: [housing_category, with_followup, tenant_group]
    definition_no: Som andel leieforhold som varte tolv måneder, men den som flyttet til egen, privat eller annen kommunal bolig, teller også, om hen siden verken sto i kø, bodde midlertidig eller ble kastet ut.
    definition_en: As tenancy_sustained_12m, and those that ended with kjopt_bolig, privat_leie or annen_kommunal_bolig whose person has, from the end to start + 12 months, no inn_dato of a waiting list, no night in temporary housing that began then, and no eviction carried out.
    source: property/tenancy, allocation/allocation, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case
    begins_with: [property/tenancy, allocation/allocation, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case]
    caveat_no: De som får oppfølging, er valgt ut fordi de trenger det. Forskjellen er ingen effekt.
    compute: {ratio: [tenancies_12m_housed, tenancies_12m]}

  - metric_id: housing_sustained_24m
    name_no: Andel som fortsatt hadde bolig etter 24 måneder
    name_en: Still housed after 24 months
    perspective: brukere
    unit: andel
    is_of_health: true
    direction: up
    decimals: 2
    dimensions: [housing_category, with_followup, tenant_group]
    definition_no: Som andel leieforhold som varte 24 måneder, men den som flyttet til egen, privat eller annen kommunal bolig, teller også, om hen siden verken sto i kø, bodde midlertidig eller ble kastet ut.
    definition_en: As tenancy_sustained_24m, and those that ended with kjopt_bolig, privat_leie or annen_kommunal_bolig whose person has, from the end to start + 24 months, no inn_dato of a waiting list, no night in temporary housing that began then, and no eviction carried out.
    source: property/tenancy, allocation/allocation, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case
    begins_with: [property/tenancy, allocation/allocation, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case]
    caveat_no: De som får oppfølging, er valgt ut fordi de trenger det. Forskjellen er ingen effekt.
    compute: {ratio: [tenancies_24m_housed, tenancies_24m]}

  - metric_id: returns_6m
    name_no: Andel som kom tilbake innen seks måneder
    name_en: Back within 6 months
    perspective: brukere
    unit: andel
    is_of_health: true
    direction: down
    decimals: 2
    dimensions: [move_out_reason, with_followup]
    definition_no: Leieforhold som tok slutt, der personen innen seks måneder sto i kø igjen, bodde midlertidig eller flyttet inn i en kommunal bolig, delt på alle der de seks månedene ble fylt i perioden. Flytting innen 14 dager teller ikke, og de som døde, flyttet til institusjon eller til annen kommunal bolig, er ikke med.
    definition_en: "Stays that ended, from the latest first record of the tables on, other than with dod, institusjon or annen_kommunal_bolig, and whose end + 6 months lies in the period: those whose person has from the end up to that day an inn_dato of a waiting list or a night in temporary housing that began then, or a municipal stay that began more than 14 days after the end, divided by all. With follow-up: a case active on the last day of the stay."
    source: property/tenancy, allocation/allocation, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case
    begins_with: [property/tenancy, allocation/allocation, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case]
    caveat_no: De som flyttet ut av kommunen, kan ikke følges. De som får oppfølging, er valgt ut fordi de trenger det. Forskjellen er ingen effekt.
    compute: {ratio: [moved_out_6m_returned, moved_out_6m]}

  - metric_id: returns_12m
    name_no: Andel som kom tilbake innen tolv måneder
    name_en: Back within 12 months
    perspective: brukere
    unit: andel
    is_of_health: true
    direction: down
    decimals: 2
    dimensions: [move_out_reason, with_followup]
    definition_no: Leieforhold som tok slutt, der personen innen tolv måneder sto i kø igjen, bodde midlertidig eller flyttet inn i en kommunal bolig, delt på alle der de tolv månedene ble fylt i perioden. Flytting innen 14 dager teller ikke, og de som døde, flyttet til institusjon eller til annen kommunal bolig, er ikke med.
    definition_en: "Stays that ended, from the latest first record of the tables on, other than with dod, institusjon or annen_kommunal_bolig, and whose end + 12 months lies in the period: those whose person has from the end up to that day an inn_dato of a waiting list or a night in temporary housing that began then, or a municipal stay that began more than 14 days after the end, divided by all. With follow-up: a case active on the last day of the stay."
    source: property/tenancy, allocation/allocation, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case
    begins_with: [property/tenancy, allocation/allocation, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case]
    caveat_no: De som flyttet ut av kommunen, kan ikke følges. De som får oppfølging, er valgt ut fordi de trenger det. Forskjellen er ingen effekt.
    compute: {ratio: [moved_out_12m_returned, moved_out_12m]}

  - metric_id: returns_24m
    name_no: Andel som kom tilbake innen 24 måneder
    name_en: Back within 24 months
    perspective: brukere
    unit: andel
    is_of_health: true
    direction: down
    decimals: 2
    dimensions: [move_out_reason, with_followup]
    definition_no: Leieforhold som tok slutt, der personen innen 24 måneder sto i kø igjen, bodde midlertidig eller flyttet inn i en kommunal bolig, delt på alle der de 24 månedene ble fylt i perioden. Flytting innen 14 dager teller ikke, og de som døde, flyttet til institusjon eller til annen kommunal bolig, er ikke med.
    definition_en: "Stays that ended, from the latest first record of the tables on, other than with dod, institusjon or annen_kommunal_bolig, and whose end + 24 months lies in the period: those whose person has from the end up to that day an inn_dato of a waiting list or a night in temporary housing that began then, or a municipal stay that began more than 14 days after the end, divided by all. With follow-up: a case active on the last day of the stay."
    source: property/tenancy, allocation/allocation, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case
    begins_with: [property/tenancy, allocation/allocation, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case]
    caveat_no: De som flyttet ut av kommunen, kan ikke følges. De som får oppfølging, er valgt ut fordi de trenger det. Forskjellen er ingen effekt.
    compute: {ratio: [moved_out_24m_returned, moved_out_24m]}

  - metric_id: eviction_petition_rate
    name_no: Hvor ofte det begjæres fravikelse
    name_en: Petitions by tenancy-years
    perspective: brukere
    unit: per 100 leieår
    is_of_health: true
    built_on: tenancies_lived_in
    direction: down
    decimals: 1
    dimensions: [with_followup, housing_category]
    definition_no: Begjæringer om fravikelse i perioden delt på årene leieforholdene varte i perioden, ganget med 100. Med oppfølging er leieren når hen følges opp den dagen.
    definition_en: "eviction_petitions divided by the tenancy-years of the period, × 100. Tenancy-years: the sum over stays of their days in the period / the days of the calendar year. With follow-up: a petition where the contract's person has a case active on begjaert_dato, a day of a stay where the person of the latest contract that has started has one active on it."
    source: property/tenancy, accounting/eviction_case, followup/followup_case
    caveat_no: Oppfølging begynner ofte fordi noe går galt. De som får oppfølging, er valgt ut fordi de trenger det. Forskjellen er ingen effekt.
    compute: {ratio: [petitions, tenancy_years], factor: 100}

  - metric_id: evictions_averted_share
    name_no: Begjæringer som ikke førte til utkastelse
    name_en: Petitions that came to no eviction
    perspective: brukere
    unit: andel
    is_of_health: true
    direction: up
    decimals: 2
    dimensions: [with_followup]
    definition_no: Begjæringer der det etter 180 dager ikke var gjennomført utkastelse og leieforholdet fortsatt løp, delt på alle der de 180 dagene ble fylt i perioden.
    definition_en: "Eviction cases, from the latest first record of the tables on, whose begjaert_dato + 180 days lies in the period: those without utfall gjennomfort by that day and whose stay still runs after it, divided by all. With follow-up: the contract's person has a case active on begjaert_dato."
    source: property/tenancy, allocation/allocation, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case
    begins_with: [property/tenancy, allocation/allocation, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case]
    caveat_no: De som får oppfølging, er valgt ut fordi de trenger det. Forskjellen er ingen effekt.
    compute: {ratio: [petitions_averted, petitions_followed]}

  - metric_id: warning_to_followup_days_median
    name_no: Fra varsel til oppfølging får vite det (median)
    name_en: From a warning to the follow-up unit, median
    perspective: interne_prosesser
    unit: dager
    is_of_health: true
    built_on: warnings_told
    direction: down
    decimals: 0
    dimensions: [warning_type]
    definition_no: Median antall dager fra utleier varslet til enheten for oppfølging fikk beskjed i perioden.
    definition_en: Median of meldt_oppfolging_dato less varsel_dato over warnings whose meldt_oppfolging_dato lies in the period.
    source: followup/housing_warning
    caveat_no: Varsler ingen har meldt videre, er ikke med.
    compute: {from: fct_followup_warning, at: told_followup_on, value: percentile_cont(0.5) within group (order by told_days)}

  - metric_id: warnings_solved_90d
    name_no: Andel varsler løst innen 90 dager
    name_en: Warnings solved within 90 days
    perspective: interne_prosesser
    unit: andel
    is_of_health: true
    direction: up
    decimals: 2
    dimensions: [warning_type]
    definition_no: Varsler som ble løst innen 90 dager på annen måte enn begjæring om fravikelse, delt på alle der de 90 dagene ble fylt i perioden.
    definition_en: Warnings whose varsel_dato + 90 days lies in the period, with lost_dato by that day and losning other than begjaring, divided by all.
    source: followup/housing_warning
    caveat_no: Flytting teller som løst.
    compute: {ratio: [warnings_solved, warnings_followed]}

  - metric_id: followup_to_ownership_24m
    name_no: Andel som kjøpte bolig innen to år
    name_en: Bought a home within two years
    perspective: brukere
    unit: andel
    is_of_health: true
    direction: up
    decimals: 2
    dimensions: [followup_group]
    definition_no: Personer som fikk oppfølging og innen 24 måneder kjøpte bolig eller fikk utbetalt startlån til kjøp, delt på alle der de 24 månedene ble fylt i perioden.
    definition_en: Distinct persons with a case whose start_dato + 24 months lies in the period, from the latest first record of the tables of tenancy_sustained_12m on, with a stay that ended with kjopt_bolig or a startlån of formal kjop paid out from start_dato up to that day, divided by all.
    source: property/tenancy, allocation/allocation, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case, husbanken/startlan
    begins_with: [property/tenancy, husbanken/startlan, allocation/allocation, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case]
    caveat_no: Å eie er ikke et mål for alle. Tallet sier hvor mange det gjelder, ikke hva hjelpen har ført til.
    compute: {ratio: [followup_became_owners, followup_started_24m]}

  - metric_id: followup_independent_12m
    name_no: Andel som klarte seg selv et år etter
    name_en: On their own a year after
    perspective: brukere
    unit: andel
    is_of_health: true
    direction: up
    decimals: 2
    dimensions: []
    definition_no: Saker med mål om å bo selvstendig som ble avsluttet fordi målet var nådd eller behovet borte, og der personen et år etter fortsatt bodde der eller hadde flyttet til noe bedre, uten ny sak, kø eller midlertidig opphold. Delt på alle avsluttede saker med det målet der året ble fylt i perioden.
    definition_en: "Cases with a start_dato and mal selvstendig that ended, from the latest first record of the tables of tenancy_sustained_12m on, other than with dod or institusjon, and whose slutt_dato + 12 months lies in the period: those with slutt_arsak maal_nadd or ikke_behov whose person had on slutt_dato a municipal stay that runs on that day or ended with kjopt_bolig, privat_leie or annen_kommunal_bolig, and has from slutt_dato up to that day no other case with a start, no inn_dato of a waiting list and no night in temporary housing that began then; divided by all."
    source: property/tenancy, allocation/allocation, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case
    begins_with: [property/tenancy, allocation/allocation, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case]
    caveat_no: Gjelder bare dem som skal klare seg uten hjelp. Varig hjelp er ikke et nederlag.
    compute: {ratio: [followup_independent, followup_independent_ended]}

  - metric_id: followup_kept_home_share
    name_no: Andel av tiden med bolig, for dem som skal bo med hjelp
    name_en: Time housed, of those who are to stay housed
    perspective: brukere
    unit: andel
    is_of_health: true
    built_on: followup_persons_to_stay_housed
    direction: up
    decimals: 2
    dimensions: []
    definition_no: Dager med bolig delt på alle dager med oppfølging i perioden, for dem som har som mål å beholde boligen eller å bo varig med hjelp. Bolig er å leie av kommunen, eller å ha flyttet derfra til egen, privat eller annen kommunal bolig uten siden å ha stått i kø, bodd midlertidig eller blitt kastet ut.
    definition_en: "Over persons with a case of mal varig_med_hjelp or beholde_bolig: the days of the period on which such a case is active and the person is housed, divided by those on which one is active. Housed: in a stay, or from the end of one with kjopt_bolig, privat_leie or annen_kommunal_bolig up to the next inn_dato of a waiting list, night in temporary housing that began then, or eviction carried out. A day counts once for a person, whatever the cases and stays."
    source: property/tenancy, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case
    begins_with: [property/tenancy, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case]
    caveat_no: Den som aldri har leid av kommunen, teller som uten bolig, for andre hjem kjenner ikke uttrekkene. Varig hjelp er ikke et nederlag.
    compute: {ratio: [followup_days_housed, followup_days_to_stay_housed]}

  - metric_id: sustained_observed_expected
    name_no: Leieforhold med oppfølging som varte, utover det en kunne vente
    name_en: Sustained with follow-up, beyond the expected
    perspective: brukere
    unit: leieforhold
    is_of_health: true
    built_on: tenancies_12m_followed_up
    direction: none
    decimals: 1
    dimensions: []
    definition_no: Leieforhold med oppfølging som varte tolv måneder, minus så mange som ville vart om de hadde vart like ofte som leieforhold uten oppfølging i samme boligkategori, med samme historie av begjæringer og restanser og med eller uten barn. Tomt når sammenligningen hviler på færre enn 30 uten oppfølging.
    definition_en: "Over the cohort of tenancy_sustained_12m: the sustained with follow-up less the sum over those with follow-up of the share sustained among those without in the same stratum: category, petition for the person's eviction before the start, rent owed on the day of the allocation, children in the application. A stratum with fewer than 5 without is taken together with those that differ in children, then in arrears, then in petitions, then in category. Empty with fewer than 30 different stays without behind it, or none with."
    source: property/tenancy, allocation/allocation, allocation/application, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, followup/followup_case, accounting/rent_charge, accounting/payment
    begins_with: [property/tenancy, allocation/allocation, allocation/waitlist_entry, allocation/temporary_stay, accounting/eviction_case, accounting/rent_charge, accounting/payment, followup/followup_case]
    caveat_no: "De som får oppfølging er valgt ut fordi de trenger det; tallet er ingen effekt."
    compute: {model: measure_followup_expected}
{% endmacro %}
