{#-
  Rows read are rows loaded and rows quarantined, counted in the tables: of each version in force there are as many as
  the file ledger says, and there are none of any other version.
-#}
{% test rows_add_up(model, source, is_event) %}

{%- set file_days = in_window('day') if is_event else 'true' %}
{%- set row_days = in_window('_day') if is_event else 'true' %}

with versions as (

    select
        load_id,
        file,
        rows_read,
        rows_loaded,
        rows_quarantined
    from bronze.files
    where source = '{{ source }}' and status = 'loaded' and superseded_at is null and {{ file_days }}

),

loaded as (

    select
        _load_id as load_id,
        count(*) as row_count
    from {{ model }}
    where {{ row_days }}
    group by _load_id

),

quarantined as (

    select
        load_id,
        count(*) as row_count
    from bronze.quarantine
    where source = '{{ source }}' and resolved_at is null and {{ file_days }}
    group by load_id

)

select
    load_id,
    versions.file,
    versions.rows_read,
    coalesce(loaded.row_count, 0) as loaded,
    coalesce(quarantined.row_count, 0) as quarantined
from versions
full outer join loaded using (load_id)
full outer join quarantined using (load_id)
where
    versions.rows_loaded is distinct from coalesce(loaded.row_count, 0)
    or versions.rows_quarantined is distinct from coalesce(quarantined.row_count, 0)
    or versions.rows_read <> coalesce(loaded.row_count, 0) + coalesce(quarantined.row_count, 0)

{% endtest %}
