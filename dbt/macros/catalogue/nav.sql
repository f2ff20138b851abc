{#- docs/definitions.md, Private market, guarantees and social assistance. How an entry is written stands in macros/metric_catalogue.sql. -#}
{% macro metrics_nav() %}
measures:
  - measure_id: guarantees_two_years_before
    compute: &given
      from: fct_guarantee
      at: given_on
      during: [measured_end + 1 - interval '36 months', measured_end + 1 - interval '24 months' - interval '1 day']
      value: count(*)
  - measure_id: guarantees_two_years_before_called
    compute: {<<: *given, where: is_called_within_two_years}
  - measure_id: private_lettings_a_year_before
    compute: &found
      from: fct_private_letting
      at: found_on
      during: [measured_end + 1 - interval '24 months', measured_end + 1 - interval '12 months' - interval '1 day']
      value: count(*)
  - measure_id: private_lettings_a_year_before_kept
    compute: {<<: *found, where: is_kept_a_year}

metrics:
  - metric_id: guarantees_active
    name_no: Løpende garantier for depositum
    name_en: Guarantees for deposits, running
    perspective: samfunn
    unit: garantier
    direction: none
    decimals: 0
    dimensions: [landlord]
    definition_no: Garantier for depositum ved periodens slutt som verken er utløpt eller innfridd.
    definition_en: Guarantees at period end, from gitt_dato up to the earlier of utlopt_dato and innfridd_dato.
    source: nav/guarantee
    caveat_no: Garantier til kommunen som utleier er med. De sier ikke noe om hjelp til å leie privat.
    compute: {from: fct_guarantee, at_end: [given_on, guaranteed_to_on], value: count(*)}

  - metric_id: guarantee_call_rate
    name_no: Andel garantier som ble innfridd innen to år
    name_en: Guarantees called within two years
    perspective: okonomi
    unit: andel
    direction: down
    decimals: 2
    dimensions: [landlord]
    definition_no: Garantier der utleieren fikk utbetalt noe innen 24 måneder, delt på alle garantier gitt fra tre år til to år før periodens slutt.
    definition_en: Guarantees with innfridd_dato up to 24 months after gitt_dato, divided by all with gitt_dato in the 12 months that end the day before (period end + 1 day − 24 months).
    source: nav/guarantee
    caveat_no: Sier at noe ble betalt, ikke hvor mye.
    compute: {ratio: [guarantees_two_years_before_called, guarantees_two_years_before]}

  - metric_id: income_management_waiting
    name_no: Venter på forvaltning av inntekt
    name_en: Waiting for income management
    perspective: brukere
    unit: saker
    direction: down
    decimals: 0
    dimensions: []
    definition_no: Saker der en person ved periodens slutt er henvist til forvaltning av inntekt og ikke har fått den.
    definition_en: Cases at period end from henvist_dato up to the earlier of start_dato and slutt_dato.
    source: nav/income_management
    caveat_no: En person med to saker teller to ganger.
    compute: {from: fct_income_management, at_end: [referred_on, waited_to_on], value: count(*)}

  - metric_id: income_management_wait_days_median
    name_no: Ventetid på forvaltning av inntekt (median)
    name_en: Wait for income management, median
    perspective: brukere
    unit: dager
    built_on: income_management_waiting
    direction: down
    decimals: 0
    dimensions: []
    definition_no: Antall dager fra henvisning til halvparten har fått forvaltning av inntekt. Regnet som ventetid i køen, så de som fortsatt venter, er med.
    definition_en: Kaplan-Meier median as queue_wait_days_median over cases from henvist_dato to start_dato; a case that ended without a start leaves on slutt_dato.
    source: nav/income_management
    caveat_no: Tomt når færre enn fem var under observasjon da noen fikk forvaltning.
    compute: {model: measure_wait_median}

  - metric_id: private_letting_sustained_12m
    name_no: Andel som bor i den private boligen etter et år
    name_en: Private lettings that lasted a year
    perspective: brukere
    unit: andel
    direction: up
    decimals: 2
    dimensions: []
    definition_no: Husstander som fikk hjelp til å finne privat bolig og ikke flyttet ut de første tolv månedene, delt på alle som fant bolig fra to år til ett år før periodens slutt.
    definition_en: Households with no leie_slutt_dato before bolig_funnet_dato + 12 months, divided by all with bolig_funnet_dato in the 12 months that end the day before (period end + 1 day − 12 months).
    source: nav/private_letting
    caveat_no: Flytting til noe bedre teller som flytting ut. Tomt til det er gått et år.
    compute: {ratio: [private_lettings_a_year_before_kept, private_lettings_a_year_before]}

  - metric_id: social_assistance_housing_persons
    name_no: Mottakere av sosialhjelp til bolig
    name_en: Recipients of social assistance for housing
    perspective: okonomi
    unit: personer
    direction: none
    decimals: 0
    dimensions: []
    definition_no: Antall ulike personer som har fått sosialhjelp til husleie, strøm, depositum, husleiegjeld eller annet til bolig for minst én måned i perioden.
    definition_en: Distinct persons with social assistance for housing (belop above 0) and maned in the period.
    source: nav/social_assistance
    caveat_no: Et år har flere mottakere enn en måned. Sammenlign perioder av samme lengde.
    compute: {from: fct_social_assistance, at: assistance_month, value: count(distinct person_id), where: amount_nok > 0}

  - metric_id: social_assistance_housing_amount
    name_no: Sosialhjelp til bolig
    name_en: Social assistance for housing
    perspective: okonomi
    unit: kr
    built_on: social_assistance_housing_persons
    direction: none
    decimals: 0
    dimensions: []
    definition_no: Sum sosialhjelp til bolig for månedene i perioden.
    definition_en: Sum of belop over social assistance for housing with maned in the period, NOK.
    source: nav/social_assistance
    caveat_no: Løpende kroner, etter måneden hjelpen gjelder.
    compute: {from: fct_social_assistance, at: assistance_month, value: sum(amount_nok), where: amount_nok > 0}
{% endmacro %}
