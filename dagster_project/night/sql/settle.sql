update operations.night set (finished_at, outcome, message) = (
    select
        clock_timestamp(),
        case
            when bool_or(outcome = 'published') then 'published'
            when bool_and(outcome = 'unchanged') then 'unchanged'
            else 'not_published'
        end,
        concat_ws(
            E'\n',
            format(
                'Published %%s of %%s municipalities in %%s batches.',
                (
                    select count(*) from scorecard.publication
                    inner join operations.night as batch using (night_id) where batch.part_of = %(night)s
                ),
                sum(cardinality(municipality_nos)),
                count(*)
            ),
            string_agg(
                format('Batch %%s (%%s): %%s', batch_no, array_to_string(municipality_nos, ', '), message),
                E'\n' order by batch_no
            ) filter (where outcome = 'not_published')
        )
    from operations.night as batch where batch.part_of = %(night)s
) where night_id = %(night)s
