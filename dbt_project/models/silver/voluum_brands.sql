{{ config(materialized='view') }}

with voluum_mapper as (

    select * from {{ source('bronze', 'voluum_mapper') }}

),

final as (

    select distinct on (voluum_brand_key)
        voluum_brand_key,
        voluum_brand,
        marketing_source
    from voluum_mapper
    order by voluum_brand_key, _line

)

select * from final
