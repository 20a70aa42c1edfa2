{{ config(materialized='published') }}

select
    operator,
    {{ month_of('date') }} as month,
    sum(commission)::numeric(24, 2) as total_commission
from {{ ref('solution_1_operators_daily') }}
group by operator, {{ month_of('date') }}
