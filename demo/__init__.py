"""The demo that `make demo` runs: clausewatch follows the policy of a fictional vendor, without a network."""
