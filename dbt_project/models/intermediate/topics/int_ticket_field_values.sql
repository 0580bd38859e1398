-- What tickets have in those custom fields that a rule of topics asks for.
with asked as (
    select distinct {{ plain_text(text_before("pattern", "=")) }} as plain_title
    from {{ ref("support_topics") }}
    where matches_on = 'field'
),

fields as (
    select ticket_fields.*
    from {{ ref("stg_zendesk__ticket_fields") }} as ticket_fields
    inner join asked
        on {{ plain_text("ticket_fields.title") }} = asked.plain_title
    where not ticket_fields.is_deleted
)

select distinct
    'zendesk|' || field_values.ticket_id as ticket_key,
    fields.title,
    field_values.field_value
from {{ ref("stg_zendesk__ticket_field_values") }} as field_values
inner join fields
    on field_values.ticket_field_id = fields.ticket_field_id
