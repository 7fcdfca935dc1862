"""From an API's pages to typed tables, exactly: walk, tables, ledger; shared by all sources."""
