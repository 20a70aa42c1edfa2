{#-
  The distinct values of an indexed column, by jumping from one to the next in the index: the cost follows
  the number of values, not the length of history. Nulls and blanks are left out.
-#}
{% macro distinct_values(relation, column) -%}
    (
        with recursive found as (
            (select {{ column }} as value from {{ relation }} where {{ column }} > '' order by {{ column }} limit 1)
            union all
            select (
                select {{ column }} from {{ relation }}
                where {{ column }} > found.value
                order by {{ column }} limit 1
            )
            from found
            where found.value is not null
        )
        select value as {{ column }} from found
        where value is not null
    )
{%- endmacro %}
