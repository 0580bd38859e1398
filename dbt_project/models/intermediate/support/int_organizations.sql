-- The organizations a helpdesk knows.
select
    ---------- ids
    'zendesk|' || organization_id as organization_key,
    'zendesk' as provider,
    organization_id,
    external_id,

    ---------- strings
    name
from {{ ref("stg_zendesk__organizations") }}
where not is_deleted
