-- The people a helpdesk knows, agents included. Someone who was an agent once and is none any more
-- still has tickets assigned, and answered as an agent.
with assignees as (
    select distinct assignee_id
    from {{ ref("stg_zendesk__tickets") }}
    where assignee_id is not null
)

select
    ---------- ids
    'zendesk|' || people.user_id as requester_key,
    'zendesk' as provider,
    people.user_id,
    people.external_id,
    people.organization_id,
    -- Zendesk does not say into whom a user was merged; the tickets have the survivor.
    cast(null as text) as merged_into,

    ---------- strings
    people.name,
    people.email,
    people.role,

    ---------- booleans
    people.is_active,
    coalesce(people.role, '') in ('agent', 'admin') or assignees.assignee_id is not null
        as is_agent,

    ---------- timestamps
    people.created_at
from {{ ref("stg_zendesk__users") }} as people
left join assignees
    on people.user_id = assignees.assignee_id
