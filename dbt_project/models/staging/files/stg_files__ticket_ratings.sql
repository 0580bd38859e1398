with source as (
    {{ current_file_rows("ticket_ratings") }}
)

select
    ---------- ids
    record_id as ticket_rating_id,
    ticket_id,

    ---------- strings
    score,

    ---------- numerics
    row_number,

    ---------- timestamps
    {{ to_utc("rated_at") }} as rated_at
from source
