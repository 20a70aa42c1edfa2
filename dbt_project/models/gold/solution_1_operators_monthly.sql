{{ config(materialized='published', indexes=[{'columns': ['month']}]) }}

select
    operator,
    date_trunc('month', date)::date as month,
    sum(commission)::numeric(24, 2) as total_commission
from {{ ref('solution_1_operators_daily') }}
group by operator, date_trunc('month', date)::date
