"""Separates a policy's own text from page furniture: the menus, banners, forms and footers around the text."""
