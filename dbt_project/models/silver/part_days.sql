{{ config(materialized='view') }}

with part_sources as (

    select * from {{ source('bronze', 'part_sources') }}

),

files as (

    select * from {{ source('bronze', 'files') }}
    where status = 'loaded' and superseded_at is null

),

-- A day concerns a part when a file that feeds the part has come for it.
days as (

    select distinct
        part_sources.part,
        files.day as date
    from files
    inner join part_sources
        on files.source = part_sources.source
    where part_sources.kind = 'event'

),

-- Materialized, or PostgreSQL looks for estimates of every day, and once more for every day that is asked for.
not_landed as materialized (

    select
        days.part,
        days.date,
        part_sources.source
    from days
    inner join part_sources
        on
            days.part = part_sources.part
            and part_sources.kind = 'event'
            and part_sources.is_required
    left join files
        on
            part_sources.source = files.source
            and days.date = files.day
    where files.load_id is null

    union all

    select
        days.part,
        days.date,
        part_sources.source
    from days
    inner join part_sources
        on
            days.part = part_sources.part
            and part_sources.kind = 'dimension'
            and part_sources.is_required
    where not exists (
        select 1 from files
        where files.source = part_sources.source
    )

),

missing as (

    select
        part,
        date,
        source
    from not_landed
    -- Figures estimated from the observations around a day stand in for its scrapers file.
    where not (
        source = 'scrapers'
        and exists (
            select 1 from {{ ref('scraper_increases') }} as increases
            where increases.date = not_landed.date and increases.is_estimated
        )
    )

),

final as (

    select
        days.part,
        days.date,
        coalesce(
            array_agg(missing.source order by missing.source) filter (where missing.source is not null), '{}'
        ) as waiting_for
    from days
    left join missing
        on
            days.part = missing.part
            and days.date = missing.date
    group by days.part, days.date

)

select * from final
