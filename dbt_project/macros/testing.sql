{#-
  Tests of a run look at the window it wrote; without a window, at all of history. A test says so by its
  `where`: `__window__` for the days of the run, `__scraper_window__` for the scraper days around them,
  `__file_days__` for the files of those days, `__periods__` for the scraper days and the months they lie in.
-#}

{% macro days_of(window) -%}
    {%- if window == '__window__' -%} {{ in_window() }}
    {%- elif window == '__scraper_window__' -%} {{ in_scraper_window() }}
    {%- elif window == '__file_days__' -%} {{ in_window('_day') }}
    {%- elif window == '__periods__' -%} {{ in_scraper_periods('period') }}
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

{#-
  Unit tests cast their rows to the types of columns, and of an array dbt knows only that it is one. Those that tests
  give or expect are of text.
-#}
{% macro postgres__safe_cast(field, type) -%}
    cast({{ field }} as {{ 'text[]' if type == 'ARRAY' else type }})
{%- endmacro %}

{#-
  Whether PostgreSQL has these columns as the primary key of what the test is attached to, as a condition. Here, where no
  argument has that name, `model` is the test.
-#}
{% macro is_primary_key(columns) -%}
    {%- if model.refs -%} {%- set tested = ref(model.refs[0].name).render() -%}
    {%- elif model.sources -%} {%- set tested = source(*model.sources[0]).render() -%}
    {#- While the project is parsed, dbt does not know yet. -#}
    {%- else -%} {%- set tested = none -%}
    {%- endif -%}
    exists (
        select from pg_constraint
        where
            conrelid = '{{ tested }}'::regclass
            and contype = 'p'
            and (
                select array_agg(attname::text order by attname::text collate "C")
                from pg_attribute
                where attrelid = conrelid and attnum = any(conkey)
            ) = array['{{ columns | sort | join("', '") }}']
    )
{%- endmacro %}
