"""The source `exchange_rates`: the euro reference rates of the European Central Bank."""
