{#- The operators' shares of every source's day are its commission, to the cent, and none is without the other. -#}
{% test shares_add_up(model, commissions, window) %}

with shares as (

    select
        date,
        marketing_source,
        sum(commission) as shared
    from {{ model }}
    where {{ days_of(window) }}
    group by date, marketing_source

),

commissions as (

    select
        date,
        marketing_source,
        total_commission
    from {{ commissions }}
    where {{ days_of(window) }}

)

select
    date,
    marketing_source,
    commissions.total_commission,
    shares.shared
from commissions
full outer join shares using (date, marketing_source)
where commissions.total_commission is distinct from shares.shared

{% endtest %}
