"""What a caller owns: a world, a journal, faults and snapshots."""
