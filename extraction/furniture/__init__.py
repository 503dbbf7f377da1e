"""Furniture: what stands on a page beside the policy, such as menus, banners and forms."""
