"""Stripe's raw tables, as data: every object as the API served it, and what was read when."""

from dataclasses import dataclass

from ingestion.bookkeeping import CONTROL_TOTALS, QUARANTINE, SCHEMA_DRIFT
from ingestion.tables import Kind, RawTable

SWITCH = "STRIPE_API_KEY"
# The version every request names; shapes below and downstream are this version's.
API_VERSION = "2026-06-24.dahlia"

_FIRST = (
    ("id", Kind.TEXT),
    ("created_at", Kind.INSTANT),
    ("observed_at", Kind.INSTANT),
    ("is_deleted", Kind.FLAG),
    ("livemode", Kind.FLAG),
    ("api_version", Kind.TEXT),
)
_LAST = (("payload", Kind.TEXT),)


@dataclass(frozen=True)
class Field:
    """A typed column, taken from a key of the object.

    Attributes:
        column: The column's name.
        path: The keys that lead to the value; an object found there gives its id.
        kind: The column's type.
    """

    column: str
    path: tuple[str, ...]
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class Child:
    """A nested list whose objects have a raw table of their own.

    Attributes:
        key: The key of the list in its parent.
        table: Name of the raw table.
        parent_column: The column that holds the parent's id.
        fields: The typed columns besides the parent's id and the position.
    """

    key: str
    table: str
    parent_column: str
    fields: tuple[Field, ...] = ()

    @property
    def columns(self) -> tuple[tuple[str, Kind], ...]:
        """The table's columns."""
        own = tuple((field.column, field.kind) for field in self.fields)
        typed = ((self.parent_column, Kind.TEXT), *own, ("position", Kind.WHOLE))
        return (*_FIRST, *typed, *_LAST)


@dataclass(frozen=True)
class Resource:
    """A kind of object the API lists.

    Attributes:
        table: Name of the raw table.
        kind: What the objects call themselves.
        path: Where the API lists them.
        fields: The typed columns.
        child: The nested list that has a table of its own, if there is one.
        query: What every list is asked for, besides pages and times.
        expand: What is served whole instead of as an id, as a path within one object.
        by_created: Whether the list can be asked for a window of `created`.
        amounts: Keys of amounts in the smallest unit of the object's currency; the first is the
            one control totals sum up.
        one_at_a_time: Whether an object can be asked for by its id.
        never_changes: Whether objects stay as they were made.
        permission: What a restricted key must be allowed to read, in the words of the Dashboard.
    """

    table: str
    kind: str
    path: str
    fields: tuple[Field, ...] = ()
    child: Child | None = None
    query: tuple[tuple[str, str], ...] = ()
    expand: tuple[str, ...] = ()
    by_created: bool = True
    amounts: tuple[str, ...] = ()
    one_at_a_time: bool = True
    never_changes: bool = False
    permission: str = ""

    @property
    def raw_table(self) -> RawTable:
        """The declared raw table."""
        typed = tuple((field.column, field.kind) for field in self.fields)
        return RawTable(self.table, (*_FIRST, *typed, *_LAST))

    @property
    def child_table(self) -> RawTable | None:
        """The declared raw table of the nested list, if there is one."""
        return RawTable(self.child.table, self.child.columns) if self.child else None


CUSTOMERS = Resource(
    "customers", "customer", "/v1/customers", (Field("email", ("email",)),), permission="Customers"
)
PRODUCTS = Resource("products", "product", "/v1/products", permission="Products")
PRICES = Resource(
    "prices",
    "price",
    "/v1/prices",
    (Field("product_id", ("product",)),),
    expand=("tiers",),
    permission="Prices",
)
COUPONS = Resource("coupons", "coupon", "/v1/coupons", permission="Coupons")
SUBSCRIPTIONS = Resource(
    "subscriptions",
    "subscription",
    "/v1/subscriptions",
    (Field("customer_id", ("customer",)), Field("status", ("status",))),
    Child(
        "items",
        "subscription_items",
        "subscription_id",
        (Field("price_id", ("price",)),),
    ),
    # Cancelled ones are left out otherwise.
    query=(("status", "all"),),
    expand=(
        "discounts",
        "discounts.source.coupon",
        "items.data.discounts",
    ),
    permission="Subscriptions",
)
INVOICES = Resource(
    "invoices",
    "invoice",
    "/v1/invoices",
    (
        Field("customer_id", ("customer",)),
        Field("subscription_id", ("parent", "subscription_details", "subscription")),
        Field("status", ("status",)),
    ),
    Child(
        "lines",
        "invoice_lines",
        "invoice_id",
        (Field("subscription_id", ("subscription",)),),
    ),
    expand=("discounts.source.coupon",),
    amounts=("total", "amount_due", "amount_paid", "subtotal"),
    permission="Invoices",
)
INVOICE_ITEMS = Resource(
    "invoice_items",
    "invoiceitem",
    "/v1/invoiceitems",
    (Field("customer_id", ("customer",)), Field("invoice_id", ("invoice",))),
    amounts=("amount",),
    permission="Invoices",
)
INVOICE_PAYMENTS = Resource(
    "invoice_payments",
    "invoice_payment",
    "/v1/invoice_payments",
    (
        Field("invoice_id", ("invoice",)),
        Field("payment_intent_id", ("payment", "payment_intent")),
        Field("charge_id", ("payment", "charge")),
    ),
    amounts=("amount_requested",),
    permission="Invoices",
)
CHARGES = Resource(
    "charges",
    "charge",
    "/v1/charges",
    (
        Field("customer_id", ("customer",)),
        Field("payment_intent_id", ("payment_intent",)),
        Field("balance_transaction_id", ("balance_transaction",)),
    ),
    amounts=("amount", "amount_captured", "amount_refunded"),
    permission="Charges",
)
REFUNDS = Resource(
    "refunds",
    "refund",
    "/v1/refunds",
    (
        Field("charge_id", ("charge",)),
        Field("payment_intent_id", ("payment_intent",)),
        Field("balance_transaction_id", ("balance_transaction",)),
    ),
    amounts=("amount",),
    permission="Charges and Refunds",
)
DISPUTES = Resource(
    "disputes",
    "dispute",
    "/v1/disputes",
    (Field("charge_id", ("charge",)),),
    amounts=("amount",),
    permission="Disputes",
)
CREDIT_NOTES = Resource(
    "credit_notes",
    "credit_note",
    "/v1/credit_notes",
    (Field("invoice_id", ("invoice",)), Field("customer_id", ("customer",))),
    Child("lines", "credit_note_lines", "credit_note_id"),
    amounts=("total",),
    permission="Credit notes",
)
BALANCE_TRANSACTIONS = Resource(
    "balance_transactions",
    "balance_transaction",
    "/v1/balance_transactions",
    (Field("source_id", ("source",)), Field("kind", ("type",))),
    amounts=("amount", "fee", "net"),
    permission="Balance transactions",
)
EVENTS = Resource(
    "events",
    "event",
    "/v1/events",
    (
        Field("type", ("type",)),
        Field("object_id", ("data", "object", "id")),
        Field("object_kind", ("data", "object", "object")),
    ),
    never_changes=True,
    permission="Events",
)

# In the order they are read: what others point at comes first.
OBJECTS = (
    PRODUCTS,
    PRICES,
    COUPONS,
    CUSTOMERS,
    SUBSCRIPTIONS,
    INVOICES,
    INVOICE_ITEMS,
    INVOICE_PAYMENTS,
    CHARGES,
    REFUNDS,
    DISPUTES,
    CREDIT_NOTES,
    BALANCE_TRANSACTIONS,
)
RESOURCES = (*OBJECTS, EVENTS)
BY_TABLE = {resource.table: resource for resource in RESOURCES}
BY_KIND = {resource.kind: resource for resource in RESOURCES}

WINDOWS = RawTable(
    "windows",
    (
        ("resource", Kind.TEXT),
        ("kind", Kind.TEXT),
        ("window_from", Kind.INSTANT),
        ("window_to", Kind.INSTANT),
        ("observed_at", Kind.INSTANT),
        ("rows", Kind.WHOLE),
    ),
)

# Personal data nothing needs; it is dropped before anything is kept.
DROPPED_KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "charge": (
        ("payment_method_details", "card", "last4"),
        ("payment_method_details", "card", "fingerprint"),
        ("payment_method_details", "card", "iin"),
        ("billing_details", "phone"),
        ("shipping", "phone"),
    ),
    "customer": (("phone",), ("shipping", "phone"), ("tax", "ip_address")),
    "dispute": (("evidence", "customer_purchase_ip"),),
    "invoice": (("customer_phone",), ("customer_shipping", "phone")),
    # These come as what an event is about only.
    "payment_method": (
        ("card", "last4"),
        ("card", "fingerprint"),
        ("card", "iin"),
        ("billing_details", "phone"),
    ),
    "card": (("last4",), ("fingerprint",), ("iin",)),
    "checkout.session": (("customer_details", "phone"),),
    "payment_intent": (
        ("shipping", "phone"),
        ("last_payment_error", "payment_method", "card", "last4"),
        ("last_payment_error", "payment_method", "card", "fingerprint"),
        ("last_payment_error", "payment_method", "card", "iin"),
        ("last_payment_error", "payment_method", "billing_details", "phone"),
    ),
}

TABLES = (
    *(resource.raw_table for resource in RESOURCES),
    *(resource.child_table for resource in RESOURCES if resource.child_table),
    WINDOWS,
    QUARANTINE,
    SCHEMA_DRIFT,
    CONTROL_TOTALS,
)
