{{ config(materialized='published', indexes=[{'columns': ['date']}]) }}

select
    marketing_source,
    date,
    operator,
    commission
from {{ ref('web_commission_by_operator') }}
