{{ config(materialized='published', indexes=index_of_months()) }}

select
    marketing_source,
    date,
    operator,
    commission
from {{ ref('scraper_commission_by_operator') }}
