{#-
  What an observation's total grew by since the one before it is counted, over the days it is spread over together. A
  total that went down, and the first one, count nothing.
-#}
{% test nothing_is_lost(model, observations, window) %}

with observed as (

    select * from {{ model }}
    where {{ days_of(window) }} and not is_estimated

),

compared as (

    select
        observed.marketing_source,
        observed.operator,
        observed.country,
        observed.date,
        coalesce(greatest(current.total_earnings - previous.total_earnings, 0), 0) as earnings_since,
        coalesce(greatest(current.visits - previous.visits, 0), 0) as visits_since,
        counted.earnings,
        counted.visits
    from observed
    inner join {{ observations }} as current
        on
            observed.marketing_source = current.marketing_source
            and observed.operator = current.operator
            and observed.country = current.country
            and observed.date = current.date
    left join {{ observations }} as previous
        on
            observed.marketing_source = previous.marketing_source
            and observed.operator = previous.operator
            and observed.country = previous.country
            and observed.previously_observed_on = previous.date
    -- Whatever lies between the two, whichever observation it names. Looked up in the key's index for each: as a join
    -- it compared every two days of a key, 149 s for a year.
    cross join lateral (
        select
            sum(increases.earnings) as earnings,
            sum(increases.visits) as visits
        from {{ model }} as increases
        where
            increases.marketing_source = observed.marketing_source
            and increases.operator = observed.operator
            and increases.country = observed.country
            and increases.date > coalesce(observed.previously_observed_on, '-infinity')
            and increases.date <= observed.date
    ) as counted

)

select * from compared
where earnings <> earnings_since or visits <> visits_since

{% endtest %}
