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

{#- Replace the rows of the window that the model's `window` config names (none: all rows) by the new ones. -#}
{% macro get_incremental_replace_sql(arg_dict) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }}
    where
        {%- if config.get('window') == 'days' %} {{ in_window() }}
        {%- elif config.get('window') == 'scraper_days' %} {{ in_scraper_window() }}
        {%- else %} true
        {%- endif %};
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
    {%- if is_long_window() %};
    -- What is made of so many new rows next is planned by their statistics: without any, a test of a year's increases
    -- took 149 s instead of 7. Autovacuum comes a minute later.
    analyze {{ arg_dict['target_relation'] }}
    {%- endif %}
{%- endmacro %}

{#-
  A view, made or replaced in place. One whose columns no longer fit is dropped with what reads it: the
  models that read it come later in the same build.
-#}
{% macro replace_view(view, sql) -%}
    {%- set checksum = local_md5(sql) -%}
    {%- set found = run_query(
        "select obj_description(to_regclass('" ~ view ~ "'), 'pg_class') as made_from"
    ).rows[0][0] -%}
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
    {%- if config.get('contract').enforced -%}{{ get_assert_columns_equivalent(sql) }}{%- endif -%}
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
    {{ get_assert_columns_equivalent(sql) }}
    {%- if load_cached_relation(this) is none -%}
        {%- call statement('create') -%}
            create table {{ target_relation }} {{ get_table_columns_and_constraints() }}
        {%- endcall -%}
        {%- do create_indexes(target_relation) -%}
    {%- endif -%}
    {%- do apply_grants(target_relation, config.get('grants')) -%}
    {{ replace_view(candidate, sql) }}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}
