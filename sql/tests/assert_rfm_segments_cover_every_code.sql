-- Each of the 125 codes of three scores from 1 to 5 has exactly one segment.
select
    count(*) as row_count,
    count(distinct rfm_code) as code_count
from {{ ref('rfm_segments') }}
having
    count(*) <> 125
    or count(distinct rfm_code) filter (where rfm_code ~ '^[1-5]{3}$') <> 125
