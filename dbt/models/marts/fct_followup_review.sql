-- How a person fares, score by score. For who follows up, and nobody else: no figure of the scorecard is made of it.
with reviews as (
    select
        review.municipality_no,
        review.review_id,
        review.followup_id,
        followup.person_id,
        followup.followup_unit,
        followup.followup_group,
        followup.followup_method,
        followup.followup_goal,
        review.reviewed_on,
        review.review_field,
        review.review_score,
        review.review_instrument
    from {{ ref('stg_followup__followup_review') }} as review
    inner join {{ ref('fct_followup_case') }} as followup
        on
            review.municipality_no = followup.municipality_no
            and review.followup_id = followup.followup_id
    inner join {{ ref('stg_night__scope') }} as scope
        on review.municipality_no = scope.municipality_no
    where review.reviewed_on <= scope.as_of
)

select
    *,
    -- of a field's last review; two less than 90 days apart tell of no change
    case
        when
            lead(review_id) over field is null
            and reviewed_on - first_value(reviewed_on) over field >= 90
            then review_score - first_value(review_score) over field
    end as score_change
from reviews
window field as (partition by municipality_no, followup_id, review_field order by reviewed_on, review_id)
