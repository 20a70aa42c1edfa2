{{ config(window='days', indexes=[{'columns': ['date']}]) }}

with traffic as (

    select
        date,
        marketing_source,
        sum(raw_earnings) as raw_earnings,
        sum(visits)::bigint as visits,
        sum(signups)::bigint as signups
    from {{ ref('traffic_events') }}
    where {{ in_window() }}
    group by date, marketing_source

),

clicks_daily as (

    select * from {{ ref('clicks_daily') }}
    where {{ in_window() }}

),

ready_days as (

    select date from {{ ref('part_days') }}
    where part = 1 and waiting_for = '{}'

),

facts as (

    select
        traffic.date,
        traffic.marketing_source,
        traffic.raw_earnings,
        traffic.visits,
        traffic.signups,
        coalesce(clicks_daily.clicks, 0) as clicks
    from traffic
    inner join ready_days
        on traffic.date = ready_days.date
    left join clicks_daily
        on
            traffic.date = clicks_daily.date
            and traffic.marketing_source = clicks_daily.marketing_source

),

final as (

    select
        facts.date,
        facts.marketing_source,
        facts.raw_earnings,
        facts.visits,
        facts.signups,
        facts.clicks,
        coalesce(own.formula, standard.formula) as formula,
        {{ terms_in_force() }} as terms,
        {{ commission('facts.raw_earnings', 'facts.clicks', 'facts.visits', 'facts.signups') }}::numeric(24, 2)
            as total_commission
    from facts
    {{ join_terms('facts') }}

)

select * from final
