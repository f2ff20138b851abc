select
    municipality_no,
    avtale_id as development_agreement_id,
    prosjekt as project,
    boliger as project_dwellings,
    bruksareal_m2 as project_area_m2,
    inngatt_dato as agreed_on,
    frist_dato as right_lapses_on,
    rett_antall as dwellings_with_right,
    benyttet_antall as rights_used,
    kjopt_antall as dwellings_bought
from {{ source('governance', 'development_agreement') }}
