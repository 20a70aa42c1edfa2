{{ config(materialized='published', indexes=daily_indexes()) }}

select
    marketing_source,
    date,
    raw_earnings,
    visits,
    signups,
    clicks,
    total_commission
from {{ ref('web_commission_daily') }}
