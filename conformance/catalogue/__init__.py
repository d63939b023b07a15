"""The requirements of an implementation, and their results, waivers and verdict."""
