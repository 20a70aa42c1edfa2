{{ config(materialized='view') }}

with traffic_events as (

    select * from {{ ref('traffic_events') }}

),

operator_variants as (

    select * from {{ ref('operator_variants') }}

),

scraper_observations as (

    select * from {{ ref('scraper_observations') }}

),

scraper_totals as (

    select * from {{ ref('scraper_totals') }}

),

clicks_daily as (

    select * from {{ ref('clicks_daily') }}

),

commissions as (

    select
        1 as part,
        date,
        marketing_source,
        clicks,
        terms,
        true as is_due
    from {{ ref('web_commission_daily') }}

    union all

    select
        2 as part,
        date,
        marketing_source,
        clicks,
        terms,
        not is_baseline as is_due
    from {{ ref('scraper_commission_daily') }}

),

other_operators as (

    select distinct traffic_events.date
    from traffic_events
    left join operator_variants
        on traffic_events.operator_key = operator_variants.name_key
    where
        traffic_events.operator <> coalesce(operator_variants.operator, traffic_events.operator_name)
        or (traffic_events.source = 'manual' and traffic_events.country is distinct from operator_variants.country)

),

other_observations as (

    select
        date,
        marketing_source,
        operator,
        country
    from scraper_observations
    full outer join scraper_totals using (date, marketing_source, operator, country)
    where
        scraper_observations.total_earnings is distinct from scraper_totals.total_earnings
        or scraper_observations.visits is distinct from scraper_totals.visits

),

-- Every day on which a key that changes was or will be observed.
observed_days as (

    select
        stored.marketing_source,
        stored.operator,
        stored.country,
        stored.date,
        false as changes
    from (
        select distinct
            marketing_source,
            operator,
            country
        from other_observations
    ) as changing
    inner join scraper_observations as stored
        on
            changing.marketing_source = stored.marketing_source
            and changing.operator = stored.operator
            and changing.country = stored.country

    union all

    select
        marketing_source,
        operator,
        country,
        date,
        true as changes
    from other_observations

),

with_neighbours as (

    select
        date,
        bool_or(changes) as changes,
        lag(date) over days_of_key as previous_date,
        lead(date) over days_of_key as next_date
    from observed_days
    group by marketing_source, operator, country, date
    window days_of_key as (partition by marketing_source, operator, country order by date)

),

-- The observations of the same key before and after one that changes, as they were and as they will be.
neighbours as (

    select
        date,
        previous_date,
        next_date
    from with_neighbours
    where changes

),

-- As with a corrected file: back to the previous observation and forward to the next.
other_increases as (

    select date from neighbours

    union distinct

    select next_date as date from neighbours
    where next_date is not null

    union distinct

    select neighbours.previous_date + missing.days_after as date
    from neighbours
    cross join lateral generate_series(1, neighbours.date - neighbours.previous_date - 1) as missing (days_after)
    where neighbours.date - neighbours.previous_date <= {{ var('longest_spread') }} + 1

    union distinct

    select neighbours.date + missing.days_after as date
    from neighbours
    cross join lateral generate_series(1, neighbours.next_date - neighbours.date - 1) as missing (days_after)
    where neighbours.next_date - neighbours.date <= {{ var('longest_spread') }} + 1

),

other_clicks as (

    select distinct
        commissions.part,
        commissions.date
    from commissions
    left join clicks_daily
        on
            commissions.date = clicks_daily.date
            and commissions.marketing_source = clicks_daily.marketing_source
    where commissions.clicks <> coalesce(clicks_daily.clicks, 0)

),

other_terms as (

    select distinct
        commissions.part,
        commissions.date
    from commissions
    {{ join_terms('commissions') }}
    where
        commissions.is_due
        and commissions.terms <> {{ terms_in_force() }}

),

final as (

    select
        'central_mapping' as dimension,
        1 as part,
        date
    from other_operators

    union all

    select
        'central_mapping' as dimension,
        2 as part,
        date
    from other_increases

    union all

    select
        'voluum_mapper' as dimension,
        part,
        date
    from other_clicks

    union all

    select
        'deals' as dimension,
        part,
        date
    from other_terms

)

select * from final
