with source as (
    {{ current_file_rows("customers") }}
)

select
    ---------- ids
    customer_id,
    external_id,

    ---------- strings
    name,
    lower(trim(email)) as email,
    company,
    upper(country) as country,
    segment,
    acquisition_channel,

    ---------- timestamps
    {{ to_utc("created_at") }} as created_at
from source
