{{ config(materialized='view') }}

with days_with_files as (

    select
        min(day) as first_day,
        max(day) as last_day
    from {{ source('bronze', 'files') }}
    where status = 'loaded' and superseded_at is null

),

-- Whole months, so that a month's days are complete.
days as (

    select day.day::date as date
    from days_with_files
    cross join lateral generate_series(
        date_trunc('month', days_with_files.first_day::timestamp),
        date_trunc('month', days_with_files.last_day::timestamp) + interval '1 month - 1 day',
        interval '1 day'
    ) as day (day)

),

final as (

    select
        date,
        extract(year from date)::int as year,
        extract(quarter from date)::int as quarter,
        {{ month_of('date') }} as month,
        extract(isoyear from date)::int as iso_year,
        extract(week from date)::int as iso_week,
        extract(isodow from date)::int as iso_weekday,
        extract(isodow from date) in (6, 7) as is_weekend
    from days

)

select * from final
