{#-
  Who may read a model. The project says `reader`; the role is that of GROWTHLEADS_READER_DATABASE_URL, looked up when
  the model is built, so that one parsed project serves every database. Without such a role nothing is granted and
  nothing revoked.
-#}
{% macro postgres__apply_grants(relation, grant_config, should_revoke=True) -%}
    {%- set reader = env_var('GROWTHLEADS_READER_ROLE', '') -%}
    {%- if grant_config and reader -%}
        {%- do dbt.default__apply_grants(relation, {'select': [reader]}, should_revoke) -%}
    {%- endif -%}
{%- endmacro %}

{#- dbt's own quotes no name. -#}
{% macro postgres__get_grant_sql(relation, privilege, grantees) -%}
    grant {{ privilege }} on {{ relation }} to
    {%- for grantee in grantees %} {{ adapter.quote(grantee) }}{{ ',' if not loop.last }}{% endfor %}
{%- endmacro %}
