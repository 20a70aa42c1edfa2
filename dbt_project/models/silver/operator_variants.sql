{{ config(materialized='view') }}

with central_mapping as (

    select * from {{ source('bronze', 'central_mapping') }}

),

-- A name that the mapping lists as a variant means what the mapping says, before anything else.
names as (

    select
        variants_key as name_key,
        standard_operator as operator,
        country,
        1 as preference,
        _line
    from central_mapping

    union all

    select
        std_operator_key as name_key,
        standard_operator as operator,
        country,
        2 as preference,
        _line
    from central_mapping

    union all

    select
        standard_operator_key as name_key,
        standard_operator as operator,
        country,
        2 as preference,
        _line
    from central_mapping

),

-- One row per name, so that a join on names never multiplies rows.
final as (

    select distinct on (name_key)
        name_key,
        operator,
        country,
        preference = 1 as is_variant
    from names
    order by name_key, preference, country collate "C" nulls last, _line

)

select * from final
