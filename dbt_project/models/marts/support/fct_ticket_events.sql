select
    event_key,
    ticket_key,
    provider,
    kind as event_type,
    actor_kind,
    actor_key,
    previous_value,
    new_value,
    occurred_at
from {{ ref("int_ticket_events") }}
