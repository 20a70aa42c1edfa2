{{ config(materialized='published', indexes=daily_indexes()) }}

select
    marketing_source,
    date,
    operator,
    commission
from {{ ref('scraper_commission_by_operator') }}
