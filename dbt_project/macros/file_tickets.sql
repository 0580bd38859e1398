{# The tickets of the files; one that is open again has a last solution no more. #}
{% macro file_tickets() -%}
    select
        ticket_id,
        customer_id,
        requester_email,
        organization,
        status,
        priority,
        channel,
        ticket_type,
        subject,
        tags,
        replies,
        reopens,
        created_at,
        first_replied_at,
        first_solved_at,
        case when coalesce(status, '') not in ('new', 'open', 'pending', 'hold') then solved_at end
            as solved_at
    from {{ ref("stg_files__tickets") }}
{%- endmacro %}
