with

source as (
    select * from {{ source('raw_mycashflow', 'campaigns') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as campaign_key,
        store,
        'mycashflow' as platform,
        id as campaign_id,

        conditions__code as condition_code,
        conditions__time as condition_time,
        conditions__customers as condition_customers,
        discounts__products as discount_products,
        discounts__free_shipping as discount_free_shipping,
        discounts__discount_row as discount_row,
        page__description as page_description,
        page__image as page_image,
        page__link as page_link,
        page__template as page_template,

        published as is_published,
        page__enabled as is_page_enabled,
        page__pinned as is_page_pinned,
        {{ is_deleted('campaigns') }} as is_deleted,

        created_at,
        updated_at
    from source
)

select * from renamed
