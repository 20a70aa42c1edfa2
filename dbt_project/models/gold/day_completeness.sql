-- depends_on: {{ ref('scraper_keys') }}
{{ config(materialized='view', tags=['reads_marts']) }}

{#- Read for a few days at a time: what costs more than the ledger of files is looked up for each day, by its index. -#}
with settings as (

    select
        late_after,
        provisional_for,
        now() at time zone timezone as local_time
    from {{ source('bronze', 'settings') }}

),

sources as (

    select * from {{ source('bronze', 'sources') }}

),

part_sources as (

    select * from {{ source('bronze', 'part_sources') }}

),

files as (

    select * from {{ source('bronze', 'files') }}

),

day_inputs as (

    select * from {{ source('bronze', 'day_inputs') }}

),

event_files as (

    select
        source,
        day as date,
        min(recorded_at) as first_recorded_at,
        max(rows_loaded) filter (where superseded_at is null) as rows_loaded
    from files
    where status = 'loaded' and day is not null
    group by source, day

),

newest_records as (

    select distinct on (source, file)
        source,
        file,
        day as date,
        status,
        gone_at
    from files
    order by source asc, file asc, load_id desc

),

refused_files as (

    select distinct
        source,
        date
    from newest_records
    where
        status = 'refused'
        and gone_at is null
        and (date is not null or file = source || '.csv')

),

-- Nothing of a part is published before these have come.
missing_dimensions as (

    select
        part_sources.part,
        array_agg(part_sources.source order by part_sources.source) as files_missing,
        coalesce(
            array_agg(part_sources.source order by part_sources.source)
            filter (where refused_files.source is not null),
            '{}'
        ) as files_refused
    from part_sources
    left join refused_files
        on part_sources.source = refused_files.source and refused_files.date is null
    where
        part_sources.kind = 'dimension'
        and part_sources.is_required
        and not exists (
            select 1 from files
            where files.source = part_sources.source and files.status = 'loaded'
        )
    group by part_sources.part

),

-- A part that no source of its own ever fed is not in use: voluum alone makes nobody miss scrapers.
parts_in_use as (

    select
        part_sources.part,
        -- Not before it was: until then voluum came for the other part.
        min(event_files.date) filter (where cardinality(sources.parts) = 1) as first_date,
        max(event_files.date) as last_date
    from event_files
    inner join part_sources
        on event_files.source = part_sources.source
    inner join sources
        on event_files.source = sources.source
    group by part_sources.part
    having bool_or(cardinality(sources.parts) = 1)

),

days as (

    select
        parts_in_use.part,
        parts_in_use.first_date + later.days as date
    from parts_in_use
    cross join settings
    -- Counted, not stepped through as timestamps, which lose the last day where a clock skips midnight.
    cross join lateral generate_series(
        0, greatest(settings.local_time::date, parts_in_use.last_date) - parts_in_use.first_date
    ) as later (days)

),

day_sources as (

    select
        days.part,
        days.date,
        part_sources.source,
        part_sources.is_required,
        event_files.first_recorded_at,
        event_files.source is not null as is_in,
        event_files.rows_loaded = 0 as is_empty,
        refused_files.source is not null as is_refused
    from days
    inner join part_sources
        on days.part = part_sources.part and part_sources.kind = 'event'
    left join event_files
        on part_sources.source = event_files.source and days.date = event_files.date
    left join refused_files
        on part_sources.source = refused_files.source and days.date = refused_files.date
    where
        part_sources.is_required
        or part_sources.source in (select delivered.source from event_files as delivered)
        or refused_files.source is not null

),

day_files as (

    select
        part,
        date,
        min(first_recorded_at) as first_file_at,
        array_agg(source order by source) filter (where is_in) as files_in,
        array_agg(source order by source) filter (where not is_in) as files_missing,
        array_agg(source order by source) filter (where not is_in and is_required) as required_files_missing,
        array_agg(source order by source) filter (where is_refused) as files_refused,
        array_agg(source order by source) filter (where is_empty) as files_empty
    from day_sources
    group by part, date

),

-- Days around one whose scrapers are still to be calculated: what is published of them may be about to change.
moving as (

    select silver.scraper_days(day_inputs.day, day_inputs.day) as date
    from day_inputs
    left join {{ source('bronze', 'calculations') }} as calculations
        on day_inputs.part = calculations.part and day_inputs.day = calculations.day
    where
        day_inputs.part = 2
        and day_inputs.inputs ? 'scrapers'
        and (
            calculations.settled_at is null
            or calculations.inputs -> 'scrapers' is distinct from day_inputs.inputs -> 'scrapers'
        )

),

judged as (

    select
        day_files.part,
        day_files.date,
        day_files.first_file_at,
        coalesce(day_files.files_in, '{}') as files_in,
        coalesce(day_files.files_missing, '{}') || coalesce(missing_dimensions.files_missing, '{}') as files_missing,
        coalesce(
            part_days.waiting_for,
            coalesce(day_files.required_files_missing, '{}') || coalesce(missing_dimensions.files_missing, '{}')
        ) as waiting_for,
        array(
            select waited_for.source
            from unnest(part_days.waiting_for) as waited_for (source)
            where
                waited_for.source = any(day_files.files_missing)
                -- What has come and is refused is told as refused.
                and waited_for.source <> all(coalesce(day_files.files_refused, '{}'))
                and day_files.first_file_at < now() - settings.late_after
        ) as files_late,
        coalesce(day_files.files_refused, '{}') || coalesce(missing_dimensions.files_refused, '{}') as files_refused,
        coalesce(day_files.files_empty, '{}') as files_empty,
        (
            select coalesce(sum(quarantine_summary.rows), 0)::bigint
            from {{ ref('quarantine_summary') }} as quarantine_summary
            inner join part_sources
                on quarantine_summary.source = part_sources.source
            where quarantine_summary.date = day_files.date and part_sources.part = day_files.part
        ) as quarantined_rows,
        (
            select coalesce(sum(quarantine_summary.money_held_out), 0)
            from {{ ref('quarantine_summary') }} as quarantine_summary
            inner join part_sources
                on quarantine_summary.source = part_sources.source
            where
                quarantine_summary.date = day_files.date
                and part_sources.part = day_files.part
                -- What they repeat is loaded, and its money is counted.
                and quarantine_summary.reason <> 'duplicate'
        ) as quarantined_money,
        day_files.part = 2 and exists (
            select 1 from {{ ref('solution_2_marketing_daily') }} as published
            where published.date = day_files.date and published.is_estimated
        ) as is_estimated,
        published_days.published_at,
        coalesce(published_days.inputs = day_inputs.inputs, false)
        and not (day_files.part = 2 and day_files.date in (select moving.date from moving)) as is_current,
        settings.local_time < day_files.date + 1 + settings.provisional_for as is_expected,
        day_files.date < settings.local_time::date as is_past
    from day_files
    cross join settings
    left join missing_dimensions
        on day_files.part = missing_dimensions.part
    left join {{ ref('part_days') }} as part_days
        on day_files.part = part_days.part and day_files.date = part_days.date
    left join day_inputs
        on day_files.part = day_inputs.part and day_files.date = day_inputs.day
    left join {{ source('published', 'published_days') }} as published_days
        on day_files.part = published_days.part and day_files.date = published_days.date

),

final as (

    select
        part,
        date,
        case
            when files_late <> '{}' then 'missing'
            when is_current and ((is_expected and files_missing <> '{}') or files_refused <> '{}') then 'provisional'
            when is_current then 'complete'
            when is_past and files_in = '{}' and files_refused = '{}' then 'missing'
            else 'waiting'
        end as status,
        files_in,
        files_missing,
        waiting_for,
        files_late,
        files_refused,
        files_empty,
        quarantined_rows,
        quarantined_money,
        is_estimated,
        first_file_at,
        published_at,
        is_current
    from judged

)

select * from final
