{# The relation without its database, so that a view still works in a copy of the file under another name. #}
{% macro ref() %}
    {% do return(builtins.ref(*varargs, **kwargs).include(database=false)) %}
{% endmacro %}
