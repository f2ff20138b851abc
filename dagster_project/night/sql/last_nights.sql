select night.*, coalesce(batches.failed, 0) as batches_not_published, coalesce(batches.deliveries, (
    select string_agg(format('%%s %%s %%s', municipality_no, extract_date, door), ', ')
    from operations.night_delivery where night_delivery.night_id = night.night_id
)) as deliveries
from operations.night
left join lateral (
    select counts.failed, format('%%s batches', counts.batches) || case
        when counts.failed > 0 then format(' (%%s not published)', counts.failed) else ''
    end || coalesce(': ' || (
        select string_agg(format('%%s %%s', counted.deliveries, counted.door), ', ' order by counted.door)
        from (
            select door, count(*) as deliveries
            from operations.night_delivery inner join operations.night as run using (night_id)
            where run.part_of = night.night_id group by door
        ) as counted
    ), '') as deliveries
    from (
        select count(*) as batches, count(*) filter (where outcome = 'not_published') as failed
        from operations.night as batch where batch.part_of = night.night_id
    ) as counts where counts.batches > 0
) as batches on true
where night.part_of is null order by night_id desc limit %(limit)s
