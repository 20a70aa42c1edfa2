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

-- Clicks are named once, so that a look at some days reads those days only.
judged as (

    select
        clicks.date,
        clicks.voluum_brand,
        clicks.marketing_source,
        clicks.clicks,
        case
            when clicks.marketing_source is null then 'the brand is mapped to no marketing source'
            when
                ready_days.date is not null
                and not exists (
                    select 1 from counted
                    where counted.date = clicks.date and counted.marketing_source = clicks.marketing_source
                )
                then 'the marketing source has no traffic that day'
        end as problem
    from clicks
    left join ready_days
        on clicks.date = ready_days.date
    where clicks.clicks > 0

),

final as (

    select * from judged
    where problem is not null

)

select * from final
