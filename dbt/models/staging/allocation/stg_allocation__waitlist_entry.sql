select
    municipality_no,
    venteliste_id as waitlist_entry_id,
    soknad_id as application_id,
    boligkategori as housing_category,
    inn_dato as entered_on,
    ut_dato as exited_on,
    ut_arsak as exit_reason
from {{ source('allocation', 'waitlist_entry') }}
