"""The channels: each takes one parcel and says whether it arrived, by its errors."""
