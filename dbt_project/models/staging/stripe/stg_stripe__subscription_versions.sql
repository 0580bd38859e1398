-- Every version that a complete load saw; the current one is in stg_stripe__subscriptions.
select
    ---------- ids
    versions.id as subscription_id,
    versions._dlt_load_id as load_id,

    ---------- strings
    versions.status,

    ---------- booleans
    {{ json_text("versions.payload", "pause_collection.behavior") }} is not null
        as is_collection_paused,

    ---------- timestamps
    {{ json_instant("versions.payload", "canceled_at") }} as cancel_requested_at,
    {{ json_instant("versions.payload", "cancel_at") }} as cancel_scheduled_for,
    {{ to_utc("versions.observed_at") }} as observed_at
from {{ source("raw_stripe", "subscriptions") }} as versions
inner join {{ source("raw_stripe", "_dlt_loads") }} as loads
    on versions._dlt_load_id = loads.load_id
where loads.status = 0 and not versions.is_deleted
