{# The ways in which KPIs are cut. `of` says what the attribute belongs to: with an item, a customer's
   MRR may move from one segment to another; with a customer, it is the one known at the close. The
   kind `all` has one segment, the whole company. #}
{% macro segment_kinds() -%}
    {{ return([
        {"kind": "all", "value": "'all'", "of": "customer"},
        {"kind": "country", "value": "customers.country", "of": "customer"},
        {"kind": "channel", "value": "customers.acquisition_channel", "of": "customer"},
        {"kind": "segment", "value": "customers.segment", "of": "customer"},
        {"kind": "plan", "value": "facts.plan_id", "of": "item"},
        {"kind": "interval", "value": "facts.billing_interval", "of": "item"},
        {"kind": "native_currency", "value": "facts.currency", "of": "item"},
        {"kind": "biller", "value": "facts.provider", "of": "item"},
    ]) }}
{%- endmacro %}
