select
    cast(null as text) as requester_key,
    cast(null as text) as provider,
    cast(null as text) as user_id,
    cast(null as text) as email,
    cast(null as text) as external_id,
    cast(null as text) as organization_id,
    cast(null as text) as role,
    true as is_active,
    cast(null as text) as merged_into
where false
