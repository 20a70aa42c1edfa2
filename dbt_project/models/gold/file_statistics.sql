{{ config(materialized='view', tags=['reports']) }}

with files as (

    select * from {{ source('bronze', 'files') }}
    where status = 'loaded' and superseded_at is null

),

recent as (

    select
        files.load_id,
        files.source,
        files.file,
        files.day as date,
        files.rows_read,
        files.rows_quarantined,
        files.earnings,
        files.extra_columns,
        earlier.rows_read as recent_rows,
        earlier.earnings as recent_earnings
    from files
    left join
        lateral (
            select
                before.rows_read,
                before.earnings
            from {{ source('bronze', 'files') }} as before
            where
                before.status = 'loaded'
                and before.superseded_at is null
                and before.source = files.source
                and before.day < files.day
            order by before.day desc
            limit {{ var('recent_files') }}
        ) as earlier
        on true

),

-- percentile_disc takes one of the values, so that it stays exact.
medians as (

    select
        load_id,
        source,
        file,
        date,
        rows_read,
        rows_quarantined,
        earnings,
        extra_columns,
        count(recent_rows) as recent_files,
        percentile_disc(0.5) within group (order by recent_rows) as median_rows,
        percentile_disc(0.5) within group (order by recent_earnings) as median_earnings,
        array_agg(recent_rows) as all_rows,
        array_agg(recent_earnings) as all_earnings
    from recent
    group by load_id, source, file, date, rows_read, rows_quarantined, earnings, extra_columns

),

compared as (

    select
        medians.*,
        deviations.rows_deviation,
        deviations.earnings_deviation
    from medians
    cross join
        lateral (
            select
                percentile_disc(0.5) within group (
                    order by abs(one.recent_rows - medians.median_rows)
                ) as rows_deviation,
                percentile_disc(0.5) within group (
                    order by abs(one.recent_earnings - medians.median_earnings)
                ) as earnings_deviation
            from unnest(medians.all_rows, medians.all_earnings) as one (recent_rows, recent_earnings)
        ) as deviations

),

-- 1.4826 times the median absolute deviation estimates the standard deviation of a normal distribution. Where days
-- hardly differ, half of the median stands in for it, and a handful of rows is never unusual.
judged as (

    select
        *,
        recent_files >= {{ var('fewest_recent_files') }}
        and abs(rows_read - median_rows)
        > greatest(
            {{ var('unusual_deviations') }} * 1.4826 * rows_deviation,
            {{ var('unusual_share') }} * median_rows,
            {{ var('unusual_rows') }}
        ) as has_unusual_rows,
        recent_files >= {{ var('fewest_recent_files') }}
        and abs(earnings - median_earnings)
        > greatest(
            {{ var('unusual_deviations') }} * 1.4826 * earnings_deviation,
            {{ var('unusual_share') }} * abs(median_earnings)
        ) as has_unusual_earnings
    from compared

),

final as (

    select
        source,
        file,
        date,
        rows_read,
        rows_quarantined,
        case when rows_read > 0 then round(rows_quarantined::numeric / rows_read, 4) else 0 end as quarantined_share,
        earnings,
        extra_columns,
        recent_files,
        median_rows,
        median_earnings,
        has_unusual_rows,
        coalesce(has_unusual_earnings, false) as has_unusual_earnings
    from judged

)

select * from final
