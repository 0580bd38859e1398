select
    subject,
    subject_key,
    reason
from {{ ref("support_faults") }}
