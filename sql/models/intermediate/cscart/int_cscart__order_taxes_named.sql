with

order_taxes as (
    select * from {{ ref('stg_cscart__order_taxes') }}
    where not is_deleted
),

items as (
    select * from {{ ref('int_cscart__order_items') }}
    where is_own_line
),

members as (
    select
        order_taxes.store,
        order_taxes.order_id,
        order_taxes.tax_position,
        applied.key as member,
        cast(applied.value as text) as member_value
    from order_taxes
    cross join {{ json_members('order_taxes.applied_amounts') }} as applied
),

kinds as (
    select
        members.store,
        members.order_id,
        members.tax_position,
        cast(kind.value as text) as named_lines
    from members
    cross join {{ json_members('members.member_value') }} as kind
    where members.member = 'items' and kind.key = 'P'
),

final as (
    select
        kinds.store,
        kinds.order_id,
        kinds.tax_position,
        items.order_line_id,
        greatest(items.stated_amount, 0) as weight
    from kinds
    cross join {{ json_members('kinds.named_lines') }} as member
    inner join items
        on
            kinds.store = items.store
            and kinds.order_id = items.order_id
            and member.key = cast(items.order_line_id as text)
    where lower(trim(cast(member.value as text), '"')) not in ('false', '0', 'n', '', 'null')
)

select * from final
