{{
    config(
        window='scraper_days',
        pre_hook="{{ hold_still(ref('scraper_observations')) }}",
        indexes=[{'columns': ['date']}],
    )
}}

with increases as (

    select
        date,
        marketing_source,
        sum(earnings) as raw_earnings,
        sum(visits)::bigint as visits,
        bool_or(is_estimated) as is_estimated,
        bool_and(is_baseline) as is_baseline
    from {{ ref('scraper_increases') }}
    where {{ in_scraper_window() }}
    group by date, marketing_source

),

clicks_daily as (

    select * from {{ ref('clicks_daily') }}
    where {{ in_scraper_window() }}

),

ready_days as (

    select date from {{ ref('part_days') }}
    where part = 2 and waiting_for = '{}'

),

facts as (

    select
        increases.date,
        increases.marketing_source,
        increases.raw_earnings,
        increases.visits,
        coalesce(clicks_daily.clicks, 0) as clicks,
        increases.is_estimated,
        increases.is_baseline
    from increases
    inner join ready_days
        on increases.date = ready_days.date
    left join clicks_daily
        on
            increases.date = clicks_daily.date
            and increases.marketing_source = clicks_daily.marketing_source

),

final as (

    select
        facts.date,
        facts.marketing_source,
        facts.raw_earnings,
        facts.visits,
        facts.clicks,
        facts.is_estimated,
        facts.is_baseline,
        coalesce(own.formula, standard.formula) as formula,
        {{ terms_in_force() }} as terms,
        -- The first total of a key says nothing of what it earned that day: nothing is due yet, fixed or not.
        case
            when facts.is_baseline then 0
            else {{ commission('facts.raw_earnings', 'facts.clicks', 'facts.visits', '0') }}
        end::numeric(24, 2) as total_commission
    from facts
    {{ join_terms('facts') }}

)

select * from final
