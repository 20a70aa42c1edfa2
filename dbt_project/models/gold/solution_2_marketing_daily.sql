{{ config(materialized='published', indexes=index_of_months()) }}

select
    marketing_source,
    date,
    raw_earnings,
    visits,
    clicks,
    is_estimated,
    is_baseline,
    total_commission
from {{ ref('scraper_commission_daily') }}
