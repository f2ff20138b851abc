select
    municipality_no,
    aar as respite_year,
    personer as respite_persons,
    dogn as respite_nights
from {{ source('governance', 'respite') }}
