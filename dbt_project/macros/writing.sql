{#-
  How models are written: in place, a window at a time, one writer at a time. dbt's own ways were found
  wanting: delete+insert deletes only keys that the new rows have, so an emptied day would stay; a table or
  view is dropped and made again, and with it every view that reads it.
-#}

{% macro advisory_lock(relation, shared=false) -%}
    pg_advisory_xact_lock{{ '_shared' if shared }}(hashtextextended('{{ relation.schema }}.{{ relation.identifier }}', 0))
{%- endmacro %}

{#- Make the writers of a model wait for one another, from before their first read until they commit. -#}
{% macro serialize_writers() -%}
    select {{ advisory_lock(this) }}
{%- endmacro %}

{#- Keep a relation from being rewritten until the transaction ends. -#}
{% macro hold_still(relation) -%}
    select {{ advisory_lock(relation, shared=true) }}
{%- endmacro %}

{#-
  Whether this build is of a window of days, which finds every table and view as the project has them:
  `Transformation.prepare` comes before it, which builds all models for a day before all others (its NO_DAYS), or for all
  of history, whenever the project changed. What follows from the project alone, columns and types, is seen to then.
-#}
{% macro is_of_some_days() -%}
    {{ return(window_start() is not none and window_start().year > 1900) }}
{%- endmacro %}

{#-
  Have the table of a model, empty where it was not there, as its contract says. Where tables were prepared before, one
  that is filled here is not made for a window: it would be without all other days.
-#}
{% macro have_table(relation) -%}
    {%- if load_cached_relation(relation) is none -%}
        {%- if window_start() is not none and model.config.materialized == 'incremental' and were_prepared() -%}
            {{ exceptions.raise_compiler_error(
                relation ~ " is not there: it was dropped since this run looked. The next run makes it again, and fills "
                ~ "it for all days."
            ) }}
        {%- endif -%}
        {%- call statement('create') -%}
            create table {{ relation }} {{ get_table_columns_and_constraints() }}
        {%- endcall -%}
        {%- do create_indexes(relation) -%}
    {%- endif -%}
    {%- do apply_grants(relation, config.get('grants')) -%}
{%- endmacro %}

{#- Whether the tables were prepared before, for whatever state of the project (warehouse/fitting.py). -#}
{% macro were_prepared() -%}
    {{ return(run_query("select exists (select from bronze.prepared_models)").rows[0][0]) }}
{%- endmacro %}

{#-
  The indexes and keys of a table as statements that take them away and make them again as they were, but for those that
  something else needs, such as somebody's view that groups by the key.

  A table that is filled from nothing is filled without them: made once all rows are there, they take a fraction of what
  they take row by row. Nobody waits for a table that has no rows yet.
-#}
{% macro indexes_of(relation) -%}
    {{ return(run_query(
        "
        select
            case
                when keys.oid is null then format('drop index %s', pg_index.indexrelid::regclass)
                else format('alter table %s drop constraint %I', keys.conrelid::regclass, keys.conname)
            end as taken_away,
            case
                when keys.oid is null then pg_get_indexdef(pg_index.indexrelid)
                else format(
                    'alter table %s add constraint %I %s',
                    keys.conrelid::regclass,
                    keys.conname,
                    pg_get_constraintdef(keys.oid)
                )
            end as made_again
        from pg_index
        left join pg_constraint as keys
            on pg_index.indexrelid = keys.conindid and keys.contype in ('p', 'u', 'x')
        where
            pg_index.indrelid = '" ~ relation ~ "'::regclass
            and not exists (
                select from pg_depend
                where pg_depend.refobjid in (pg_index.indexrelid, keys.oid) and pg_depend.deptype = 'n'
            )
        "
    ).rows) }}
{%- endmacro %}

{% macro is_empty_table(relation) -%}
    {{ return(run_query("select not exists (select from " ~ relation ~ ")").rows[0][0]) }}
{%- endmacro %}

{#-
  A table, of which a build replaces the rows of the window that the model's `window` config names (none: all rows). They
  go into it straight from the query. dbt's own way, by a temporary table whose columns it looks up and compares, takes
  twice the statements for a day and writes each row twice.
-#}
{% materialization incremental, adapter='postgres' -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set columns = get_quoted_csv(model['columns'].values() | map(attribute='name') | list) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if not is_of_some_days() -%}{{ get_assert_columns_equivalent(sql) }}{%- endif -%}
    {{ have_table(target_relation) }}
    {%- set indexes = indexes_of(target_relation) if is_long_window() and is_empty_table(target_relation) else [] -%}
    {%- call statement('main') -%}
        {%- for index in indexes %}
        {{ index['taken_away'] }};
        {%- endfor %}
        delete from {{ target_relation }}
        where
            {%- if config.get('window') == 'days' %} {{ in_window() }}
            {%- elif config.get('window') == 'scraper_days' %} {{ in_scraper_window() }}
            {%- else %} true
            {%- endif %};
        insert into {{ target_relation }} ({{ columns }})
        select {{ columns }}
        from (
            {{ sql }}
        ) as fresh
        {%- for index in indexes %};
        {{ index['made_again'] }}
        {%- endfor %}
        {%- if is_long_window() %};
        -- What is made of so many new rows next is planned by their statistics, and autovacuum comes a minute later.
        analyze {{ target_relation }}
        {%- endif %}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}

{#-
  A view, made or replaced in place. One whose columns no longer fit is dropped with what reads it: the
  models that read it come later in the same build.
-#}
{% macro replace_view(view, sql) -%}
    {%- set checksum = local_md5(sql) -%}
    {%- set found = run_query(
        "select obj_description(to_regclass('" ~ view ~ "'), 'pg_class') as made_from"
    ).rows[0][0] -%}
    {{ get_assert_columns_equivalent(sql) }}
    {%- if found == checksum -%}
        {%- call statement('main') -%} select 'unchanged' {%- endcall -%}
    {%- else -%}
        {%- set columns = get_column_schema_from_query(sql) | map(attribute='column') | list -%}
        {%- set existing = run_query(
            "select attname from pg_attribute where attrelid = to_regclass('" ~ view ~ "') and attnum > 0 order by attnum"
        ).columns[0].values() | list -%}
        {%- call statement('main') -%}
            {%- if existing and existing != columns[:existing | length] %}
            drop view {{ view }} cascade;
            {%- endif %}
            create or replace view {{ view }} as (
            {{ sql }}
            );
            comment on view {{ view }} is '{{ checksum }}';
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}

{% materialization view, adapter='postgres' -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {{ replace_view(target_relation, sql) }}
    {%- do apply_grants(target_relation, config.get('grants')) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}

{#-
  A mart that readers see. dbt makes its table and, beside it, the view `candidate.<mart>` of what the mart
  should say; it never touches the table's rows. The publisher replaces those, all marts in one transaction,
  once the checks have passed.
-#}
{% materialization published, adapter='postgres' -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set candidate = api.Relation.create(
        database=this.database, schema='candidate', identifier=this.identifier, type='view'
    ) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {{ have_table(target_relation) }}
    {{ replace_view(candidate, sql) }}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}
