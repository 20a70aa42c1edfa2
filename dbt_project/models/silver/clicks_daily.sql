{{ config(materialized='view') }}

with voluum as (

    select * from {{ ref('stg_voluum') }}

),

voluum_brands as (

    select * from {{ ref('voluum_brands') }}

),

final as (

    select
        voluum.date,
        voluum_brands.marketing_source,
        sum(voluum.clicks)::bigint as clicks
    from voluum
    inner join voluum_brands
        on voluum.voluum_brand_key = voluum_brands.voluum_brand_key
    group by voluum.date, voluum_brands.marketing_source

)

select * from final
