"""From bytes to blocks of text: HTML, PDF, Markdown and plain text."""
