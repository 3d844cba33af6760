"""Vendors played on their own wire, part of the product. May import: the domain and below."""
