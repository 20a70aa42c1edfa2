{{ config(materialized='view', tags=['reports']) }}

-- Both in one list, so that a look at some days reads those days of both: PostgreSQL hands no range on by a join.
with earnings as (

    select
        date,
        marketing_source,
        operator,
        raw_earnings as web_earnings,
        null::numeric as scraper_earnings,
        null::boolean as is_estimated
    from {{ ref('traffic_events') }}

    union all

    -- The first total of a key says nothing of the day's earnings.
    select
        date,
        marketing_source,
        operator,
        null as web_earnings,
        earnings as scraper_earnings,
        is_estimated
    from {{ ref('scraper_increases') }}
    where not is_baseline

),

compared as (

    select
        date,
        marketing_source,
        operator,
        sum(web_earnings) as web_earnings,
        sum(scraper_earnings) as scraper_earnings,
        bool_or(is_estimated) as is_estimated
    from earnings
    group by date, marketing_source, operator
    having count(web_earnings) > 0 and count(scraper_earnings) > 0

),

final as (

    select
        date,
        marketing_source,
        operator,
        web_earnings,
        scraper_earnings,
        is_estimated,
        scraper_earnings - web_earnings as difference,
        rank() over (partition by date order by abs(scraper_earnings - web_earnings) desc) as rank_of_day
    from compared

)

select * from final
