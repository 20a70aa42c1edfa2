{{
    config(
        window='scraper_days',
        pre_hook="{{ hold_still(ref('scraper_observations')) }}",
        indexes=[{'columns': ['date']}],
    )
}}

with commissions as (

    select * from {{ ref('scraper_commission_daily') }}
    where {{ in_scraper_window() }}

),

earnings as (

    select
        date,
        marketing_source,
        operator,
        sum(earnings) as weight
    from {{ ref('scraper_increases') }}
    where {{ in_scraper_window() }}
    group by date, marketing_source, operator

),

{{ allocate('commissions', 'earnings') }}

select * from allocated
