{{ config(materialized='view', tags=['reads_marts']) }}

{%- set shares = ['marketing_source', 'date', 'operator', 'commission'] %}
{%- set web = ['marketing_source', 'date', 'raw_earnings', 'visits', 'signups', 'clicks', 'total_commission'] %}
{%- set scraped = [
    'marketing_source', 'date', 'raw_earnings', 'visits', 'clicks', 'is_estimated', 'is_baseline', 'total_commission'
] %}
{%- set comparisons = [
    (1, ref('web_commission_daily'), ref('solution_1_marketing_daily'), web),
    (1, ref('web_commission_by_operator'), ref('solution_1_operators_daily'), shares),
    (2, ref('scraper_commission_daily'), ref('solution_2_marketing_daily'), scraped),
    (2, ref('scraper_commission_by_operator'), ref('solution_2_operators_daily'), shares),
] %}

with differences as (

    {% for part, calculated, mart, columns in comparisons -%}
        select
            {{ part }} as part,
            date
        from (
            (
                select {{ columns | join(', ') }} from {{ calculated }}
                except all
                select {{ columns | join(', ') }} from {{ mart }}
            )
            union all
            (
                select {{ columns | join(', ') }} from {{ mart }}
                except all
                select {{ columns | join(', ') }} from {{ calculated }}
            )
        ) as comparison_{{ loop.index }}
        {%- if not loop.last %}

            union all

        {% endif %}
    {%- endfor %}

),

final as (

    select distinct
        part,
        date
    from differences

)

select * from final
