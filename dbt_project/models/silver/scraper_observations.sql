{{ config(window='days', indexes=[{'columns': ['date']}, {'columns': ['operator']}, {'columns': ['country']}]) }}

with scraper_totals as (

    select * from {{ ref('scraper_totals') }}
    where {{ in_window() }}

)

select
    date,
    marketing_source,
    operator,
    country,
    total_earnings,
    visits
from scraper_totals
