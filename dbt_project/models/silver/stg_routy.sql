{{ config(materialized='view') }}

with routy as (

    select * from {{ source('bronze', 'routy') }}

),

final as (

    select
        _load_id as load_id,
        _line as line,
        _day as date,
        date as occurred_at,
        marketing_source,
        operator as operator_name,
        operator_key,
        coalesce(country_code, country) as country,
        coalesce(raw_earnings, 0) as raw_earnings,
        coalesce(visits, 0) as visits,
        coalesce(signups, 0) as signups
    from routy

)

select * from final
