{{ row_changes(
    versions='stg_history__challenge', key='challenge_id', status='challenge_status',
    fields=['title', 'challenge_type', 'severity', 'challenge_status', 'registered_on', 'blocks_challenge_id'],
    reason='after.change_reason',
) }}
