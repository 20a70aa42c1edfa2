{{ config(materialized='view') }}

with voluum as (

    select * from {{ source('bronze', 'voluum') }}

),

final as (

    select
        _load_id as load_id,
        _line as line,
        _day as date,
        date as occurred_at,
        voluum_brand,
        voluum_brand_key,
        coalesce(clicks, 0) as clicks
    from voluum

)

select * from final
