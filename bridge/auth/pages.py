"""The pages that a person sees: plain HTML that needs no script and can be put into no frame."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from types import MappingProxyType

from starlette.responses import HTMLResponse

from bridge.auth.refusals import retry_after

_FOLDER = Path(__file__).with_name("pages")
_NONE: Mapping[str, str] = MappingProxyType({})


class Pages:
    """Fills the templates. Whatever is put into one is escaped."""

    def __init__(self) -> None:
        self._templates = {path.stem: Template(path.read_text("utf-8")) for path in _FOLDER.glob("*.html")}
        self._style = (_FOLDER / "page.css").read_text("utf-8")
        self._style_hash = b64encode(sha256(self._style.encode()).digest()).decode()

    def fragment(self, template: str, fragments: Mapping[str, str] = _NONE, **texts: str) -> str:
        """A part of a page. `texts` are escaped, `fragments` are parts already."""
        escaped = {name: escape(text) for name, text in texts.items()}
        return self._templates[template].substitute({**escaped, **fragments})

    def page(self, title: str, body: str, *, status: int = 200, form_target: str = "") -> HTMLResponse:
        """A whole page around a fragment. `form_target` is where else than to the bridge its forms may lead."""
        html = self._templates["layout"].substitute(title=escape(title), style=self._style, body=body)
        return HTMLResponse(html, status, headers={**self._headers(form_target), **retry_after(status)})

    def problem(self, title: str, problem: str, status: int = 400) -> HTMLResponse:
        """A page that says what is wrong, and leads nowhere."""
        return self.page(title, self.fragment("problem", problem=problem), status=status)

    def _headers(self, form_target: str) -> dict[str, str]:
        policy = (
            f"default-src 'none'; style-src 'sha256-{self._style_hash}'; form-action 'self' {form_target}".rstrip()
            + "; frame-ancestors 'none'; base-uri 'none'"
        )
        return {
            "Content-Security-Policy": policy,
            "X-Frame-Options": "DENY",
            "X-Content-Type-Options": "nosniff",
            # Not no-referrer: with it browsers send a form with the Origin null, which is nobody's.
            "Referrer-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
