"""The keys of Zendesk's objects, as its documentation names them; others are noted as drift."""

_DOCUMENTED: dict[str, str] = {
    "tickets": (
        "allow_attachments allow_channelback assignee_email assignee_id attribute_value_ids "
        "brand_id collaborator_ids collaborators comment created_at custom_fields "
        "custom_status_id description due_at email_cc_ids email_ccs encoded_id external_id fields "
        "follower_ids followers followup_ids forum_topic_id from_messaging_channel "
        "generated_timestamp group_id has_incidents id is_public macro_id macro_ids metadata "
        "metric_set metric_events organization_id priority problem_id raw_subject recipient "
        "requester requester_id safe_update satisfaction_probability satisfaction_rating "
        "sharing_agreement_ids slas status subject submitter_id support_type tags ticket_form_id "
        "type updated_at updated_stamp url via via_followup_source_id via_id voice_comment"
    ),
    "ticket_metrics": (
        "agent_wait_time_in_minutes assigned_at assignee_stations assignee_updated_at created_at "
        "custom_status_updated_at first_resolution_time_in_minutes "
        "full_resolution_time_in_minutes generated_timestamp group_stations id "
        "initially_assigned_at instance_id latest_comment_added_at metric "
        "on_hold_time_in_minutes reopens replies reply_time_in_minutes reply_time_in_seconds "
        "requester_updated_at requester_wait_time_in_minutes solved_at status "
        "status_updated_at ticket_id time type updated_at url"
    ),
    "users": (
        "active alias chat_only created_at custom_role_id default_group_id details email "
        "external_id iana_time_zone id last_active last_login_at locale locale_id moderator name "
        "notes only_private_comments organization_id permanently_deleted phone photo "
        "remote_photo_url report_csv restricted_agent role role_type shared shared_agent "
        "shared_phone_number signature suspended tags ticket_restriction time_zone "
        "two_factor_auth_enabled updated_at url user_fields verified verified_email"
    ),
    "organizations": (
        "children_count created_at deleted_at details domain_names external_id group_id id name "
        "notes organization_fields shared_comments shared_tickets tags "
        "ticket_restriction updated_at url"
    ),
    "ticket_events": (
        "child_events created_at event_type id instance_id merged_ticket_ids metadata metric "
        "status system ticket_id time timestamp type updater_id via via_reference_id"
    ),
    "ticket_metric_events": (
        "deleted group_sla id instance_id metric sla status ticket_id time type"
    ),
    "satisfaction_ratings": (
        "assignee_id comment created_at group_id id reason reason_code reason_id requester_id "
        "score ticket_id updated_at url"
    ),
    "survey_responses": (
        "answers expires_at id responder_id subject_zrns subjects survey survey_id survey_version"
    ),
    "groups": "created_at default deleted description id is_public name updated_at url",
    "brands": (
        "active brand_url created_at default has_help_center help_center_state host_mapping id "
        "is_deleted logo name signature_template subdomain ticket_form_ids updated_at url"
    ),
    "ticket_fields": (
        "active agent_can_edit agent_description collapsed_for_agents created_at creator_app_name "
        "creator_user_id custom_field_options custom_statuses description editable_in_portal id "
        "key position raw_description raw_title raw_title_in_portal regexp_for_validation "
        "relationship_filter relationship_target_type removable required required_in_portal "
        "sub_type_id system_field_options tag title title_in_portal type updated_at url "
        "visible_in_portal"
    ),
    "sla_policies": (
        "created_at description filter id metric_settings policy_metrics position title "
        "updated_at url"
    ),
    "schedules": "created_at holidays id intervals name time_zone updated_at",
}

KNOWN_KEYS = {table: frozenset(keys.split()) for table, keys in _DOCUMENTED.items()}
