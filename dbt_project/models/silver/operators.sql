{{ config(materialized='view') }}

with standard_operators as (

    select
        operator,
        min(country collate "C") as country
    from {{ ref('operator_variants') }}
    group by operator

),

names as (

    select
        operator,
        true as is_mapped
    from standard_operators

    union all

    select
        operator,
        false as is_mapped
    from {{ distinct_values(ref('traffic_events'), 'operator') }} as traffic

    union all

    select
        operator,
        false as is_mapped
    from {{ distinct_values(ref('scraper_observations'), 'operator') }} as scrapers

),

final as (

    select
        names.operator,
        standard_operators.country,
        bool_or(names.is_mapped) as is_mapped
    from names
    left join standard_operators
        on names.operator = standard_operators.operator
    group by names.operator, standard_operators.country

)

select * from final
