-- The people a helpdesk knows, agents included. Someone who was an agent once and is none any more
-- still has tickets assigned, and answered as an agent.
with assignees as (
    select distinct assignee_id
    from {{ ref("stg_zendesk__tickets") }}
    where assignee_id is not null
)

select
    ---------- ids
    'zendesk|' || users.user_id as requester_key,
    'zendesk' as provider,
    users.user_id,
    users.external_id,
    users.organization_id,
    -- Zendesk does not say into whom a user was merged; the tickets have the survivor.
    cast(null as text) as merged_into,

    ---------- strings
    users.name,
    users.email,
    users.role,

    ---------- booleans
    users.is_active,
    coalesce(users.role, '') in ('agent', 'admin') or assignees.assignee_id is not null as is_agent,

    ---------- timestamps
    users.created_at
from {{ ref("stg_zendesk__users") }} as users
left join assignees
    on users.user_id = assignees.assignee_id
