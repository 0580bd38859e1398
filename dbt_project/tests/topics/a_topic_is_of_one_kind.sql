select
    topic,
    count(distinct kind) as kinds
from {{ ref("support_topics") }}
group by topic
having count(distinct kind) > 1
