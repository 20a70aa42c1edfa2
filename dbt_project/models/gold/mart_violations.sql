{{ config(materialized='view', tags=['reads_marts']) }}

{%- set parts = [1, 2] %}
{%- set negatives = [] %}
{%- for part in parts %}
    {%- do negatives.extend([
        ('solution_' ~ part ~ '_marketing_daily', 'marketing_source', 'date', 'total_commission'),
        ('solution_' ~ part ~ '_operators_daily', 'operator', 'date', 'commission'),
        ('solution_' ~ part ~ '_operators_monthly', 'operator', 'month', 'total_commission'),
    ]) %}
{%- endfor %}
{%- do negatives.extend([
    ('solution_3_marketing_daily', 'marketing_source', 'date', 'total_commission'),
    ('solution_3_operators_monthly', 'operator', 'month', 'total_commission'),
]) %}

-- Each side of each rule, to be summed. They read the tables, not shared CTEs, which PostgreSQL would copy whole: the
-- publisher asks for a few periods only, and the marts have indexes on them.
with sides as (

    {% for part in parts -%}
        select
            'operators of a month add up to its sources' as rule,
            'solution_{{ part }}_operators_monthly' as mart,
            '' as key,
            {{ month_of('date') }} as period,
            total_commission as expected,
            null::numeric as found
        from {{ ref('solution_' ~ part ~ '_marketing_daily') }}

        union all

        select
            'operators of a month add up to its sources' as rule,
            'solution_{{ part }}_operators_monthly' as mart,
            '' as key,
            month as period,
            null as expected,
            total_commission as found
        from {{ ref('solution_' ~ part ~ '_operators_monthly') }}

        union all

        select
            'an operator has its days in a month' as rule,
            'solution_{{ part }}_operators_monthly' as mart,
            operator as key,
            {{ month_of('date') }} as period,
            commission as expected,
            null as found
        from {{ ref('solution_' ~ part ~ '_operators_daily') }}

        union all

        select
            'an operator has its days in a month' as rule,
            'solution_{{ part }}_operators_monthly' as mart,
            operator as key,
            month as period,
            null as expected,
            total_commission as found
        from {{ ref('solution_' ~ part ~ '_operators_monthly') }}

        union all

        select
            'operators share what a source has on a day' as rule,
            'solution_{{ part }}_operators_daily' as mart,
            marketing_source as key,
            date as period,
            total_commission as expected,
            null as found
        from {{ ref('solution_' ~ part ~ '_marketing_daily') }}

        union all

        select
            'operators share what a source has on a day' as rule,
            'solution_{{ part }}_operators_daily' as mart,
            marketing_source as key,
            date as period,
            null as expected,
            commission as found
        from {{ ref('solution_' ~ part ~ '_operators_daily') }}

        union all

        select
            'part 3 is the sum of parts 1 and 2' as rule,
            'solution_3_marketing_daily' as mart,
            marketing_source as key,
            date as period,
            total_commission as expected,
            null as found
        from {{ ref('solution_' ~ part ~ '_marketing_daily') }}

        union all

        select
            'part 3 is the sum of parts 1 and 2' as rule,
            'solution_3_operators_monthly' as mart,
            operator as key,
            month as period,
            total_commission as expected,
            null as found
        from {{ ref('solution_' ~ part ~ '_operators_monthly') }}

        union all

    {% endfor -%}

    select
        'part 3 is the sum of parts 1 and 2' as rule,
        'solution_3_marketing_daily' as mart,
        marketing_source as key,
        date as period,
        null as expected,
        total_commission as found
    from {{ ref('solution_3_marketing_daily') }}

    union all

    select
        'part 3 is the sum of parts 1 and 2' as rule,
        'solution_3_operators_monthly' as mart,
        operator as key,
        month as period,
        null as expected,
        total_commission as found
    from {{ ref('solution_3_operators_monthly') }}

),

-- A sum of no rows is null, so a key that only one side has is found even where it has 0.00.
unequal as (

    select
        rule,
        mart,
        key,
        period,
        sum(expected) as expected,
        sum(found) as found
    from sides
    group by rule, mart, key, period
    having sum(expected) is distinct from sum(found)

),

not_allowed as (

    {% for mart, key, period, commission in negatives -%}
        select
            'no commission is negative' as rule,
            '{{ mart }}' as mart,
            {{ key }} as key,
            {{ period }} as period,
            0 as expected,
            {{ commission }} as found
        from {{ ref(mart) }}
        where {{ commission }} < 0

        union all

    {% endfor -%}

    {% for part in parts -%}
        select
            'a source has commission on published days only' as rule,
            'solution_{{ part }}_marketing_daily' as mart,
            marketing_daily.marketing_source as key,
            marketing_daily.date as period,
            null as expected,
            marketing_daily.total_commission as found
        from {{ ref('solution_' ~ part ~ '_marketing_daily') }} as marketing_daily
        left join {{ source('published', 'published_days') }} as published_days
            on
                marketing_daily.date = published_days.date
                and published_days.part = {{ part }}
        where published_days.date is null

        union all

    {% endfor -%}

    select
        'a baseline pays nothing' as rule,
        'solution_2_marketing_daily' as mart,
        marketing_source as key,
        date as period,
        0 as expected,
        total_commission as found
    from {{ ref('solution_2_marketing_daily') }}
    where is_baseline and total_commission <> 0

),

violations as (

    select * from unequal

    union all

    select * from not_allowed

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
