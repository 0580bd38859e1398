{# The KPI columns of int_segment_months in the order of the marts. #}
{% macro kpi_columns() -%}
    {{ return([
        "currency", "opening_mrr", "new_mrr", "expansion_mrr", "contraction_mrr", "churned_mrr",
        "reactivation_mrr", "fx_mrr", "restated_mrr", "closing_mrr", "closing_mrr_constant",
        "committed_mrr", "past_due_mrr", "pipeline_mrr", "net_new_mrr", "voluntary_churned_mrr",
        "involuntary_churned_mrr", "arr", "opening_customers", "new_customers",
        "reactivated_customers", "resumed_customers", "paused_customers", "churned_customers",
        "churned_of_opening", "churned_while_paused_customers", "closing_customers", "arpu", "asp",
        "customer_churn_rate", "gross_mrr_churn_rate", "net_mrr_churn_rate", "nrr", "grr",
        "nrr_ttm", "grr_ttm", "quick_ratio", "cltv_formula", "collected_amount",
        "refunded_amount", "is_closed", "policy", "policy_version",
    ]) }}
{%- endmacro %}
