{# The raw tables of objects, as control totals name them. #}
{% macro zendesk_tables() %}
    {{ return([
        "brands",
        "groups",
        "organizations",
        "satisfaction_ratings",
        "schedules",
        "sla_policies",
        "survey_responses",
        "ticket_events",
        "ticket_fields",
        "ticket_metric_events",
        "ticket_metrics",
        "tickets",
        "users",
    ]) }}
{% endmacro %}


{# The newest completely loaded version of every object of a raw table. Of tickets whose updated_at
   stands still the export's own timestamp tells which version is newer. #}
{% macro current_zendesk_rows(table) -%}
    select *
    from (
        select
            raw.*,
            row_number() over (
                partition by raw.id
                order by
                    raw.observed_at desc,
                    {% if table == "tickets" %}raw.generated_at desc,{% endif %}
                    raw._dlt_load_id desc
            ) as version_age
        from {{ source("raw_zendesk", table) }} as raw
        inner join {{ source("raw_zendesk", "_dlt_loads") }} as loads
            on raw._dlt_load_id = loads.load_id
        where loads.status = 0
    ) as versions
    where version_age = 1
{%- endmacro %}


{# Every version of a raw table's objects, the last seen of those with one updated_at: what changes
   without a new updated_at, as a schedule's holidays may, replaces what was seen before. A version
   holds until the next; the first holds from the beginning of time. #}
{% macro zendesk_versions(table) -%}
    select
        *,
        case
            when row_number() over (partition by id order by changed_at) = 1
                then timestamp '1900-01-01 00:00:00'
            else changed_at
        end as valid_from,
        coalesce(
            lead(changed_at) over (partition by id order by changed_at),
            timestamp '9999-12-31 00:00:00'
        ) as valid_to
    from (
        select
            raw.*,
            {{ to_utc("coalesce(raw.updated_at, raw.observed_at)") }} as changed_at,
            row_number() over (
                partition by raw.id, coalesce(raw.updated_at, raw.observed_at)
                order by raw.observed_at desc, raw._dlt_load_id desc
            ) as version_age
        from {{ source("raw_zendesk", table) }} as raw
        inner join {{ source("raw_zendesk", "_dlt_loads") }} as loads
            on raw._dlt_load_id = loads.load_id
        where loads.status = 0 and not raw.is_deleted
    ) as versions
    where version_age = 1
{%- endmacro %}
