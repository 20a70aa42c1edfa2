-- The function silver.scraper_days is made together with this view.
-- depends_on: {{ ref('scraper_keys') }}
{{
    config(
        window='scraper_days',
        pre_hook="{{ hold_still(ref('scraper_observations')) }}",
        indexes=[{'columns': ['date']}],
    )
}}

-- The days estimated before an observation are written together with it.
with current_observations as (

    select * from {{ ref('scraper_observations') }}
    where {{ in_scraper_window(reach=var('longest_spread')) }}

),

steps as (

    select
        current_observations.*,
        previous.date as previous_date,
        coalesce(current_observations.date - previous.date, 1) as days_since,
        greatest(current_observations.total_earnings - previous.total_earnings, 0) as earnings,
        greatest(current_observations.visits - previous.visits, 0) as visits_since,
        coalesce(current_observations.total_earnings < previous.total_earnings, false) as earnings_went_back,
        coalesce(current_observations.visits < previous.visits, false) as visits_went_back
    from current_observations
    left join
        lateral (
            select
                earlier.date,
                earlier.total_earnings,
                earlier.visits
            -- The table, not a shared CTE, which PostgreSQL would copy and search without an index.
            from {{ ref('scraper_observations') }} as earlier
            where
                earlier.marketing_source = current_observations.marketing_source
                and earlier.operator = current_observations.operator
                and earlier.country = current_observations.country
                and earlier.date < current_observations.date
            order by earlier.date desc
            limit 1
        ) as previous
        on true

),

shares as (

    select
        *,
        days_since between 2 and {{ var('longest_spread') }} + 1 as is_spread,
        -- Cut, not rounded, to 9 decimals and to whole visits; the day observed gets what is left.
        div(earnings * 1000000000, days_since) * 0.000000001 as earnings_a_day,
        div(visits_since::numeric, days_since)::bigint as visits_a_day
    from steps

),

spread as (

    select
        shares.previous_date + missing.days_after as date,
        shares.marketing_source,
        shares.operator,
        shares.country,
        coalesce(shares.earnings_a_day, 0) as earnings,
        coalesce(shares.visits_a_day, 0) as visits,
        false as is_baseline,
        true as is_estimated,
        false as earnings_went_back,
        false as visits_went_back,
        shares.date as observed_on,
        shares.previous_date as previously_observed_on
    from shares
    -- Counted, not stepped through as timestamps, which lose the last day where a clock skips midnight.
    cross join lateral generate_series(1, shares.days_since - 1) as missing (days_after)
    where shares.is_spread

    union all

    select
        date,
        marketing_source,
        operator,
        country,
        coalesce(earnings - case when is_spread then (days_since - 1) * earnings_a_day else 0 end, 0) as earnings,
        coalesce(visits_since - case when is_spread then (days_since - 1) * visits_a_day else 0 end, 0) as visits,
        previous_date is null as is_baseline,
        false as is_estimated,
        earnings_went_back,
        visits_went_back,
        date as observed_on,
        previous_date as previously_observed_on
    from shares

),

final as (

    select * from spread
    where {{ in_scraper_window() }}

)

select * from final
