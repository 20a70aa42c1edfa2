{{ config(materialized='view', tags=['reports']) }}

with clicks as (

    select
        voluum.date,
        voluum.voluum_brand,
        voluum_brands.marketing_source,
        sum(voluum.clicks)::bigint as clicks
    from {{ ref('stg_voluum') }} as voluum
    left join {{ ref('voluum_brands') }} as voluum_brands
        on voluum.voluum_brand_key = voluum_brands.voluum_brand_key
    group by voluum.date, voluum.voluum_brand, voluum_brands.marketing_source

),

-- While the earnings of a day are still to come, every click is without traffic: that says nothing.
ready_days as (

    select distinct date
    from {{ ref('part_days') }}
    where waiting_for = '{}'

),

counted as (

    select
        date,
        marketing_source
    from {{ ref('web_commission_daily') }}

    union all

    select
        date,
        marketing_source
    from {{ ref('scraper_commission_daily') }}

),

unmapped as (

    select
        date,
        voluum_brand,
        marketing_source,
        clicks,
        'the brand is mapped to no marketing source' as problem
    from clicks
    where marketing_source is null and clicks > 0

),

without_traffic as (

    select
        clicks.date,
        clicks.voluum_brand,
        clicks.marketing_source,
        clicks.clicks,
        'the marketing source has no traffic that day' as problem
    from clicks
    inner join ready_days
        on clicks.date = ready_days.date
    where
        clicks.marketing_source is not null
        and clicks.clicks > 0
        and not exists (
            select 1 from counted
            where counted.date = clicks.date and counted.marketing_source = clicks.marketing_source
        )

),

final as (

    select * from unmapped

    union all

    select * from without_traffic

)

select * from final
