{#-
  The commission formula and the sharing of its result (docs/domain.md, parts 1 and 2). All of it is exact:
  terms are whole numerators over one denominator, division comes last, and `div` and `mod` lose nothing.
-#}

{#-
  Columns of the terms in force on the day of a row of `facts`, a relation with marketing_source and date:
  the source's own, else the default's, else raw_earnings alone.
-#}
{% macro join_terms(facts) -%}
    left join {{ ref('deals') }} as own
        on
            {{ facts }}.marketing_source = own.marketing_source
            and not own.is_default
            and {{ facts }}.date >= own.in_force_from
            and {{ facts }}.date < own.in_force_until
    left join {{ ref('deals') }} as standard
        on
            standard.is_default
            and {{ facts }}.date >= standard.in_force_from
            and {{ facts }}.date < standard.in_force_until
{%- endmacro %}

{#- One coefficient of the terms that join_terms found. -#}
{% macro term(name, without_terms) -%}
    coalesce(own.{{ name }}, standard.{{ name }}, {{ without_terms }})
{%- endmacro %}

{#- The terms that join_terms found, as one text that is equal for equal terms. -#}
{% macro terms_in_force() -%}
    coalesce(own.terms, standard.terms, '1 0 0 0 0 1')
{%- endmacro %}

{#-
  max(0, round(formula, 2)), half away from zero. Of a positive amount n / d that is
  floor((200 n + d) / 2 d) cents, without ever writing down a quotient that has no end.
-#}
{% macro commission(raw_earnings, clicks, visits, signups) -%}
    {%- set amount -%}
        (
            {{ term('per_raw_earnings', 1) }} * {{ raw_earnings }}
            + {{ term('per_click', 0) }} * {{ clicks }}
            + {{ term('per_visit', 0) }} * {{ visits }}
            + {{ term('per_signup', 0) }} * {{ signups }}
            + {{ term('fixed', 0) }}
        )
    {%- endset -%}
    {%- set denominator = term('denominator', 1) -%}
    greatest(0, div(200 * {{ amount }} + {{ denominator }}, 2 * {{ denominator }}) * 0.01)
{%- endmacro %}

{#-
  Share each (date, marketing_source) commission of `commissions` among the operators of `earnings`
  (date, marketing_source, operator, weight) in whole cents by the largest-remainder method, evenly where
  no weight is positive; ties go to the operator first by code point.
-#}
{% macro allocate(commissions, earnings) -%}
weights as (
    select
        earnings.date,
        earnings.marketing_source,
        earnings.operator,
        commissions.total_commission * 100 as cents,
        case
            when sum(earnings.weight) over source_day > 0 then earnings.weight
            else 1
        end as weight
    from {{ earnings }} as earnings
    inner join {{ commissions }} as commissions
        on
            earnings.date = commissions.date
            and earnings.marketing_source = commissions.marketing_source
    window source_day as (partition by earnings.date, earnings.marketing_source)
),

quotas as (
    select
        date,
        marketing_source,
        operator,
        cents,
        div(cents * weight, sum(weight) over source_day) as whole_cents,
        mod(cents * weight, sum(weight) over source_day) as remainder
    from weights
    window source_day as (partition by date, marketing_source)
),

ranked as (
    select
        date,
        marketing_source,
        operator,
        whole_cents,
        cents - sum(whole_cents) over source_day as cents_left,
        row_number() over (
            partition by date, marketing_source
            order by remainder desc, operator collate "C" asc
        ) as place
    from quotas
    window source_day as (partition by date, marketing_source)
),

allocated as (
    select
        date,
        marketing_source,
        operator,
        ((whole_cents + case when place <= cents_left then 1 else 0 end) * 0.01)::numeric(24, 2) as commission
    from ranked
)
{%- endmacro %}
