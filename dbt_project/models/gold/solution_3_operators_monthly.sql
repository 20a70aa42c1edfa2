{{ config(materialized='published') }}

with both_parts as (

    select
        operator,
        month,
        total_commission
    from {{ ref('solution_1_operators_monthly') }}

    -- All: two equal amounts are two amounts.
    union all

    select
        operator,
        month,
        total_commission
    from {{ ref('solution_2_operators_monthly') }}

)

select
    operator,
    month,
    sum(total_commission)::numeric(24, 2) as total_commission
from both_parts
group by operator, month
