{# First and last code point, in hex, of every run of signs that show nothing: white space, control
   signs and what Unicode calls default ignorable. `INVISIBLE` of `pipelines/texts.py` lists them,
   too, and a test holds both equal. #}
{% macro invisible_signs() -%}
    0000-0020 007F-00A0 00AD 034F 061C 115F-1160 1680 17B4-17B5 180B-180F 2000-200F 2028-202F
    205F-206F 3000 3164 FE00-FE0F FEFF FFA0 FFF0-FFFB 1BCA0-1BCA3 1D173-1D17A E0000-E0FFF
{%- endmacro %}


{# Those signs as one class of a regular expression. #}
{% macro invisible_class() -%}
    [
    {%- for run in invisible_signs().split() -%}
        {%- for code in run.split('-') -%}
            {{ '-' if not loop.first }}{{ code_point(code) }}
        {%- endfor -%}
    {%- endfor -%}
    ]
{%- endmacro %}


{# True of printable ASCII alone: it is composed, shows all but spaces, and most texts are nothing
   else, so they need not go the long way. DuckDB's `~` is about the whole text. #}
{% macro is_plain(text) -%}
    {{ text }} ~ '^[ -~]*$'
{%- endmacro %}


{# The text composed (NFC), without signs that show nothing at either end; null when nothing is
   left. #}
{% macro tidy_text(column) -%}
    {%- set ends = "'^" ~ invisible_class() ~ "+|" ~ invisible_class() ~ "+$'" -%}
    nullif(
        case
            when {{ is_plain(column) }} then trim({{ column }})
            else {{ composed("regexp_replace(" ~ column ~ ", " ~ ends ~ ", '', 'g')") }}
        end,
        ''
    )
{%- endmacro %}


{# The text composed (NFC) and in lower case, the same under every locale: some make two signs of
   the dotted capital I, and another small sigma at the end of a word. #}
{% macro lower_text(text) -%}
    {{ composed("lower(translate(" ~ composed(text) ~ ", 'İΣς', 'iσσ'))") }}
{%- endmacro %}


{# The text in upper case, the same under every locale: some know a capital sharp s, some do not. #}
{% macro upper_text(text) -%}
    upper(replace(replace({{ text }}, 'ß', 'ss'), 'ẞ', 'ss'))
{%- endmacro %}


{# The e-mail without signs that show nothing, composed and in lower case; null unless an @ stands
   between two signs. `normalised_email` of `pipelines/texts.py` is the same rule. #}
{% macro normalised_email(column) -%}
    {%- set shown = "regexp_replace(" ~ column ~ ", '" ~ invisible_class() ~ "', '', 'g')" -%}
    nullif(
        regexp_replace(
            case
                when {{ is_plain(column) }} then lower(replace({{ column }}, ' ', ''))
                else {{ lower_text(shown) }}
            end,
            '^.?[^@]*.?$',
            ''
        ),
        ''
    )
{%- endmacro %}


{# True when a text matches a pattern, whatever the case: `*` stands for any signs or none, every
   other sign for itself. #}
{% macro matches_pattern(text, pattern) -%}
    {{ lower_text(text) }} like replace(
        replace(replace(replace({{ lower_text(pattern) }}, '!', '!!'), '%', '!%'), '_', '!_'),
        '*',
        '%'
    ) escape '!'
{%- endmacro %}
