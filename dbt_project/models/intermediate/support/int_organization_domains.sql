select
    cast(null as text) as organization_key,
    cast(null as text) as domain
where false
