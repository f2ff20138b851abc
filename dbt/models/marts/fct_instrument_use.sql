-- What each person was helped by, and when, whichever office gave it; follow-up in the home is left out, for it is
-- health data of a role of its own. What is paid by the month is one use as long as no month is left out.
with monthly as (
    select
        municipality_no,
        'bostotte' as instrument,
        person_id,
        benefit_month as used_month
    from {{ ref('fct_bostotte') }}
    where is_recipient

    union

    select
        municipality_no,
        'sosialhjelp' as instrument,
        person_id,
        assistance_month as used_month
    from {{ ref('fct_social_assistance') }}
    where amount_nok > 0
),

numbered as (
    select
        *,
        row_number() over (partition by municipality_no, instrument, person_id order by used_month) as place
    from monthly
),

used as (
    select
        municipality_no,
        instrument,
        min(used_month)::text as use_id,
        person_id,
        min(used_month) as used_from_on,
        (max(used_month) + interval '1 month')::date as used_to_on
    from numbered
    group by municipality_no, instrument, person_id, used_month - make_interval(months => place::integer)

    union all

    select
        municipality_no,
        'bolig' as instrument,
        stay_id as use_id,
        person_id,
        started_on as used_from_on,
        ended_on as used_to_on
    from {{ ref('fct_stay') }}

    union all

    select
        municipality_no,
        'startlan' as instrument,
        startlan_id as use_id,
        person_id,
        paid_out_on as used_from_on,
        paid_out_on + 1 as used_to_on
    from {{ ref('fct_startlan') }}

    union all

    select
        municipality_no,
        'midlertidig' as instrument,
        temporary_stay_id as use_id,
        person_id,
        from_on as used_from_on,
        to_on as used_to_on
    from {{ ref('fct_temporary_stay') }}

    union all

    select
        municipality_no,
        'garanti' as instrument,
        guarantee_id as use_id,
        person_id,
        given_on as used_from_on,
        guaranteed_to_on as used_to_on
    from {{ ref('fct_guarantee') }}

    union all

    select
        municipality_no,
        'forvaltning' as instrument,
        income_case_id as use_id,
        person_id,
        managed_from_on as used_from_on,
        income_case_ended_on as used_to_on
    from {{ ref('fct_income_management') }}

    union all

    select
        municipality_no,
        'privat_leie' as instrument,
        private_letting_id as use_id,
        person_id,
        found_on as used_from_on,
        rented_to_on as used_to_on
    from {{ ref('fct_private_letting') }}
)

select
    municipality_no,
    instrument,
    use_id,
    person_id,
    used_from_on,
    used_to_on
from used
where used_from_on is not null
