with change as (
    {{ row_changes(
        versions='stg_history__challenge', key='challenge_id', status='challenge_status',
        fields=['title', 'challenge_type', 'severity', 'challenge_status', 'registered_on', 'blocks_challenge_id'],
        reason='after.change_reason', carried=['challenge_type', 'registered_on'],
    ) }}
),

closing as (
    select distinct on (municipality_no, challenge_id)
        municipality_no,
        challenge_id,
        changed_on
    from change
    where
        changed_field = 'challenge_status'
        and value_before in ('apen', 'under_arbeid')
        and value_after in ('lost', 'avkreftet')
    order by municipality_no, challenge_id, changed_on
)

select
    change.municipality_no,
    change.challenge_id,
    change.title,
    change.challenge_type,
    change.changed_on,
    change.changed_field,
    change.value_before,
    change.value_after,
    change.value_before_no,
    change.value_after_no,
    change.change_reason,
    case
        when change.changed_field = 'challenge_status' and change.registered_on <= closing.changed_on
            then closing.changed_on - change.registered_on
    end as days_open
from change
left join closing
    on
        change.municipality_no = closing.municipality_no
        and change.challenge_id = closing.challenge_id
        and change.changed_on = closing.changed_on
