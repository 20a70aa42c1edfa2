{{ config(materialized='view', tags=['reports']) }}

with deals as (

    select * from {{ ref('deals') }}

),

final as (

    select
        marketing_source,
        nullif(in_force_from, date '-infinity') as in_force_from,
        nullif(in_force_until, date 'infinity') as in_force_until,
        deal,
        formula
    from deals
    where label_contradicts

)

select * from final
