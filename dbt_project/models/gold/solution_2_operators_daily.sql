{{ config(materialized='published', indexes=[{'columns': ['date']}]) }}

select
    marketing_source,
    date,
    operator,
    commission
from {{ ref('scraper_commission_by_operator') }}
