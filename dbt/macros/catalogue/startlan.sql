{#- docs/definitions.md, Startlån. How an entry is written stands in macros/metric_catalogue.sql. -#}
{% macro metrics_startlan() %}
measures:
  - measure_id: startlan_loans_first_time
    compute: {from: fct_startlan, at: paid_out_on, value: count(*), where: recipient_group = 'forstegangsetablering'}
  - measure_id: startlan_loans_restart
    includes: [startlan_refinancing]
    compute: {from: fct_startlan, at: paid_out_on, value: count(*), where: is_restart}
  - measure_id: startlan_purchase_amount
    compute: {from: fct_startlan, at: paid_out_on, value: sum(amount_nok), where: purpose = 'kjop' and purchase_price_nok > 0}
  - measure_id: startlan_purchase_price
    compute: {from: fct_startlan, at: paid_out_on, value: sum(purchase_price_nok), where: purpose = 'kjop' and purchase_price_nok > 0}
  # of these pre-approvals all have had four months by period end
  - measure_id: startlan_preapprovals_matured
    compute: &matured
      from: fct_startlan
      at: preapproved_on
      during: [measured_end + 1 - interval '4 months' - interval '12 months', measured_end + 1 - interval '4 months' - interval '1 day']
      value: count(*)
  - measure_id: startlan_preapprovals_used
    compute: {<<: *matured, where: is_preapproval_used}
  - measure_id: tenants_assessed
    compute: &assessed
      from: fct_startlan
      at: assessed_on
      during: [measured_end + 1 - interval '12 months', measured_end]
      value: count(*)
      where: purpose = 'kjop' and owning_above_rent_nok is not null
  - measure_id: startlan_purchases
    compute: {from: fct_startlan, at: paid_out_on, value: count(*), where: purpose = 'kjop' and purchase_price_nok > 0}

metrics:
  - metric_id: startlan_applications
    name_no: Søknader om startlån
    name_en: Startlån applications
    perspective: okonomi
    unit: søknader
    direction: none
    decimals: 0
    dimensions: [recipient_group]
    definition_no: Antall søknader om startlån mottatt i perioden.
    definition_en: Startlån cases whose soknad_dato lies in the period.
    source: husbanken/startlan
    caveat_no: Mottakergruppen settes av saksbehandler.
    compute: {from: fct_startlan, at: applied_on, value: count(*)}

  - metric_id: startlan_preapprovals
    name_no: Forhåndstilsagn om startlån
    name_en: Startlån pre-approvals
    perspective: okonomi
    unit: tilsagn
    direction: none
    decimals: 0
    dimensions: [recipient_group]
    definition_no: Antall forhåndstilsagn gitt i perioden.
    definition_en: Startlån cases whose tilsagn_dato lies in the period.
    source: husbanken/startlan
    caveat_no: Mange tilsagn blir ikke til kjøp, fordi egnede boliger mangler.
    compute: {from: fct_startlan, at: preapproved_on, value: count(*)}

  - metric_id: startlan_loans
    name_no: Utbetalte startlån
    name_en: Startlån paid out
    perspective: okonomi
    unit: lån
    direction: up
    decimals: 0
    dimensions: [purpose, recipient_group]
    definition_no: Antall startlån utbetalt i perioden.
    definition_en: Startlån cases whose utbetalt_dato lies in the period.
    source: husbanken/startlan
    caveat_no: Flere lån er ikke alltid flere som kommer inn på boligmarkedet. Se formål og mottakergruppe.
    compute: {from: fct_startlan, at: paid_out_on, value: count(*)}

  - metric_id: startlan_amount
    name_no: Utbetalt startlån
    name_en: Startlån amount
    perspective: okonomi
    unit: kr
    built_on: startlan_loans
    direction: none
    decimals: 0
    dimensions: [purpose, recipient_group]
    definition_no: Sum utbetalt startlån i perioden.
    definition_en: Sum of belop over startlan_loans, NOK.
    source: husbanken/startlan
    caveat_no: Løpende kroner.
    compute: {from: fct_startlan, at: paid_out_on, value: sum(amount_nok)}

  - metric_id: startlan_refinancing
    name_no: Startlån til refinansiering
    name_en: Startlån for refinancing
    perspective: okonomi
    unit: lån
    direction: none
    decimals: 0
    dimensions: [recipient_group]
    definition_no: Utbetalte startlån der refinansiering er ja. «Herav refinansiering» i tabell 5.
    definition_en: Those of startlan_loans with refinansiering ja ("herav refinansiering" in Tabell 5; it cuts across the groups).
    source: husbanken/startlan
    caveat_no: Går på tvers av mottakergruppene.
    compute: {from: fct_startlan, at: paid_out_on, value: count(*), where: is_refinancing}

  - metric_id: startlan_first_time_share
    name_no: Andel startlån til førstegangsetablering
    name_en: First-time share of startlån
    perspective: okonomi
    unit: andel
    direction: up
    decimals: 2
    dimensions: []
    definition_no: Utbetalte startlån til førstegangsetablering, delt på alle utbetalte startlån.
    definition_en: startlan_loans with mottakergruppe forstegangsetablering divided by startlan_loans.
    source: husbanken/startlan
    caveat_no: Rapporten viser et fall fra 64 prosent i 2007 til 42 prosent i 2010.
    compute: {ratio: [startlan_loans_first_time, startlan_loans]}

  - metric_id: startlan_restart_share
    name_no: Andel startlån til restart
    name_en: Restart share of startlån
    perspective: okonomi
    unit: andel
    direction: down
    decimals: 2
    dimensions: []
    definition_no: Utbetalte startlån til refinansiering eller reetablering etter samlivsbrudd, delt på alle utbetalte startlån.
    definition_en: startlan_loans with refinansiering ja or mottakergruppe reetablering_samlivsbrudd, divided by startlan_loans.
    source: husbanken/startlan
    caveat_no: Rapporten advarer mot at startlån blir lån til restart mer enn til førstegangskjøp.
    compute: {ratio: [startlan_loans_restart, startlan_loans]}

  - metric_id: startlan_preapprovals_open
    name_no: Åpne forhåndstilsagn
    name_en: Open pre-approvals
    perspective: okonomi
    unit: tilsagn
    direction: none
    decimals: 0
    dimensions: [recipient_group]
    definition_no: Forhåndstilsagn gitt de siste seks månedene fram til periodens slutt som da verken er utbetalt eller avslått.
    definition_en: At period end, cases with tilsagn_dato in the six months that end then, not paid out and not refused by then.
    source: husbanken/startlan
    caveat_no: Et tilsagn varer vanligvis i noen måneder. Eldre tilsagn er ikke med.
    compute:
      from: fct_startlan
      at: preapproved_on
      during: [measured_end + 1 - interval '6 months', measured_end]
      value: count(*)
      where: (paid_out_on is null or paid_out_on > measured_end) and (rejected_on is null or rejected_on > measured_end)

  - metric_id: startlan_preapproval_use_rate
    name_no: Andel forhåndstilsagn som brukes
    name_en: Pre-approval use rate
    perspective: okonomi
    unit: andel
    direction: up
    decimals: 2
    dimensions: [recipient_group]
    definition_no: Andel av forhåndstilsagnene som er utbetalt innen fire måneder, eller før tilsagnet, blant dem som er gitt i de tolv månedene som ender fire måneder før periodens slutt. Husbankens eget mål.
    definition_en: Of the cases with tilsagn_dato in the 12 months that end the day before (period end + 1 day − 4 months), those paid out within four months of it, or before it, divided by all, refused ones included (Husbanken's own measure of conversion).
    source: husbanken/startlan
    caveat_no: Henger fire måneder etter, fordi alle tilsagn må ha fått tid til å bli brukt.
    compute: {ratio: [startlan_preapprovals_used, startlan_preapprovals_matured]}

  - metric_id: startlan_loan_to_price
    name_no: Startlån av kjøpesum
    name_en: Loan to price
    perspective: okonomi
    unit: andel
    built_on: startlan_purchases
    direction: none
    decimals: 2
    dimensions: []
    definition_no: Sum utbetalt startlån delt på sum kjøpesum, for lån til kjøp med kjent kjøpesum.
    definition_en: Sum of belop divided by sum of kjopesum over loans paid out in the period with formal kjop and a kjopesum above 0.
    source: husbanken/startlan
    caveat_no: Annen finansiering ved siden av startlånet er ikke kjent.
    compute: {ratio: [startlan_purchase_amount, startlan_purchase_price]}

  - metric_id: startlan_tenant_buyers
    name_no: Startlån til kommunale leieboere som kjøper
    name_en: Startlån to tenants who buy
    perspective: okonomi
    unit: lån
    direction: up
    decimals: 0
    dimensions: []
    definition_no: Utbetalte startlån til kjøp, gitt til kommunale leieboere.
    definition_en: startlan_loans with var_kommunal_leieboer ja and formal kjop.
    source: husbanken/startlan
    caveat_no: Boligkontoret og eiendomsforvaltningen teller hver for seg. Se også leieboere som kjøpte bolig.
    compute: {from: fct_startlan, at: paid_out_on, value: count(*), where: was_municipal_tenant and purpose = 'kjop'}

  - metric_id: rent_to_own_gap
    name_no: Hva det koster mer å eie enn å leie (median)
    name_en: Cost of owning above renting, median
    perspective: okonomi
    unit: kr
    built_on: tenants_assessed
    direction: down
    decimals: 0
    dimensions: []
    definition_no: Median av hva boligen ville kostet i måneden med startlån, minus dagens husleie etter bostøtte, for kommunale leieboere som fikk svar på søknad om startlån til kjøp i de tolv månedene fram til periodens slutt. Under 0 er det billigere å eie.
    definition_en: >-
      Median of bokostnad_eie_mnd less the rent after allowance over startlån cases with formal kjop, var_kommunal_leieboer
      ja and a known bokostnad_eie_mnd whose first answer (the earliest of tilsagn_dato, utbetalt_dato and avslag_dato)
      lies in the 12 months that end at period end. Rent after allowance is manedsleie of the person's contract running
      that day (of a chain the latest started, of several the one that started last) less belop of bostotte, both
      schemes, in the month of that day, or in the last month before it for which any row exists. Cases without such a
      contract are left out.
    source: husbanken/startlan, property/tenancy, husbanken/bostotte
    begins_with: [husbanken/startlan, property/tenancy]
    caveat_no: Regnet av kostnaden slik den ble vurdert i saken. Avdrag er med, men er også sparing. Bostøtte til den som eier, er ikke med.
    compute:
      <<: *assessed
      value: percentile_cont(0.5) within group (order by owning_above_rent_nok)
{% endmacro %}
