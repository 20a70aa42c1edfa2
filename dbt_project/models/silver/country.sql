{{ config(materialized='view') }}

with names as (

    select country from {{ ref('operator_variants') }}
    where country is not null

    union distinct

    select country from {{ distinct_values(ref('traffic_events'), 'country') }} as traffic

    union distinct

    select country from {{ distinct_values(ref('scraper_observations'), 'country') }} as scrapers

)

select * from names
