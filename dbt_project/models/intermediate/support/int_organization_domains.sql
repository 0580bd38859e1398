-- The e-mail domains of organizations.
select
    ---------- ids
    'zendesk|' || organization_id as organization_key,

    ---------- strings
    domain
from {{ ref("stg_zendesk__organization_domains") }}
