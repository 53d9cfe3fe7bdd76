// What scrolls sideways is reached by the keyboard too (WCAG 2.1.1).
new MutationObserver(() => document.querySelectorAll(".md-typeset__scrollwrap:not([tabindex])").forEach(part => { part.tabIndex = 0; }))
  .observe(document.body, {childList: true, subtree: true});
