{{ config(materialized='view') }}

with names as (

    select
        marketing_source,
        'traffic' as seen_in
    from {{ distinct_values(ref('traffic_events'), 'marketing_source') }} as traffic

    union all

    select
        marketing_source,
        'scrapers' as seen_in
    from {{ distinct_values(ref('scraper_observations'), 'marketing_source') }} as scrapers

    union all

    select
        marketing_source,
        'deals' as seen_in
    from {{ ref('deals') }}
    where not is_default

    union all

    select
        marketing_source,
        'clicks' as seen_in
    from {{ ref('voluum_brands') }}

),

final as (

    select
        marketing_source,
        bool_or(seen_in = 'traffic') as has_traffic,
        bool_or(seen_in = 'scrapers') as has_scrapers,
        bool_or(seen_in = 'deals') as has_own_terms,
        bool_or(seen_in = 'clicks') as has_brands
    from names
    group by marketing_source

)

select * from final
