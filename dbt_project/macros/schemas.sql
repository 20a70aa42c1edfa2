{#- A model's schema is the room it lives in (silver, gold), never a prefix of the connection's own. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
