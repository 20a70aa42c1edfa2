{{ config(materialized='view', tags=['reports']) }}

with increases as (

    select * from {{ ref('scraper_increases') }}
    where earnings_went_back or visits_went_back

),

observations as (

    select * from {{ ref('scraper_observations') }}

),

final as (

    select
        increases.date,
        increases.marketing_source,
        increases.operator,
        increases.country,
        previous.date as previous_date,
        previous.total_earnings as previous_total_earnings,
        observed.total_earnings,
        previous.visits as previous_visits,
        observed.visits
    from increases
    inner join observations as observed
        on
            increases.date = observed.date
            and increases.marketing_source = observed.marketing_source
            and increases.operator = observed.operator
            and increases.country = observed.country
    inner join observations as previous
        on
            increases.previously_observed_on = previous.date
            and increases.marketing_source = previous.marketing_source
            and increases.operator = previous.operator
            and increases.country = previous.country

)

select * from final
