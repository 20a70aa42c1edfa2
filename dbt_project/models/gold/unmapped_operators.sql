{{ config(materialized='view', tags=['reports']) }}

with mapped as (

    select distinct operator from {{ ref('operator_variants') }}

),

traffic as (

    select
        1 as part,
        date,
        operator,
        raw_earnings as earnings
    from {{ ref('traffic_events') }}

),

increases as (

    select
        2 as part,
        date,
        operator,
        earnings
    from {{ ref('scraper_increases') }}

),

named as (

    select * from traffic

    union all

    select * from increases

),

final as (

    select
        named.part,
        named.date,
        named.operator,
        count(*) as row_count,
        sum(named.earnings) as earnings
    from named
    left join mapped
        on named.operator = mapped.operator
    where mapped.operator is null
    group by named.part, named.date, named.operator

)

select * from final
