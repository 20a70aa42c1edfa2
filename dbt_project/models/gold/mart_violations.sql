{{ config(materialized='view') }}

{%- set parts = {1: 'web traffic', 2: 'scrapers'} %}

with

{% for part in parts %}
-- The operators' months are the sources' days, to the cent.
months_of_part_{{ part }} as (

    select
        'operators of a month add up to its sources' as rule,
        'solution_{{ part }}_operators_monthly' as mart,
        '' as key,
        coalesce(days.month, months.month) as period,
        days.total as expected,
        months.total as found
    from (
        select
            date_trunc('month', date::timestamp)::date as month,
            sum(total_commission) as total
        from {{ ref('solution_' ~ part ~ '_marketing_daily') }}
        group by date_trunc('month', date::timestamp)::date
    ) as days
    full outer join (
        select
            month,
            sum(total_commission) as total
        from {{ ref('solution_' ~ part ~ '_operators_monthly') }}
        group by month
    ) as months
        on days.month = months.month
    where days.total is distinct from months.total

),

-- A day that is shown is a day that was published.
days_of_part_{{ part }} as (

    select
        'a source has commission on published days only' as rule,
        'solution_{{ part }}_marketing_daily' as mart,
        marts.marketing_source as key,
        marts.date as period,
        null::numeric as expected,
        marts.total_commission as found
    from {{ ref('solution_' ~ part ~ '_marketing_daily') }} as marts
    where not exists (
        select 1 from {{ source('published', 'published_days') }} as published_days
        where published_days.part = {{ part }} and published_days.date = marts.date
    )

),
{% endfor %}

-- Part 3 is parts 1 and 2, for every key that either has.
days_of_part_3 as (

    select
        'part 3 is the sum of parts 1 and 2' as rule,
        'solution_3_marketing_daily' as mart,
        coalesce(parts.marketing_source, both_parts.marketing_source) as key,
        coalesce(parts.date, both_parts.date) as period,
        parts.total as expected,
        both_parts.total_commission as found
    from (
        select
            marketing_source,
            date,
            sum(total_commission) as total
        from (
            select marketing_source, date, total_commission from {{ ref('solution_1_marketing_daily') }}
            union all
            select marketing_source, date, total_commission from {{ ref('solution_2_marketing_daily') }}
        ) as amounts
        group by marketing_source, date
    ) as parts
    full outer join {{ ref('solution_3_marketing_daily') }} as both_parts
        on parts.marketing_source = both_parts.marketing_source and parts.date = both_parts.date
    where parts.total is distinct from both_parts.total_commission

),

months_of_part_3 as (

    select
        'part 3 is the sum of parts 1 and 2' as rule,
        'solution_3_operators_monthly' as mart,
        coalesce(parts.operator, both_parts.operator) as key,
        coalesce(parts.month, both_parts.month) as period,
        parts.total as expected,
        both_parts.total_commission as found
    from (
        select
            operator,
            month,
            sum(total_commission) as total
        from (
            select operator, month, total_commission from {{ ref('solution_1_operators_monthly') }}
            union all
            select operator, month, total_commission from {{ ref('solution_2_operators_monthly') }}
        ) as amounts
        group by operator, month
    ) as parts
    full outer join {{ ref('solution_3_operators_monthly') }} as both_parts
        on parts.operator = both_parts.operator and parts.month = both_parts.month
    where parts.total is distinct from both_parts.total_commission

),

final as (

    {% for part in parts -%}
    select * from months_of_part_{{ part }}
    union all
    select * from days_of_part_{{ part }}
    union all
    {% endfor -%}
    select * from days_of_part_3
    union all
    select * from months_of_part_3

)

select
    rule,
    mart,
    key,
    period,
    expected::numeric(24, 2) as expected,
    found::numeric(24, 2) as found
from final
