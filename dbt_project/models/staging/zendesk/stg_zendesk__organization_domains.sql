with source as (
    {{ current_zendesk_rows("organizations") }}
),

domains as (
    select
        id,
        {{ json_entries("payload", "domain_names") }} as domain_text
    from source
    where not is_deleted
)

select distinct
    ---------- ids
    id as organization_id,

    ---------- strings
    lower(trim(replace(domain_text, '"', ''))) as domain
from domains
