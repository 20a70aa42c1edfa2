{#-
  The first day of a date's month. Through a timestamp without a time zone, so that it is the same in every session and
  PostgreSQL can index it.
-#}
{% macro month_of(column) -%} date_trunc('month', {{ column }}::timestamp)::date {%- endmacro %}

{#- An index of a daily mart by the month that the monthly marts sum it up to; by day there is the key, which begins so. -#}
{% macro index_of_months() -%}
    {{ return([{'columns': ['(' ~ month_of('date') ~ ')']}]) }}
{%- endmacro %}
