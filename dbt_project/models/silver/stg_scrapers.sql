{{ config(materialized='view') }}

with scrapers as (

    select * from {{ source('bronze', 'scrapers') }}

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
        country,
        -- A running total that was not given is unknown, not 0: it stays null here.
        total_earnings,
        visits
    from scrapers

)

select * from final
