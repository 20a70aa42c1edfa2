{#-
  The window of a run: the days whose rows a model replaces. It comes from dbt's own
  --event-time-start and --event-time-end (the end is exclusive), because changing --vars would parse the
  whole project again. Without them the window is all of history.
-#}

{% macro window_start() -%}
    {%- set start = invocation_args_dict.get('event_time_start') -%}
    {%- if start -%}{{ return(modules.datetime.date.fromisoformat((start | string)[:10])) }}{%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{#- The last day of the window, inclusive. -#}
{% macro window_end() -%}
    {%- set end = invocation_args_dict.get('event_time_end') -%}
    {%- if end -%}
        {{ return(modules.datetime.date.fromisoformat((end | string)[:10]) - modules.datetime.timedelta(days=1)) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{#- Whether the window is so long that its rows can be most of a table's. -#}
{% macro is_long_window() -%}
    {{ return(window_start() is none or (window_end() - window_start()).days >= 31) }}
{%- endmacro %}

{#- Whether `column` lies in the window, in literal dates, so that PostgreSQL can use an index on it. -#}
{% macro in_window(column='date') -%}
    {%- if window_start() is none -%} true
    {%- else -%} {{ column }} between date '{{ window_start() }}' and date '{{ window_end() }}'
    {%- endif -%}
{%- endmacro %}

{#-
  The function silver.scraper_days(first, last): the days whose scraper figures the files of a window can
  change. A file of day D moves the increases of each key's next observation after D, however late, and the
  days estimated around D: `longest_spread` days to either side at most. A function, because the publisher
  asks for the same days. It reads as its owner, because a view that readers see calls it as whoever reads the view.
-#}
{% macro create_scraper_days() -%}
    create or replace function silver.scraper_days(first_day date, last_day date)
    returns setof date
    language sql
    stable
    security definer
    set search_path = pg_catalog, pg_temp
    begin atomic
        -- Counted, not stepped through as timestamps, which lose the last day where a clock skips midnight.
        select first_day - {{ var('longest_spread') }} + days.days_after
        from generate_series(0, last_day - first_day + 2 * {{ var('longest_spread') }}) as days (days_after)
        union
        select later.date
        from {{ this }} as scraper_keys
        cross join lateral (
            select min(observations.date) as date
            from {{ ref('scraper_observations') }} as observations
            where
                observations.marketing_source = scraper_keys.marketing_source
                and observations.operator = scraper_keys.operator
                and observations.country = scraper_keys.country
                and observations.date > last_day
        ) as later
        where
            later.date is not null
            -- The last day of all is at the end of an index: where it is near, as it is for the newest days, no key is
            -- looked at.
            and (select max(observations.date) from {{ ref('scraper_observations') }} as observations)
            > last_day + {{ var('longest_spread') }};
    end
{%- endmacro %}

{#-
  Whether `column` is one of the window's scraper days, or at most `reach` days after one of them. An array
  from a subquery can still use an index.
-#}
{% macro in_scraper_window(column='date', reach=0) -%}
    {%- if window_start() is none -%} true
    {%- else -%}
    {{ column }} = any(array(
        select affected.day + days_after
        from silver.scraper_days(date '{{ window_start() }}', date '{{ window_end() }}') as affected (day)
        cross join generate_series(0, {{ reach }}) as days_after
    ))
    {%- endif -%}
{%- endmacro %}

{#- Whether `column` is one of the window's scraper days, or the first day of a month that has one. -#}
{% macro in_scraper_periods(column) -%}
    {%- if window_start() is none -%} true
    {%- else -%}
    {{ column }} = any(array(
        select periods.period
        from silver.scraper_days(date '{{ window_start() }}', date '{{ window_end() }}') as affected (day)
        cross join lateral (
            values (affected.day), (date_trunc('month', affected.day::timestamp)::date)
        ) as periods (period)
    ))
    {%- endif -%}
{%- endmacro %}
