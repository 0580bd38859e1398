select
    subject,
    subject_key,
    reason
from {{ ref("int_support_faults") }}
order by subject, subject_key, reason
