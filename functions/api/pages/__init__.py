"""Pages for people, whole without internet access: the models, the documentation.

Templates are Jinja2's, with autoescape. A page of an endpoint extends ``base.html``.
"""

from functions.api.pages.rendering import Link, Pages
from functions.api.pages.routes import LINKS, mount_assets, router

__all__ = ["LINKS", "Link", "Pages", "mount_assets", "router"]
