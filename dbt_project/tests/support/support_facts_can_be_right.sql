select *
from {{ ref("support_faults") }}
