{# The raw table without its database, for the same reason as ref. #}
{% macro source() %}
    {% do return(builtins.source(*varargs, **kwargs).include(database=false)) %}
{% endmacro %}
