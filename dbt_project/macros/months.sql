{#-
  The first day of a date's month. Through a timestamp without a time zone, so that it is the same in every session and
  PostgreSQL can index it.
-#}
{% macro month_of(column) -%} date_trunc('month', {{ column }}::timestamp)::date {%- endmacro %}

{#- Indexes of a daily mart: by day, and by the month that the monthly marts sum it up to. -#}
{% macro daily_indexes() -%}
    {{ return([{'columns': ['date']}, {'columns': ['(' ~ month_of('date') ~ ')']}]) }}
{%- endmacro %}
