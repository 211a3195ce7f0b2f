"""What a model gets wrong, and why, as one HTML page.

One noun a file: what is found out stands in numbers first, and becomes HTML in ``page`` and the
files that it calls. Imported only when such a page is asked for.
"""
