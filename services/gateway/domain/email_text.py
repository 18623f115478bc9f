"""The text of a mail: without what it quotes, and out of HTML where there is nothing else.

Everything here is linear in what it reads, and reads a bounded part: mails come from strangers.
"""

import re
from html import unescape

from services.gateway.domain.json_fields import MOST_TEXT, clean

#: Characters of a body that are looked at.
MOST_READ = 4 * MOST_TEXT
#: Lines over which one marker may run, and characters of a line that are compared.
_MARKER_LINES = 3
_MOST_LINE = 300

#: "On Mon, Desk wrote:" in the languages of common mail programs.
_WROTE = re.compile(
    r"(?:"
    r"on\b.{3,250}\bwrote"
    r"|am\b.{3,250}\bschrieb\b.{0,120}"
    r"|le\b.{3,250}\ba écrit"
    r"|el\b.{3,250}\bescribió"
    r"|em\b.{3,250}\bescreveu"
    r"|a\b.{3,250}\bescreveu"
    r"|il\b.{3,250}\bha scritto"
    r"|op\b.{3,250}\bschreef\b.{0,120}"
    r"|den\b.{3,250}\b(?:skrev|schrieb)\b.{0,120}"
    r"|(?:w dniu|dnia)\b.{3,250}\bnapisał(?:\(a\)|a)?"
    r")\s*:?\s*",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"-{2,}\s*(?:original message|original appointment|ursprüngliche nachricht|message d'origine"
    r"|mensaje original|mensagem original|messaggio originale|oorspronkelijk bericht"
    r"|oprindelig meddelelse|opprinnelig melding|ursprungligt meddelande)\s*-{2,}",
    re.IGNORECASE,
)
_FROM = re.compile(r"\*?(?:from|von|de|da|van|från|fra|od)\s?\*?:\*?\s", re.IGNORECASE)
_HEADER = re.compile(
    r"\*?(?:sent|date|to|subject|cc|gesendet|datum|an|betreff|envoyé|à|objet|enviado|fecha|para|asunto|data"
    r"|assunto|inviato|a|oggetto|verzonden|aan|onderwerp|skickat|till|ämne|sendt|til|emne)\s?\*?:",
    re.IGNORECASE,
)
_RULE = re.compile(r"[_-]{10,}")


def without_quotes(text: str) -> str:
    """What somebody wrote themselves. A mail that is nothing but quotes stays as it is."""
    lines = text[:MOST_READ].splitlines()
    own: list[str] = []
    index = 0
    while index < len(lines):
        length = _marker_at(lines, index)
        if length and any(line.strip() for line in own):
            break
        if length:
            index += length
            continue
        if not lines[index].lstrip().startswith(">"):
            own.append(lines[index].rstrip())
        index += 1
    while own and _RULE.fullmatch(own[-1].strip()):
        own.pop()
    return "\n".join(own).strip() or text[:MOST_READ].strip()


def _marker_at(lines: list[str], index: int) -> int:
    """How many lines from here on say that a quoted message follows; 0 when they do not."""
    line = lines[index].strip()[:_MOST_LINE]
    if not line:
        return 0
    if _ORIGINAL.fullmatch(line):
        return 1
    if _FROM.match(line) and _headers_behind(lines, index):
        return 1
    for length in range(1, _MARKER_LINES + 1):
        piece = lines[index : index + length]
        if not piece[-1].strip() or len(piece) < length:
            return 0
        said = " ".join(one.strip() for one in piece)[:_MOST_LINE]
        if _WROTE.fullmatch(said) and said.endswith(":"):
            return length
    return 0


def _headers_behind(lines: list[str], index: int) -> bool:
    following = [line.strip() for line in lines[index + 1 : index + 6] if line.strip()]
    return sum(1 for line in following if _HEADER.match(line)) >= 2


_SKIPPED = frozenset({"script", "style", "head", "title", "template", "noscript", "object", "svg", "select"})
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "fieldset", "figure"}
    | {"footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p"}
    | {"pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul"}
)
_TAG_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
_ATTRIBUTE = re.compile(r"""\b(class|id|type|href)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_QUOTE_CLASSES = frozenset(
    {"gmail_quote", "gmail_quote_container", "yahoo_quoted", "protonmail_quote", "moz-cite-prefix"}
)
_QUOTE_IDS = frozenset({"divrplyfwdmsg", "appendonsend", "mail-editor-reference-message-container"})
_SPACE = re.compile(r"[ \t\r\n\f\u00a0]+")


def text_of_html(html: str) -> str:
    """The text of an HTML mail: blocks become lines, links keep their targets, what is quoted is cut."""
    reader = _HtmlText()
    reader.read(clean(html[: 2 * MOST_READ]))
    return without_quotes(reader.text())


class _HtmlText:
    """Walks over tags and text once, from left to right."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._link: tuple[str, int] | None = None
        self._quote: str | None = None
        self._depth = 0
        self._said = False
        self._over = False

    def text(self) -> str:
        """What has been read, with single spaces and at most one empty line in a row."""
        lines = [_SPACE.sub(" ", line).strip() for line in "".join(self._pieces).split("\n")]
        kept: list[str] = []
        for line in lines:
            if line or (kept and kept[-1]):
                kept.append(line)
        return "\n".join(kept).strip()

    def read(self, html: str) -> None:
        """All of it, or up to where the quotes begin."""
        at = 0
        while at < len(html) and not self._over:
            opens = html.find("<", at)
            if opens < 0:
                self._say(html[at:])
                return
            self._say(html[at:opens])
            at = self._tag(html, opens)

    def _tag(self, html: str, opens: int) -> int:
        """Take the tag that opens here; where to go on behind it."""
        if html.startswith("<!--", opens):
            closes = html.find("-->", opens + 4)
            return len(html) if closes < 0 else closes + 3
        named = _TAG_NAME.match(html, opens)
        if named is None and not html.startswith(("<!", "<?"), opens):
            self._say("<")
            return opens + 1
        closes = html.find(">", opens)
        if closes < 0:
            return len(html)
        if named is None:
            return closes + 1
        name = named.group(1).lower()
        if html[opens + 1] == "/":
            self._close(name)
        elif name in _SKIPPED:
            end = _end_of(html, name, closes)
            return len(html) if end < 0 else end
        else:
            self._open(name, html[named.end() : min(closes, named.end() + 2048)])
        return closes + 1

    def _open(self, name: str, rest: str) -> None:
        if self._quote is not None:
            self._depth += name == self._quote
            return
        attributes = {
            found[0].lower(): found[1] or found[2] or found[3] for found in _ATTRIBUTE.findall(rest)
        }
        if _quotes(name, attributes):
            if self._said:
                self._over = True
            else:
                self._quote, self._depth = name, 1
        elif name == "br" or name in _BLOCKS:
            self._pieces.append("\n")
        elif name in {"td", "th"}:
            self._pieces.append(" ")
        elif name == "a":
            self._link = (unescape(attributes.get("href", "")).strip(), len(self._pieces))
        if name == "li":
            self._pieces.append("- ")

    def _close(self, name: str) -> None:
        if self._quote is not None:
            self._depth -= name == self._quote
            if self._depth <= 0:
                self._quote = None
            return
        if name == "a" and self._link is not None:
            (target, start), self._link = self._link, None
            shown = "".join(self._pieces[start:]).strip()
            if target.lower().startswith(("http://", "https://", "mailto:")) and target not in shown:
                self._pieces.append(f" ({target})" if target.partition(":")[2] != shown else "")
        elif name in _BLOCKS:
            self._pieces.append("\n")

    def _say(self, raw: str) -> None:
        if not raw or self._quote is not None:
            return
        text = _SPACE.sub(" ", unescape(raw))
        self._said = self._said or not text.isspace()
        self._pieces.append(text)


def _end_of(html: str, name: str, start: int) -> int:
    found = re.compile(rf"</{name}\b[^<>]{{0,64}}>", re.IGNORECASE).search(html, start)
    return -1 if found is None else found.end()


def _quotes(name: str, attributes: dict[str, str]) -> bool:
    """Whether this element holds the message that is answered."""
    classes = attributes.get("class", "").lower().split()
    return (
        name == "blockquote"
        or not _QUOTE_CLASSES.isdisjoint(classes)
        or attributes.get("id", "").lower() in _QUOTE_IDS
    )
