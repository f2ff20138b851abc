"""What is seen of English and of machines on a page that is to be Norwegian, by rules over its visible text."""

import re
from typing import Any

# words of English sentences and buttons that are no Norwegian ones, as by, for, at, is and no are
ENGLISH = re.compile(
    r"\b(the|of|and|with|from|this|that|these|you|your|was|were|has|have|been|not|cannot|can't|don't|yes|none|any|"
    r"ago|seconds?|minutes?|hours?|days?|weeks?|months?|years?|today|yesterday|"
    r"rows?|pages?|columns?|values?|results?|items?|options?|"
    r"search|select|selected|edit|delete|save|saved|cancel|close|apply|clear|add|new|create|created|modified|updated|"
    r"refresh|view|show|hide|more|less|loading|failed|unable|unexpected|error|warning|success|found|empty|"
    r"charts?|dashboards?|owners?|users?|settings|query|queries|dataset|untitled|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|"
    r"january|february|march|may|june|july|october|december|oct|dec)\b",
    re.IGNORECASE,
)
MACHINE = re.compile(
    r"\d{4}-\d\d-\d\d"  # 2007-01-28
    r"|(?<![\d.,])(?<!kl\. )\d+\.\d+(?![\d.])"  # 1414.0
    r"|(?<![\w.])\d+(?:[.,]\d+)?[kKMGB]\b"  # 3.81k
    r"|\b[a-zæøå]+(?:_[a-zæøå0-9]+)+\b"  # lost_rent_nok
    r"|\bN/A\b|\bNaN\b|\bundefined\b|\bnull\b|\[object|<NULL>"
)
# of products
NAMES = re.compile(r"SQL Lab|Superset|Dagster|PostgreSQL")

# text that somebody sees, and what a field says before it is filled in; but no code, and not what lies `aside`
VISIBLE = """(aside) => {
    const found = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        const text = walker.currentNode.textContent.trim();
        if (!text || parent.closest('script, style, noscript, code, pre, .ace_editor')) continue;
        if (aside && parent.closest(aside)) continue;
        if (parent.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})) found.add(text);
    }
    document.querySelectorAll('input[placeholder], textarea[placeholder]').forEach(
        (field) => field.checkVisibility() && found.add(field.placeholder));
    return [...found];
}"""


def visible(page: Any, aside: str = "") -> list[str]:
    """The texts that somebody sees on a page, but in what the selector `aside` names."""
    return list(page.evaluate(VISIBLE, aside))


def leftovers(page: Any, aside: str = "", names: str = r"(?!)") -> set[str]:
    """The texts on a page that are no Norwegian; `names`: a pattern of what is called as it is."""
    found = set()
    for text in visible(page, aside):
        said = re.sub(names, "", NAMES.sub("", text))
        if ENGLISH.search(said) or MACHINE.search(said):
            found.add(text)
    return found
