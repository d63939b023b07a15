"""The reference: pages printed from the contracts."""
