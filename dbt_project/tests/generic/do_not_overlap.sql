{#- Of the periods of one key, from `first` until before `until`, each ends before the next begins. -#}
{% test do_not_overlap(model, key, first, until) %}

with periods as (

    select
        {{ key }},
        {{ first }},
        {{ until }},
        lead({{ first }}) over (partition by {{ key }} order by {{ first }}) as next_first
    from {{ model }}

)

select * from periods
where {{ until }} > next_first

{% endtest %}
