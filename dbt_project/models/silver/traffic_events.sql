{{
    config(
        window='days',
        indexes=[
            {'columns': ['date']},
            {'columns': ['marketing_source']},
            {'columns': ['operator']},
            {'columns': ['country']},
        ],
    )
}}

with routy as (

    select * from {{ ref('stg_routy') }}

),

manual as (

    select * from {{ ref('stg_manual') }}

),

operator_variants as (

    select * from {{ ref('operator_variants') }}

),

events as (

    select
        'routy' as source,
        load_id,
        line,
        date,
        occurred_at,
        marketing_source,
        operator_name,
        operator_key,
        country,
        raw_earnings,
        visits,
        signups
    from routy
    where {{ in_window() }}

    union all

    select
        'manual' as source,
        load_id,
        line,
        date,
        occurred_at,
        marketing_source,
        operator_name,
        operator_key,
        null as country,
        raw_earnings,
        visits,
        signups
    from manual
    where {{ in_window() }}

),

final as (

    select
        events.source,
        events.load_id,
        events.line,
        events.date,
        events.occurred_at,
        events.marketing_source,
        coalesce(operator_variants.operator, events.operator_name) as operator,
        events.operator_name,
        events.operator_key,
        -- Manual rows name no country: they take their operator's.
        case
            when events.source = 'manual' then operator_variants.country
            else events.country
        end as country,
        events.raw_earnings,
        events.visits,
        events.signups
    from events
    left join operator_variants
        on events.operator_key = operator_variants.name_key

)

select * from final
