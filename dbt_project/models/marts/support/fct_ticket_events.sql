select
    tickets.ticket_key || '|' || cast(events.event_order as text) as event_key,
    tickets.ticket_key,
    events.provider,
    events.kind as event_type,
    events.actor_kind,
    events.provider || '|' || events.actor_id as actor_key,
    events.previous_value,
    events.new_value,
    events.occurred_at
from {{ ref("int_ticket_events") }} as events
inner join {{ ref("int_ticket_keys") }} as tickets
    on events.ticket_number = tickets.ticket_number
