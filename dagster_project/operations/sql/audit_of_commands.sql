-- Commands and persons asked for, as the warehouse records them.
select done_at as at, done_by as who, act as what, municipality_no,
    concat_ws('; ', note, case when subject is not null then 'person ' || subject end,
        case when rows <> '{}' then rows::text end) as detail
from operations.audit
where done_at >= %(since)s and (%(name)s::text is null or lower(done_by) = lower(%(name)s))
and (%(number)s::text is null or municipality_no = %(number)s)
