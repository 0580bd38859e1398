-- The discount of each invoice line as a period has it. An amount off one item is the coupon's own;
-- one off a whole invoice is the share that the line bore. Several are counted as what they took.
select
    line_discounts.line_id,
    case when count(*) = 1 then max(discounts.percent_off) else 0 end as discount_percent,
    case
        when count(*) > 1 then sum(line_discounts.amount)
        when max(discounts.percent_off) > 0 then 0
        else max(coalesce(discounts.item_amount_off, line_discounts.amount))
    end as discount_amount,
    min(discounts.duration) as discount_duration
from {{ ref("stg_stripe__line_discounts") }} as line_discounts
inner join {{ ref("stg_stripe__invoice_discounts") }} as discounts
    on
        line_discounts.invoice_id = discounts.invoice_id
        and line_discounts.discount_id = discounts.discount_id
group by line_discounts.line_id
