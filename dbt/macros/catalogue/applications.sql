{#- docs/definitions.md, Applications and decisions. How an entry is written stands in macros/metric_catalogue.sql. -#}
{% macro metrics_applications() %}
measures:
  - measure_id: decisions_rejected
    compute: {from: fct_decision, at: decided_on, value: count(*), where: outcome = 'avslag'}
  - measure_id: rejections_a_year_before
    compute: &rejected_a_year_before
      from: fct_decision
      at: decided_on
      during:
        - measured_end + 1 - interval '12 months' - interval '12 months'
        - measured_end + 1 - interval '12 months' - interval '1 day'
      value: count(*)
      where: outcome = 'avslag' and is_helped_within_year is not null
  - measure_id: rejections_a_year_before_without_help
    compute:
      <<: *rejected_a_year_before
      where: outcome = 'avslag' and is_helped_within_year is not null and not is_helped_within_year
  - measure_id: applications_a_year_before
    compute: &applied_a_year_before
      from: fct_instrument_reach
      at: received_on
      during:
        - measured_end + 1 - interval '12 months' - interval '12 months'
        - measured_end + 1 - interval '12 months' - interval '1 day'
      value: count(distinct application_id)
  - measure_id: applications_a_year_before_reached
    compute: {<<: *applied_a_year_before, where: is_reached}
  - measure_id: complaints_concluded
    compute: {from: fct_decision, at: complained_on, value: count(*), where: complaint_outcome is not null}
  - measure_id: complaints_upheld
    compute: {from: fct_decision, at: complained_on, value: count(*), where: complaint_outcome = 'medhold'}

metrics:
  - metric_id: applications_received
    name_no: Mottatte søknader
    name_en: Applications received
    perspective: brukere
    unit: søknader
    direction: none
    decimals: 0
    dimensions: [application_type, housing_category, handling_unit]
    definition_no: Antall søknader om kommunal bolig mottatt i perioden, både nye og om fornyelse.
    definition_en: Applications whose mottatt_dato lies in the period, new and for renewal.
    source: allocation/application
    caveat_no: Samme husstand kan søke flere ganger.
    compute: {from: fct_application, at: received_on, value: count(*)}

  - metric_id: decisions_made
    name_no: Fattede vedtak
    name_en: Decisions made
    perspective: brukere
    unit: vedtak
    direction: none
    decimals: 0
    dimensions: [outcome, housing_category]
    definition_no: Antall vedtak fattet i perioden.
    definition_en: Decisions whose vedtak_dato lies in the period.
    source: allocation/decision
    caveat_no: En søknad kan få flere vedtak.
    compute: {from: fct_decision, at: decided_on, value: count(*)}

  - metric_id: rejection_rate
    name_no: Andel avslag
    name_en: Rejection rate
    perspective: brukere
    unit: andel
    direction: none
    decimals: 2
    dimensions: [housing_category, handling_unit]
    definition_no: Avslag delt på alle vedtak i perioden.
    definition_en: Decisions with utfall avslag divided by decisions_made.
    source: allocation/decision
    caveat_no: Flere avslag gir kortere kø uten at flere får bolig.
    compute: {ratio: [decisions_rejected, decisions_made]}

  - metric_id: rejections_residence_rule
    name_no: Avslag etter botidsregelen
    name_en: Rejections by the residence rule
    perspective: brukere
    unit: vedtak
    direction: none
    decimals: 0
    dimensions: [housing_category]
    definition_no: Antall avslag i perioden fordi søkeren ikke har bodd lenge nok i kommunen.
    definition_en: Decisions with utfall avslag and avslagsgrunn botid whose vedtak_dato lies in the period.
    source: allocation/decision
    caveat_no: De som lar være å søke fordi de kjenner regelen, er ikke med (rapportens kapittel 6.2.8).
    compute: {from: fct_decision, at: decided_on, value: count(*), where: outcome = 'avslag' and rejection_reason = 'botid'}

  - metric_id: refused_without_help_12m
    name_no: Andel avslag uten annen hjelp innen et år
    name_en: Refused and helped by nothing else within a year
    perspective: brukere
    unit: andel
    direction: down
    decimals: 2
    dimensions: [housing_category]
    definition_no: Avslag der søkeren i tolv måneder fra vedtaket verken fikk utbetalt startlån eller statlig bostøtte eller bodde i en kommunal bolig, delt på alle avslag. Avslagene er de som ble gitt fra to år til ett år før periodens slutt.
    definition_en: Decisions with utfall avslag whose applicant had, from vedtak_dato up to 12 months later, no startlån paid out, no statlig bostøtte (belop above 0, termin) and no day of a municipal stay, divided by all. The cohort is vedtak_dato in the 12 months that end the day before (period end + 1 day − 12 months); of it those from the first record of startlån, statlig bostøtte and tenancies on.
    source: allocation/decision, allocation/application, husbanken/startlan, husbanken/bostotte, property/tenancy
    begins_with: [allocation/decision, allocation/application, husbanken/startlan, husbanken/bostotte/statlig, property/tenancy]
    caveat_no: Et nytt vedtak for samme søker telles for seg. Hjelp fra andre, som sosialhjelp og tilskudd, er ikke med.
    compute: {ratio: [rejections_a_year_before_without_help, rejections_a_year_before]}

  - metric_id: applicants_reached_share
    name_no: Andel søkere som et virkemiddel nådde
    name_en: Applicants reached by an instrument
    perspective: brukere
    unit: andel
    direction: up
    decimals: 2
    dimensions: [instrument]
    definition_no: Andel av nye søknader mottatt i de tolv månedene som sluttet et år før periodens slutt, der søkeren hadde minst ett virkemiddel i løpet av tolv måneder etter søknaden. Virkemidlene er kommunal bolig, startlån, bostøtte, midlertidig bolig, garanti, forvaltning av inntekt, hjelp til privat leie og sosialhjelp til bolig.
    definition_en: >-
      Of the applications with soknadstype ny and mottatt_dato in the 12 months that end 12 months before period end, the
      share whose person had an instrument on a day from mottatt_dato up to but not including mottatt_dato + 12 months: a
      stay (of a stay the person of the latest contract that has started), startlån paid, bostotte of either scheme with
      belop above 0 (its month), a temporary stay, a guarantee (to utlopt_dato or innfridd_dato), income management
      (start_dato to slutt_dato), a private dwelling found (to leie_slutt_dato), social assistance for housing above 0 (its
      month). An application counts for the instruments whose table is delivered and began by mottatt_dato; one whose 12
      months are not over by the as-of date does not count.
    source: allocation/application, property/tenancy, husbanken/startlan, husbanken/bostotte, allocation/temporary_stay, nav/guarantee, nav/income_management, nav/private_letting, nav/social_assistance
    begins_with: [allocation/application, property/tenancy]
    caveat_no: En søker kan ha flere virkemidler, så andelene kan ikke legges sammen. Oppfølging i bolig er ikke med, for det er helseopplysninger. Virkemidler andre i husstanden har, er ikke med.
    compute: {ratio: [applications_a_year_before_reached, applications_a_year_before]}

  - metric_id: processing_days_median
    name_no: Saksbehandlingstid (median)
    name_en: Processing time, median
    perspective: brukere
    unit: dager
    built_on: decisions_made
    direction: down
    decimals: 0
    dimensions: [housing_category, handling_unit]
    definition_no: Median antall dager fra søknaden ble mottatt til vedtak, for vedtak i perioden.
    definition_en: Median of vedtak_dato less mottatt_dato over decisions in the period.
    source: allocation/decision, allocation/application
    caveat_no: Søknader som ennå ikke er avgjort, er ikke med.
    compute:
      from: fct_decision
      at: decided_on
      value: percentile_cont(0.5) within group (order by processing_days)

  - metric_id: complaints_received
    name_no: Mottatte klager
    name_en: Complaints received
    perspective: brukere
    unit: klager
    direction: none
    decimals: 0
    dimensions: [housing_category]
    definition_no: Antall klager på vedtak, mottatt i perioden.
    definition_en: Decisions whose klage_dato lies in the period.
    source: allocation/decision
    caveat_no: Klager på selve tildelingen av en bestemt bolig er ikke med i uttrekket.
    compute: {from: fct_decision, at: complained_on, value: count(*)}

  - metric_id: complaints_upheld_rate
    name_no: Andel klager gitt medhold
    name_en: Complaints upheld
    perspective: brukere
    unit: andel
    direction: down
    decimals: 2
    dimensions: []
    definition_no: Klager gitt medhold, delt på klager mottatt i perioden som er avgjort.
    definition_en: Complaints with klage_utfall medhold divided by complaints received in the period that have a klage_utfall.
    source: allocation/decision
    ripens_after_months: 3
    caveat_no: Få klager gir store utslag. Medhold betyr at det første vedtaket var feil.
    compute: {ratio: [complaints_upheld, complaints_concluded]}
{% endmacro %}
