{#- The columns together are a key: all are given in every row, and no two rows have the same values in all of them. -#}
{% test is_key(model, columns) %}

select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1 or num_nulls({{ columns | join(', ') }}) > 0

{% endtest %}
