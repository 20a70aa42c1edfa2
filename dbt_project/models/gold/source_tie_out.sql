{{ config(materialized='view', tags=['reports']) }}

with web as (

    select
        date,
        marketing_source,
        operator,
        sum(raw_earnings) as web_earnings
    from {{ ref('traffic_events') }}
    group by date, marketing_source, operator

),

-- The first total of a key says nothing of the day's earnings.
scraped as (

    select
        date,
        marketing_source,
        operator,
        sum(earnings) as scraper_earnings,
        bool_or(is_estimated) as is_estimated
    from {{ ref('scraper_increases') }}
    where not is_baseline
    group by date, marketing_source, operator

),

final as (

    select
        web.date,
        web.marketing_source,
        web.operator,
        web.web_earnings,
        scraped.scraper_earnings,
        scraped.is_estimated,
        scraped.scraper_earnings - web.web_earnings as difference,
        rank() over (
            partition by web.date
            order by abs(scraped.scraper_earnings - web.web_earnings) desc
        ) as rank_of_day
    from web
    inner join scraped
        on
            web.date = scraped.date
            and web.marketing_source = scraped.marketing_source
            and web.operator = scraped.operator

)

select * from final
