{#-
  The columns together are a key: all are given in every row, and no two rows have the same values in all of them. Where
  PostgreSQL sees to that itself, by a primary key of just these columns, no row is looked at.
-#}
{% test is_key(model, columns) %}

select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
where not {{ is_primary_key(columns) }}
group by {{ columns | join(', ') }}
having count(*) > 1 or num_nulls({{ columns | join(', ') }}) > 0

{% endtest %}
