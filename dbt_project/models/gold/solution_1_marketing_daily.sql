{{ config(materialized='published', indexes=index_of_months()) }}

select
    marketing_source,
    date,
    raw_earnings,
    visits,
    signups,
    clicks,
    total_commission
from {{ ref('web_commission_daily') }}
