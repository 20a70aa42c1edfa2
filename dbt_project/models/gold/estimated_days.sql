{{ config(materialized='view', tags=['reports']) }}

with increases as (

    select * from {{ ref('scraper_increases') }}

),

final as (

    select
        date,
        marketing_source,
        count(*) filter (where is_estimated) as estimated_keys,
        count(*) as all_keys,
        sum(earnings) filter (where is_estimated) as estimated_earnings
    from increases
    group by date, marketing_source
    having bool_or(is_estimated)

)

select * from final
