{{ config(materialized='view') }}

with deals as (

    select * from {{ source('bronze', 'deals') }}

),

-- Rows that agree on a source and its start date mean the same terms: they count once.
terms as (

    select distinct on (case when is_default then 'Default' else marketing_source end, valid_from)
        case when is_default then 'Default' else marketing_source end as marketing_source,
        is_default,
        deal,
        comments as formula,
        valid_from,
        per_raw_earnings,
        per_click,
        per_visit,
        per_signup,
        fixed,
        denominator,
        label_contradicts
    from deals
    order by case when is_default then 'Default' else marketing_source end, valid_from, _line

),

final as (

    select
        marketing_source,
        is_default,
        deal,
        formula,
        coalesce(valid_from, '-infinity') as in_force_from,
        coalesce(
            lead(valid_from) over (partition by marketing_source order by valid_from nulls first), 'infinity'
        ) as in_force_until,
        per_raw_earnings,
        per_click,
        per_visit,
        per_signup,
        fixed,
        denominator,
        concat_ws(' ', per_raw_earnings, per_click, per_visit, per_signup, fixed, denominator) as terms,
        label_contradicts
    from terms

)

select * from final
