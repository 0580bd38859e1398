-- What each ticket is about: the first rule, by precedence, that fits its type, tags, subject or
-- custom fields. Tickets share few wordings, so each is compared once, and word by word: no ticket
-- meets every rule.
with rules as (
    select
        topic,
        kind,
        matches_on,
        pattern,
        {{ plain_text("pattern") }} as plain_pattern,
        row_number() over (order by precedence, topic, matches_on, pattern) as rule_number
    from {{ ref("support_topics") }}
),

word_rules as (
    select
        rule_number,
        plain_pattern,
        {{ text_before("plain_pattern", " ") }} as first_word
    from rules
    where matches_on = 'word' and plain_pattern <> ''
),

wordings as (
    select subject as wording from {{ ref("int_tickets") }}
    where subject is not null
    union
    select tags as wording from {{ ref("int_tickets") }}
    where tags is not null
),

plain_wordings as (
    select
        wording,
        {{ plain_text("wording") }} as plain_wording
    from wordings
),

words as (
    select
        wording,
        plain_wording,
        {{ each_part("plain_wording", " ") }} as word
    from plain_wordings
),

word_matches as (
    select
        words.wording,
        min(word_rules.rule_number) as rule_number
    from words
    inner join word_rules
        on words.word = word_rules.first_word
    where
        position(
            ' ' || word_rules.plain_pattern || ' ' in ' ' || words.plain_wording || ' '
        ) > 0
    group by words.wording
),

tag_lists as (
    select distinct tags from {{ ref("int_tickets") }}
    where tags is not null
),

tags as (
    select
        tags,
        {{ each_part("tags", ";") }} as tag
    from tag_lists
),

tag_matches as (
    select
        tags.tags,
        min(rules.rule_number) as rule_number
    from tags
    inner join rules
        on {{ plain_text("tags.tag") }} = rules.plain_pattern
    where rules.matches_on = 'tag'
    group by tags.tags
),

ticket_types as (
    select distinct ticket_type from {{ ref("int_tickets") }}
    where ticket_type is not null
),

type_matches as (
    select
        ticket_types.ticket_type,
        min(rules.rule_number) as rule_number
    from ticket_types
    inner join rules
        on {{ plain_text("ticket_types.ticket_type") }} = rules.plain_pattern
    where rules.matches_on = 'type'
    group by ticket_types.ticket_type
),

field_values as (
    select
        ticket_key,
        {{ plain_text("title || ' ' || field_value") }} as plain_value
    from {{ ref("int_ticket_field_values") }}
),

field_matches as (
    select
        field_values.ticket_key,
        min(rules.rule_number) as rule_number
    from field_values
    inner join rules
        on field_values.plain_value = rules.plain_pattern
    where rules.matches_on = 'field'
    group by field_values.ticket_key
),

sorted as (
    select
        tickets.ticket_key,
        least(
            subject_words.rule_number,
            tag_words.rule_number,
            tag_matches.rule_number,
            type_matches.rule_number,
            field_matches.rule_number
        ) as rule_number
    from {{ ref("int_tickets") }} as tickets
    left join word_matches as subject_words
        on tickets.subject = subject_words.wording
    left join word_matches as tag_words
        on tickets.tags = tag_words.wording
    left join tag_matches
        on tickets.tags = tag_matches.tags
    left join type_matches
        on tickets.ticket_type = type_matches.ticket_type
    left join field_matches
        on tickets.ticket_key = field_matches.ticket_key
)

select
    sorted.ticket_key,
    rules.topic,
    rules.kind as topic_kind,
    rules.matches_on,
    rules.pattern
from sorted
left join rules
    on sorted.rule_number = rules.rule_number
