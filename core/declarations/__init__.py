"""Vendors, their policies and locations, as `vendors/*.yaml` declares them.

`schema` says what a declaration may state, `positions` finds the line of a fault, `catalogue` reads the folder.
"""

from core.declarations.catalogue import Declarations, load_vendor, load_vendors, select_vendors
from core.declarations.schema import Location, Policy, Vendor, json_schema, location_of

__all__ = [
    "Declarations",
    "Location",
    "Policy",
    "Vendor",
    "json_schema",
    "load_vendor",
    "load_vendors",
    "location_of",
    "select_vendors",
]
