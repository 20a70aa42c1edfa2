{{ config(materialized='published') }}

with both_parts as (

    select
        marketing_source,
        date,
        total_commission
    from {{ ref('solution_1_marketing_daily') }}

    -- All: two equal amounts are two amounts.
    union all

    select
        marketing_source,
        date,
        total_commission
    from {{ ref('solution_2_marketing_daily') }}

)

select
    marketing_source,
    date,
    sum(total_commission)::numeric(24, 2) as total_commission
from both_parts
group by marketing_source, date
