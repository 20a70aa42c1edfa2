{#-
  Tests of a run look at the window it wrote; without a window, at all of history. A test says so by its
  `where`: `__window__` for the days of the run, `__scraper_window__` for the scraper days around them,
  `__file_days__` for the files of those days.
-#}

{% macro days_of(window) -%}
    {%- if window == '__window__' -%} {{ in_window() }}
    {%- elif window == '__scraper_window__' -%} {{ in_scraper_window() }}
    {%- elif window == '__file_days__' -%} {{ in_window('_day') }}
    {%- else -%} {{ window }}
    {%- endif -%}
{%- endmacro %}

{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where') -%}
    {%- if where -%}
        (select * from {{ relation }} where {{ days_of(where) }}) as dbt_subquery
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}
