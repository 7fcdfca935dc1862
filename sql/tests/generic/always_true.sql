{# Rows for which the expression is not true; unknown counts as not true. #}
{% test always_true(model, expression) %}
    select *
    from {{ model }}
    where ({{ expression }}) is not true
{% endtest %}
