{{ config(window='days', indexes=[{'columns': ['date']}]) }}

with commissions as (

    select * from {{ ref('web_commission_daily') }}
    where {{ in_window() }}

),

earnings as (

    select
        date,
        marketing_source,
        operator,
        sum(greatest(raw_earnings, 0)) as weight
    from {{ ref('traffic_events') }}
    where {{ in_window() }}
    group by date, marketing_source, operator

),

{{ allocate('commissions', 'earnings') }}

select * from allocated
