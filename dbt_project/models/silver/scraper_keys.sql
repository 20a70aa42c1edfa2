{{ config(materialized='view', post_hook='{{ create_scraper_days() }}') }}

{#- Jumps from key to key in the primary key's index, as distinct_values does for one column. -#}
with recursive found as (

    (
        select
            marketing_source,
            operator,
            country
        from {{ ref('scraper_observations') }}
        order by marketing_source, operator, country
        limit 1
    )

    union all

    select
        following.marketing_source,
        following.operator,
        following.country
    from found
    cross join lateral (
        select
            observations.marketing_source,
            observations.operator,
            observations.country
        from {{ ref('scraper_observations') }} as observations
        where
            (observations.marketing_source, observations.operator, observations.country)
            > (found.marketing_source, found.operator, found.country)
        order by observations.marketing_source, observations.operator, observations.country
        limit 1
    ) as following

)

select * from found
