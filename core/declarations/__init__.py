"""Vendors, their policies and locations, as the files in `vendors/` declare them.

`schema` defines the fields of a declaration. `positions` finds the line of a fault. `catalogue` reads the folder.
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
