"""Fetches again what is put aside."""

import orjson

from ingestion.loading import Progress
from ingestion.quarantine import GONE, REPLAYED, Fault
from ingestion.rows import micros
from ingestion.zendesk.decoding import DECODE, Object, Record, UnusableError, value
from ingestion.zendesk.gathering import Gathering
from ingestion.zendesk.known import Known
from ingestion.zendesk.paging import Api, FetchError
from ingestion.zendesk.tables import BY_TABLE, Reading, Resource

# Each costs a request.
MOST = 50


def replay(api: Api, gathering: Gathering, known: Known, progress: Progress) -> None:
    """Ask for what is put aside, and close what is right now or does not exist any more.

    Raises:
        SourceError: The credentials are refused, or Zendesk cannot be reached.
    """
    faulty = {(one.table, one.record_id) for one in gathering.faults}
    opened = [
        one
        for one in known.open_quarantine()
        if one.record_id and one.table in BY_TABLE and (one.table, one.record_id) not in faulty
    ]
    asked = 0
    for one in opened:
        resource = BY_TABLE[one.table]
        if one.record_id in gathering.records.get(one.table, {}):
            gathering.closed.append((one, REPLAYED))
            continue
        if one.stage != DECODE or asked == MOST:
            continue
        asked += 1
        try:
            record = _fetch(api, gathering, resource, one)
        except (FetchError, UnusableError):
            continue
        if record is None:
            gathering.closed.append((one, GONE))
        elif record.moved is None or record.moved < micros(gathering.observed_at):
            gathering.put(resource, [record])
            gathering.closed.append((one, REPLAYED))
    if opened:
        progress(f"zendesk: {len(gathering.closed):,} of {len(opened):,} put aside are settled")


def _fetch(api: Api, gathering: Gathering, resource: Resource, one: Fault) -> Record | None:
    item = (
        api.one(resource.one.format(id=one.record_id), _singular(resource))
        if resource.one
        else _in_export(api, resource, one)
    )
    return None if item is None else gathering.decoder.record(resource, item)


def _in_export(api: Api, resource: Resource, one: Fault) -> Object:
    """Find an object that has no address of its own where its export has it."""
    payload = orjson.loads(one.payload)
    if resource.reading is not Reading.TIME or not isinstance(payload, dict):
        raise FetchError("it has no address of its own")
    moment = value(payload, resource.moved)
    if moment is None:
        raise FetchError("it does not say where its export has it")
    page = api.export(resource, [("start_time", str(moment // 1_000_000))])
    for item in page[resource.key]:
        if isinstance(item, dict) and str(item.get("id")) == one.record_id:
            return item
    raise FetchError("its export does not have it any more")


def _singular(resource: Resource) -> str:
    return "ticket_metric" if resource.key == "metric_sets" else resource.key.removesuffix("s")
