-- The rate of every currency in use on every day from its first fact: the last one published on or
-- before the day, at most seven days old. A day without a row is a missing rate.
with currency_facts as (
    select
        currency,
        started_on as fact_day
    from {{ ref("int_subscription_periods") }}
    union all
    select
        currency,
        occurred_on as fact_day
    from {{ ref("int_payments") }}
),

currencies as (
    select
        currency,
        min(fact_day) as first_day
    from currency_facts
    group by currency
),

validity as (
    select
        quoted.currency,
        quoted.rate,
        quoted.rate_date,
        currencies.first_day,
        least(
            {{ add_days("quoted.rate_date", 7) }},
            coalesce(
                {{ add_days(
                    "lead(quoted.rate_date) over (
                        partition by quoted.currency order by quoted.rate_date
                    )", -1
                ) }},
                {{ last_day() }}
            ),
            {{ last_day() }}
        ) as last_valid_on
    from {{ ref("int_exchange_rates_quoted") }} as quoted
    inner join currencies
        on quoted.currency = currencies.currency
    where quoted.currency <> '{{ var("currency") }}'
),

foreign_days as (
    select
        currency,
        {{ each_day("greatest(rate_date, first_day)", "last_valid_on") }} as rate_day,
        rate
    from validity
),

reporting_days as (
    select
        currency,
        {{ each_day("first_day", last_day()) }} as rate_day,
        {{ amount(1) }} as rate
    from currencies
    where currency = '{{ var("currency") }}'
)

select * from foreign_days
union all
select * from reporting_days
