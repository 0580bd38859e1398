select '{{ var("policy") }}' as unknown_policy
where not exists (select 1 from {{ ref("int_policy") }})
