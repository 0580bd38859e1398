select
    {{ to_utc("windows.window_from") }} as read_from,
    {{ to_utc("windows.window_to") }} as read_to
from {{ source("raw_stripe", "windows") }} as windows
inner join {{ source("raw_stripe", "_dlt_loads") }} as loads
    on windows._dlt_load_id = loads.load_id
where
    loads.status = 0
    and windows.kind = 'events'
    and windows.window_from < windows.window_to
