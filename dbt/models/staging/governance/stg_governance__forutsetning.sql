select
    municipality_no,
    kode as assumption_code,
    boligkategori as assumption_category,
    gyldig_fra as valid_from,
    verdi as assumption_value,
    kilde as assumption_source
from {{ source('governance', 'forutsetning') }}
