"""The search of the site, which finds numbers too: a reader looks for `429` as often as for a word.

Sphinx leaves them out twice, where it builds the index and where it reads what a reader types.
"""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish


class EnglishWithNumbers(SearchEnglish):
    """English, whose numbers are words."""

    # The script drops each term that matches /^\d+$/, so a number is handed to it as a text that matches nothing.
    js_splitter_code = r"""
function splitQuery(query) {
  const terms = query.match(/[\p{Letter}\p{Number}_]+/gu) ?? [];
  return terms.map((term) => (/^\d+$/.test(term) ? Object.assign(new String(term), { match: () => null }) : term));
}
"""

    def word_filter(self, word: str) -> bool:
        """Return True for what is to be found."""
        return word not in self.stopwords


def setup(app: Sphinx) -> dict[str, bool]:
    """Have Sphinx search so."""
    app.add_search_language(EnglishWithNumbers)
    return {"parallel_read_safe": True}
