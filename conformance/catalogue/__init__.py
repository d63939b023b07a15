"""The requirements, and what becomes of them in a run: results, waivers, verdict."""
