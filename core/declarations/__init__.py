"""Vendors, their policies and locations, as the files in `vendors/` declare them.

`schema` defines the fields of a declaration. `faults` says what is wrong with a field, and `positions` finds its line.
`catalogue` reads the folder. `duplicates` compares the declarations with each other. `draft` makes a declaration from
an address, and `renaming` changes the name of a policy.
"""

from core.declarations.catalogue import (
    Declarations,
    chosen_vendors,
    load_vendor,
    load_vendors,
    located_fault,
    select_vendors,
    sound_vendors,
    vendors_and_faults,
)
from core.declarations.duplicates import duplicate_addresses
from core.declarations.schema import Location, Policy, Vendor, json_schema, location_of

__all__ = [
    "Declarations",
    "Location",
    "Policy",
    "Vendor",
    "chosen_vendors",
    "duplicate_addresses",
    "json_schema",
    "load_vendor",
    "load_vendors",
    "located_fault",
    "location_of",
    "select_vendors",
    "sound_vendors",
    "vendors_and_faults",
]
