{{ row_changes(
    versions='stg_history__measure', key='measure_id', status='measure_status',
    fields=[
        'title', 'planned_start_on', 'planned_end_on', 'measure_status', 'dwellings_planned', 'dwellings_delivered',
        'economic_plan_from_year',
    ],
    reason='after.stopped_reason',
) }}
