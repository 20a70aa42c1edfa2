{{ config(materialized='view', tags=['reads_marts']) }}

{%- set parts = [1, 2] %}

with

{% for part in parts -%}
    marketing_daily_{{ part }} as (

        select * from {{ ref('solution_' ~ part ~ '_marketing_daily') }}

    ),

    operators_monthly_{{ part }} as (

        select * from {{ ref('solution_' ~ part ~ '_operators_monthly') }}

    ),

    source_months_{{ part }} as (

        select
            date_trunc('month', date::timestamp)::date as month,
            sum(total_commission) as total
        from marketing_daily_{{ part }}
        group by date_trunc('month', date::timestamp)::date

    ),

    operator_months_{{ part }} as (

        select
            month,
            sum(total_commission) as total
        from operators_monthly_{{ part }}
        group by month

    ),

    -- The operators' months are the sources' days, to the cent.
    months_of_part_{{ part }} as (

        select
            'operators of a month add up to its sources' as rule,
            'solution_{{ part }}_operators_monthly' as mart,
            '' as key,
            coalesce(source_months_{{ part }}.month, operator_months_{{ part }}.month) as period,
            source_months_{{ part }}.total as expected,
            operator_months_{{ part }}.total as found
        from source_months_{{ part }}
        full outer join operator_months_{{ part }}
            on source_months_{{ part }}.month = operator_months_{{ part }}.month
        where source_months_{{ part }}.total is distinct from operator_months_{{ part }}.total

    ),

    -- A day that is shown is a day that was published.
    days_of_part_{{ part }} as (

        select
            'a source has commission on published days only' as rule,
            'solution_{{ part }}_marketing_daily' as mart,
            marketing_daily_{{ part }}.marketing_source as key,
            marketing_daily_{{ part }}.date as period,
            null::numeric as expected,
            marketing_daily_{{ part }}.total_commission as found
        from marketing_daily_{{ part }}
        left join {{ source('published', 'published_days') }} as published_days
            on
                marketing_daily_{{ part }}.date = published_days.date
                and published_days.part = {{ part }}
        where published_days.date is null

    ),

{% endfor -%}

marketing_daily_3 as (

    select * from {{ ref('solution_3_marketing_daily') }}

),

operators_monthly_3 as (

    select * from {{ ref('solution_3_operators_monthly') }}

),

both_dailies as (

    {% for part in parts -%}
        select
            marketing_source,
            date,
            total_commission
        from marketing_daily_{{ part }}
        {%- if not loop.last %}

            union all

        {% endif %}
    {%- endfor %}

),

daily_sums as (

    select
        marketing_source,
        date,
        sum(total_commission) as total
    from both_dailies
    group by marketing_source, date

),

both_monthlies as (

    {% for part in parts -%}
        select
            operator,
            month,
            total_commission
        from operators_monthly_{{ part }}
        {%- if not loop.last %}

            union all

        {% endif %}
    {%- endfor %}

),

monthly_sums as (

    select
        operator,
        month,
        sum(total_commission) as total
    from both_monthlies
    group by operator, month

),

-- Part 3 is parts 1 and 2, for every key that either has.
days_of_part_3 as (

    select
        'part 3 is the sum of parts 1 and 2' as rule,
        'solution_3_marketing_daily' as mart,
        coalesce(daily_sums.marketing_source, marketing_daily_3.marketing_source) as key,
        coalesce(daily_sums.date, marketing_daily_3.date) as period,
        daily_sums.total as expected,
        marketing_daily_3.total_commission as found
    from daily_sums
    full outer join marketing_daily_3
        on
            daily_sums.marketing_source = marketing_daily_3.marketing_source
            and daily_sums.date = marketing_daily_3.date
    where daily_sums.total is distinct from marketing_daily_3.total_commission

),

months_of_part_3 as (

    select
        'part 3 is the sum of parts 1 and 2' as rule,
        'solution_3_operators_monthly' as mart,
        coalesce(monthly_sums.operator, operators_monthly_3.operator) as key,
        coalesce(monthly_sums.month, operators_monthly_3.month) as period,
        monthly_sums.total as expected,
        operators_monthly_3.total_commission as found
    from monthly_sums
    full outer join operators_monthly_3
        on
            monthly_sums.operator = operators_monthly_3.operator
            and monthly_sums.month = operators_monthly_3.month
    where monthly_sums.total is distinct from operators_monthly_3.total_commission

),

violations as (

    {% for part in parts -%}
        select * from months_of_part_{{ part }}
        union all
        select * from days_of_part_{{ part }}
        union all
    {% endfor -%}
    select * from days_of_part_3
    union all
    select * from months_of_part_3

),

final as (

    select
        rule,
        mart,
        key,
        period,
        expected::numeric(24, 2) as expected,
        found::numeric(24, 2) as found
    from violations

)

select * from final
