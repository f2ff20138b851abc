select
    municipality_no,
    fodselsnummer as person_id,
    maned as assistance_month,
    formal as assistance_purpose,
    belop as amount_nok
from {{ source('nav', 'social_assistance') }}
