"""The assets, one module a room: raw, warehouse, published, exports."""
