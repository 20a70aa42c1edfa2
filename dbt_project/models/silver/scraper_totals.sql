{{ config(materialized='view') }}

with scrapers as (

    select * from {{ ref('stg_scrapers') }}

),

operator_variants as (

    select * from {{ ref('operator_variants') }}

),

-- Repeats of a row lose nothing: the row itself is loaded.
quarantined as (

    select
        day as date,
        fields ->> 'marketing_source' as marketing_source,
        fields ->> 'operator' as operator_name,
        fields ->> 'operator_key' as operator_key,
        fields ->> 'country' as country
    from {{ source('bronze', 'quarantine') }}
    where
        source = 'scrapers'
        and resolved_at is null
        and reason <> 'duplicate'

),

totals as (

    select
        scrapers.date,
        scrapers.marketing_source,
        coalesce(operator_variants.operator, scrapers.operator_name) as operator,
        coalesce(scrapers.country, '') as country,
        sum(scrapers.total_earnings) as total_earnings,
        sum(scrapers.visits)::bigint as visits,
        bool_and(scrapers.total_earnings is not null and scrapers.visits is not null) as is_whole
    from scrapers
    left join operator_variants
        on scrapers.operator_key = operator_variants.name_key
    group by
        scrapers.date,
        scrapers.marketing_source,
        coalesce(operator_variants.operator, scrapers.operator_name),
        coalesce(scrapers.country, '')

),

held_keys as (

    select distinct
        quarantined.date,
        quarantined.marketing_source,
        coalesce(operator_variants.operator, quarantined.operator_name) as operator,
        coalesce(quarantined.country, '') as country
    from quarantined
    left join operator_variants
        on quarantined.operator_key = operator_variants.name_key
    where quarantined.marketing_source is not null and quarantined.operator_name is not null

),

-- A quarantined row that names no key could belong to any: no key of its file was observed.
held_days as (

    select distinct date
    from quarantined
    where marketing_source is null or operator_name is null

),

final as (

    select
        totals.date,
        totals.marketing_source,
        totals.operator,
        totals.country,
        totals.total_earnings,
        totals.visits
    from totals
    left join held_keys
        on
            totals.date = held_keys.date
            and totals.marketing_source = held_keys.marketing_source
            and totals.operator = held_keys.operator
            and totals.country = held_keys.country
    left join held_days
        on totals.date = held_days.date
    where
        totals.is_whole
        and held_keys.date is null
        and held_days.date is null

)

select * from final
