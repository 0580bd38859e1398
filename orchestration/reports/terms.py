"""The marts' own words, as people say them; texts of the catalogues."""

TERMS = {
    # types of movements
    "new": "New",
    "expansion": "Expansion",
    "reactivation": "Reactivation",
    "contraction": "Contraction",
    "churn": "Churned",
    "restated": "Restated",
    "switch": "Switched",  # among plans and the like; within a segment only
    # their reasons
    "started": "started",
    "trial_converted": "trial converted",
    "resumed": "resumed",
    "paused": "paused",
    "plan_switch": "switch of plan",
    "price": "price",
    "quantity": "quantity",
    "discount": "discount",
    "voluntary": "cancelled",
    "involuntary": "payment failed",
    "rounding": "rounding",
    # the health of payments
    "past_due": "past due",
    "disputed": "disputed",
    "failing": "failing",
    "recovered": "recovered",
    # the health of support, and ratings
    "good": "good",
    "bad": "bad",
    "no_contact": "no contact",
    "unhappy": "unhappy",
    "struggling": "struggling",
    "happy": "happy",
    "neutral": "neutral",
}
