select
    cast(null as text) as organization_key,
    cast(null as text) as name,
    cast(null as text) as external_id
where false
