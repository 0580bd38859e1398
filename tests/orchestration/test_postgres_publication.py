"""The marts in a real PostgreSQL: whole, typed, read by people who cannot write."""

from decimal import Decimal
from pathlib import Path

import duckdb
import psycopg
import pytest

from ingestion.errors import SettingsError
from ingestion.settings import Home, Settings
from orchestration.errors import NothingPublishedError, PostgresPublicationError
from orchestration.publishing.postgres import publish_to_postgres
from orchestration.publishing.postgres_session import open_session
from orchestration.publishing.postgres_target import PostgresTarget, postgres_target
from orchestration.publishing.publish import publish
from tests.orchestration.postgres_target import KEYS, publish_again, publish_both, rows, schemas
from tests.orchestration.samples import fill_warehouse


def change_warehouse(home: Home, statement: str) -> None:
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(statement)


def test_the_marts_are_in_postgresql_as_they_are_in_the_snapshot(
    settings: Settings, target: PostgresTarget
) -> None:
    published = publish_both(settings, target, "first")

    with duckdb.connect(str(settings.home.published / "perene.duckdb"), read_only=True) as snapshot:
        names = snapshot.execute(
            "select table_name, column_names from (select table_name, "
            "list(column_name order by column_index) as column_names from duckdb_columns() "
            "where schema_name = 'marts' group by all) order by all"
        ).fetchall()
        assert len(names) == 11
        for name, _ in names:
            expected = snapshot.execute(f"from marts.{name}").fetchall()
            found = rows(target, f"select * from marts.{name}")
            assert sorted(found, key=repr) == sorted(expected, key=repr), name
    assert (published.tables, published.build_run_id, published.remarks) == (10, "build-first", ())
    assert published.rows == sum(
        rows(target, f"select count(*) from marts.{name}")[0][0]
        for name, _ in names
        if name != "_published"
    )


def test_amounts_stay_decimals_of_six_places(settings: Settings, target: PostgresTarget) -> None:
    fill_warehouse(settings.home)
    change_warehouse(
        settings.home,
        "create table marts.amounts as select 1234567890123456789012.123456::decimal(28, 6) "
        "as mrr, timestamp '2026-01-02 03:04:05.678901' as seen_at, date '2026-01-02' as seen_on, "
        "9007199254740993::bigint as n, true as is_odd, 0.1::double as probability",
    )
    publish_again(settings, target, "first")

    types = dict(
        rows(
            target,
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = 'marts.amounts'::regclass and attnum > 0",
        )
    )
    assert types == {
        "mrr": "numeric(28,6)",
        "seen_at": "timestamp without time zone",
        "seen_on": "date",
        "n": "bigint",
        "is_odd": "boolean",
        "probability": "double precision",
    }
    ((mrr, seen_at, *_, n, _, probability),) = rows(target, "select * from marts.amounts")
    assert mrr == Decimal("1234567890123456789012.123456")
    assert str(seen_at) == "2026-01-02 03:04:05.678901"
    assert (n, probability) == (9007199254740993, 0.1)


def test_hostile_texts_arrive_as_they_are(settings: Settings, target: PostgresTarget) -> None:
    texts = [
        "",
        "\\.",
        "\\N",
        "NULL",
        'a"b',
        "a,b",
        "line\r\nbreak\n\\.\n",
        "'; drop --",
        "ç€𝄞",
        None,
    ]
    fill_warehouse(settings.home)
    with duckdb.connect(str(settings.home.warehouse)) as connection:
        connection.execute("create table marts.texts (name varchar)")
        connection.executemany(
            "insert into marts.texts values (?)", [[text] for text in (*texts, None)]
        )
        connection.execute("insert into marts.texts values ('before' || chr(0) || 'after')")
    publish_again(settings, target, "first")

    found = {name for (name,) in rows(target, "select name from marts.texts")}
    assert found == {*texts, None, "before\N{REPLACEMENT CHARACTER}after"}


def test_keys_indexes_and_descriptions_are_there(
    settings: Settings, target: PostgresTarget
) -> None:
    publish_both(settings, target, "first")

    indexes = rows(
        target,
        "select tablename, split_part(indexdef, ' USING btree ', 2), indexdef like '%UNIQUE%' "
        "from pg_indexes where schemaname = 'marts' order by 1, 2",
    )
    assert set(indexes) >= {
        ("dim_customers", "(customer_id)", True),
        ("dim_plans", "(plan_id)", True),
        ("fct_customer_mrr_monthly", "(customer_id, metric_month)", True),
        ("fct_customer_mrr_monthly", "(metric_month)", False),
        ("kpis_monthly", "(metric_month)", True),
        ("kpis_monthly_by_segment", "(metric_month)", False),
        ("kpis_monthly_by_segment", "(segment_kind, segment_value, metric_month)", True),
    }
    assert rows(
        target,
        "select obj_description('marts.dim_customers'::regclass), "
        "col_description('marts.dim_customers'::regclass, 1)",
    ) == [("One row per customer's id.", "The customer.")]


def test_the_reader_reads_and_can_write_nothing(settings: Settings, target: PostgresTarget) -> None:
    publish_both(settings, target, "first")
    publish_both(settings, target, "second")

    reader = PostgresTarget(target.address.replace("postgres@", "bi_reader@"), "bi_reader")
    assert rows(reader, "select label from marts.label") == [("second",)]
    with psycopg.connect(reader.address, autocommit=True) as connection:
        for name, limit in (
            ("statement_timeout", "5min"),
            ("idle_in_transaction_session_timeout", "10min"),
        ):
            assert connection.execute(f"show {name}").fetchone() == (limit,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("create temporary table t (a int)")
        connection.execute("set default_transaction_read_only = off")
        for statement in (
            "insert into marts.label values ('x')",
            "update marts.label set label = 'x'",
            "delete from marts.label",
            "truncate marts.label",
            "drop table marts.label",
            "alter table marts.label add column x int",
            "comment on table marts.label is 'x'",
            "create table marts.x (a int)",
            "create table public.x (a int)",
            "create schema x",
            "drop schema marts cascade",
            "alter schema marts rename to x",
            "create role x",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_readers_statement_that_lasts_too_long_ends_and_so_does_an_idle_transaction(
    settings: Settings, target: PostgresTarget
) -> None:
    publish_both(settings, target, "first")
    with psycopg.connect(target.address) as connection:
        for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(f"alter role bi_reader set {name} = '300ms'")
    address = target.address.replace("postgres@", "bi_reader@")
    with (
        psycopg.connect(address) as slow,
        pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"),
    ):
        slow.execute("select count(*), pg_sleep(30) from marts.label")

    idle = psycopg.connect(address)
    idle.execute("select label from marts.label").fetchall()  # and goes for lunch
    change_warehouse(settings.home, "create table marts.more as select 1 as a")
    assert publish_again(settings, target, "second").remarks == ()
    assert schemas(target) == ["marts"], "nobody holds the old schema any more"
    with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
        idle.execute("select label from marts.label")
    assert idle.closed


def test_a_role_that_may_not_be_created_is_asked_for(
    settings: Settings, target: PostgresTarget
) -> None:
    with psycopg.connect(target.address, autocommit=True) as connection:
        connection.execute("drop role if exists publisher")
        connection.execute("create role publisher login")
        connection.execute(f"grant create on database {connection.info.dbname} to publisher")
    publisher = PostgresTarget(target.address.replace("postgres@", "publisher@"), "bi_reader")
    (remark,) = publish_both(settings, publisher, "first").remarks
    assert 'create role "bi_reader" login' in remark
    assert rows(publisher, "select label from marts.label") == [("first",)]

    with psycopg.connect(target.address, autocommit=True) as connection:
        connection.execute("create role bi_reader login")
    assert publish_both(settings, publisher, "second").remarks == ()
    reader = PostgresTarget(target.address.replace("postgres@", "bi_reader@"), "bi_reader")
    assert rows(reader, "select label from marts.label") == [("second",)]


def test_a_publisher_needs_no_superuser_to_make_the_reader_and_change_the_tables(
    settings: Settings, target: PostgresTarget
) -> None:
    with psycopg.connect(target.address, autocommit=True) as connection:
        connection.execute("drop role if exists maker")
        connection.execute("create role maker login createrole")
        connection.execute(f"alter database {connection.info.dbname} owner to maker")
    maker = PostgresTarget(target.address.replace("postgres@", "maker@"), "bi_reader")
    assert publish_both(settings, maker, "first").remarks == ()
    assert publish_both(settings, maker, "second").remarks == ()
    change_warehouse(settings.home, "create table marts.more as select 1 as a")
    assert publish_again(settings, maker, "third").remarks == ()
    reader = PostgresTarget(target.address.replace("postgres@", "bi_reader@"), "bi_reader")
    assert rows(reader, "select a from marts.more") == [(1,)]
    assert schemas(target) == ["marts"]


def test_views_of_an_analyst_live_on_and_show_the_new_run(
    settings: Settings, target: PostgresTarget
) -> None:
    publish_both(settings, target, "first")
    with psycopg.connect(target.address) as connection:
        connection.execute("create schema reporting")
        connection.execute("create view reporting.names as select label from marts.label")
    publish_both(settings, target, "second")
    assert rows(target, "select label from reporting.names") == [("second",)]


def test_a_changed_mart_brings_a_new_schema_and_the_old_one_goes(
    settings: Settings, target: PostgresTarget
) -> None:
    publish_both(settings, target, "first")
    fill_warehouse(settings.home, "second")
    change_warehouse(settings.home, "create table marts.more as select 'c1' as customer_id")
    assert publish_again(settings, target, "second").remarks == ()
    assert rows(target, "select customer_id from marts.more") == [("c1",)]
    assert schemas(target) == ["marts"]


def test_an_old_schema_stays_while_someone_reads_it_and_goes_with_a_later_run(
    settings: Settings, target: PostgresTarget
) -> None:
    publish_both(settings, target, "first")
    with psycopg.connect(target.address) as idle:
        idle.execute("select label from marts.label").fetchall()
        change_warehouse(settings.home, "create table marts.more as select 1 as a")
        (remark,) = publish_again(settings, target, "second").remarks
        assert "is still read" in remark
        assert idle.execute("select a from marts.more").fetchall() == [(1,)]
        assert len(schemas(target)) == 2
    assert publish_both(settings, target, "third").remarks == ()
    assert schemas(target) == ["marts"]


def test_a_view_on_an_old_schema_is_named_and_not_dropped(
    settings: Settings, target: PostgresTarget
) -> None:
    publish_both(settings, target, "first")
    with psycopg.connect(target.address) as connection:
        connection.execute("create view public.names as select label from marts.label")
        # A view reads by its owner's rights.
        connection.execute("alter view names owner to bi_reader")
    change_warehouse(settings.home, "create table marts.more as select 1 as a")
    (remark,) = publish_again(settings, target, "second").remarks
    assert "view public.names depends on table" in remark
    assert rows(target, "select label from names") == [("first",)]
    with psycopg.connect(target.address) as connection:
        connection.execute("drop view names")
    assert publish_both(settings, target, "third").remarks == ()
    assert schemas(target) == ["marts"]


def test_someone_elses_schema_is_left_alone(settings: Settings, target: PostgresTarget) -> None:
    with psycopg.connect(target.address) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.precious as select 1 as a")
    with pytest.raises(PostgresPublicationError, match="was not published from here"):
        publish_both(settings, target, "first")
    assert rows(target, "select a from marts.precious") == [(1,)]
    assert schemas(target) == ["marts"]


def test_a_second_publisher_is_told_and_changes_nothing(
    settings: Settings, target: PostgresTarget
) -> None:
    publish_both(settings, target, "first")
    with (
        open_session(target),
        pytest.raises(PostgresPublicationError, match="Another publication"),
    ):
        publish_both(settings, target, "second")
    assert rows(target, "select label from marts.label") == [("first",)]


def test_what_postgresql_refuses_leaves_the_old_run_and_says_so(
    settings: Settings, target: PostgresTarget
) -> None:
    publish_both(settings, target, "first")
    fill_warehouse(settings.home, "second")
    change_warehouse(
        settings.home,
        "insert into marts.dim_customers (customer_id, name) values ('c1', 'Secret Name')",
    )
    with pytest.raises(PostgresPublicationError, match="dim_customers_pkey") as caught:
        publish_again(settings, target, "second")
    assert "Secret Name" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert rows(target, "select label from marts.label") == [("first",)]
    assert rows(target, "select run_id from marts._published") == [("build-first",)]


def test_without_a_snapshot_the_message_says_what_to_do(
    tmp_path: Path, target: PostgresTarget
) -> None:
    with pytest.raises(NothingPublishedError, match="make run"):
        publish_to_postgres(target, tmp_path / "perene.duckdb", KEYS)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u:s3cret@word@host/db",
        "postgresql://u:s3cret/word@host/db",
        "postgresql://u:s3cret%zz@host/db",
        "postgresql://u:s3cret#x@host/db",
        "mysql://u:s3cret@host/db",
        "host=h password=s3cret",
        "postgresql://u:s3cret@host",
    ],
)
def test_an_address_that_is_not_one_is_refused_without_repeating_it(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERENE_PUBLISH_POSTGRES", address)
    with pytest.raises(SettingsError, match="percent-encoded") as caught:
        postgres_target()
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u:p%40ss@db.example:5432/perene?sslmode=require",
        "postgres://u@[::1]:5432/perene",
        "postgresql://postgres@/perene?host=%2Frun%2Fpostgresql",
    ],
)
def test_usual_addresses_are_taken(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERENE_PUBLISH_POSTGRES", address)
    target = postgres_target()
    assert target is not None
    assert target.address == address
    assert target.reader == "bi_reader"
    assert address not in repr(target)


def test_a_server_that_is_not_there_is_named_without_the_password(settings: Settings) -> None:
    publish_snapshot_only(settings)
    target = PostgresTarget("postgresql://u:s3cret@127.0.0.1:1/perene", "bi_reader")
    with pytest.raises(PostgresPublicationError, match="cannot be reached") as caught:
        publish_to_postgres(target, settings.home.published / "perene.duckdb", KEYS)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__suppress_context__


def publish_snapshot_only(settings: Settings) -> None:
    fill_warehouse(settings.home)
    publish(settings, "run-1")
