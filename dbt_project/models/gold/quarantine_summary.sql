{{ config(materialized='view') }}

with quarantine as (

    select * from {{ source('bronze', 'quarantine') }}
    where resolved_at is null

),

sources as (

    select * from {{ source('bronze', 'sources') }}

),

held_out as (

    select
        quarantine.source,
        quarantine.file,
        quarantine.day as date,
        quarantine.reason,
        quarantine.line,
        quarantine.quarantined_at,
        sources.earnings_column is not null as is_worth_money,
        bronze.readable_money(quarantine.fields, sources.earnings_column) as money
    from quarantine
    left join sources
        on quarantine.source = sources.source

),

final as (

    select
        source,
        file,
        date,
        reason,
        count(*) as rows,
        case when bool_or(is_worth_money) then coalesce(sum(money), 0) end as money_held_out,
        count(*) filter (where is_worth_money and money is null) as rows_without_readable_money,
        min(line) as first_line,
        min(quarantined_at) as quarantined_at
    from held_out
    group by source, file, date, reason

)

select * from final
