with paid as (
    select
        municipality_no,
        sum(amount_nok) as amount_nok
    from {{ ref('fct_payment') }}
    where paid_on is not null
    group by municipality_no
),

charged as (
    select
        municipality_no,
        sum(paid_nok) as paid_nok
    from {{ ref('fct_rent_charge') }}
    group by municipality_no
)

select
    charged.municipality_no,
    paid.amount_nok,
    charged.paid_nok
from charged
left join paid on charged.municipality_no = paid.municipality_no
where coalesce(paid.amount_nok, 0) <> charged.paid_nok
