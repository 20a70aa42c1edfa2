{{ config(materialized='published', indexes=[{'columns': ['date']}]) }}

select
    marketing_source,
    date,
    raw_earnings,
    visits,
    signups,
    clicks,
    total_commission
from {{ ref('web_commission_daily') }}
