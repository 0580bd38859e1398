with tickets as (
    select count(*) as unsolved_tickets
    from {{ ref("fct_tickets") }} as tickets
    left join {{ ref("support_faults") }} as faults
        on
            tickets.ticket_key = faults.subject_key
            and faults.reason = 'its history lacks the beginning'
    where
        tickets.is_counted
        and tickets.solved_at is null
        and coalesce(tickets.status, '') not in ('solved', 'closed', 'deleted')
        and faults.subject_key is null
),

backlog as (
    select coalesce(sum(tickets), 0) as backlog_tickets
    from {{ ref("support_backlog_daily") }}
    where backlog_on = {{ last_day() }}
)

select
    tickets.unsolved_tickets,
    backlog.backlog_tickets
from tickets
cross join backlog
where tickets.unsolved_tickets <> backlog.backlog_tickets
