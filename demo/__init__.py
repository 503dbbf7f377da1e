"""The main job on a fictional vendor, from an archive and a live page that both run on this machine: `make demo`."""
