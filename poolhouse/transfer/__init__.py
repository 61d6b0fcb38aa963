"""Pools in and out: the export format, and what brings a pool from one store into another."""
