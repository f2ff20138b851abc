-- Whether an instrument reached who applied for a dwelling, within twelve months of the application. An application
-- whose twelve months are not over by the as-of date is left out, and so is an instrument of whose use nothing was
-- recorded yet when the application came.
with known as (
    select
        first_record.municipality_no,
        kind.instrument,
        first_record.begins_on
    from {{ ref('fct_first_record') }} as first_record
    inner join (
        values
        ('bolig', 'property/tenancy'),
        ('startlan', 'husbanken/startlan'),
        ('bostotte', 'husbanken/bostotte/statlig'),
        ('midlertidig', 'allocation/temporary_stay'),
        ('garanti', 'nav/guarantee'),
        ('forvaltning', 'nav/income_management'),
        ('privat_leie', 'nav/private_letting'),
        ('sosialhjelp', 'nav/social_assistance')
    ) as kind (instrument, record)
        on first_record.record = kind.record
    where first_record.is_delivered
),

applicant as (
    select
        application.municipality_no,
        application.application_id,
        application.person_id,
        application.housing_category,
        application.received_on,
        (application.received_on + interval '12 months')::date as year_later_on
    from {{ ref('fct_application') }} as application
    inner join {{ ref('stg_night__scope') }} as scope
        on application.municipality_no = scope.municipality_no
    where application.application_type = 'ny' and application.received_on + interval '12 months' <= scope.as_of
),

reached as (
    select distinct
        applicant.municipality_no,
        applicant.application_id,
        used.instrument
    from applicant
    inner join {{ ref('fct_instrument_use') }} as used
        on
            applicant.municipality_no = used.municipality_no
            and applicant.person_id = used.person_id
            and applicant.year_later_on > used.used_from_on
            and (used.used_to_on is null or applicant.received_on < used.used_to_on)
)

select
    applicant.municipality_no,
    applicant.application_id,
    known.instrument,
    applicant.person_id,
    applicant.housing_category,
    applicant.received_on,
    reached.application_id is not null as is_reached
from applicant
inner join known
    on
        applicant.municipality_no = known.municipality_no
        and applicant.received_on >= known.begins_on
left join reached
    on
        applicant.municipality_no = reached.municipality_no
        and applicant.application_id = reached.application_id
        and known.instrument = reached.instrument
