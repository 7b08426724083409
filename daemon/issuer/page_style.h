/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The style of all pages. Its digest stands in their content security policy.
 */
#ifndef MM_DAEMON_ISSUER_PAGE_STYLE_H
#define MM_DAEMON_ISSUER_PAGE_STYLE_H

/* Contrast of text is above 7:1 in both schemes, of borders and focus above 3:1. */
static const char issuer_page_style_text[] =
    ":root{color-scheme:light dark;--page:#f2f4f7;--card:#fff;--text:#15202b;--quiet:#44525f;--line:#7b8794;"
    "--main:#14508c;--main-text:#fff;--bad:#9c1c1c;--bad-back:#fdecec;--focus:#b35900}"
    "@media(prefers-color-scheme:dark){:root{--page:#10161d;--card:#1a232c;--text:#eef2f6;--quiet:#b6c2cd;"
    "--line:#8391a0;--main:#8ec2ff;--main-text:#0b1a2a;--bad:#ffb3b3;--bad-back:#3a1a1d;--focus:#ffb454}}"
    "*{box-sizing:border-box}"
    "html{font:100%/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}"
    "body{margin:0;min-height:100vh;display:flex;align-items:center;justify-content:center;padding:1rem;"
    "background:var(--page);color:var(--text)}"
    "main{width:100%;max-width:26rem;padding:1.5rem;background:var(--card);border:1px solid var(--line);"
    "border-radius:.75rem;overflow-wrap:anywhere}"
    "h1{margin:0 0 .5rem;font-size:1.5rem;line-height:1.25}"
    "p,ul{margin:.5rem 0}"
    "ul{padding-left:1.25rem}"
    ".quiet{color:var(--quiet);font-size:.9375rem}"
    ".alert{margin:1rem 0;padding:.75rem 1rem;border:2px solid var(--bad);border-radius:.5rem;"
    "background:var(--bad-back)}"
    ".alert p{margin:0}"
    ".alert a,.alert p{color:var(--bad);font-weight:600}"
    "label{display:block;margin:1rem 0 .25rem;font-weight:600}"
    "input{width:100%;min-height:2.75rem;padding:.5rem .75rem;font:inherit;color:inherit;background:var(--card);"
    "border:1px solid var(--line);border-radius:.5rem}"
    "input[aria-invalid=true]{border:2px solid var(--bad)}"
    "button{width:100%;min-height:2.75rem;margin-top:1rem;padding:.5rem 1rem;font:inherit;font-weight:600;"
    "border:1px solid var(--main);border-radius:.5rem;background:transparent;color:var(--main);cursor:pointer}"
    "button.main{margin-top:1.5rem;background:var(--main);color:var(--main-text)}"
    "button.main+button{margin-top:.75rem}"
    "code{font:600 1.25rem/1.5 ui-monospace,'DejaVu Sans Mono',monospace;letter-spacing:.08em}"
    ":focus-visible{outline:3px solid var(--focus);outline-offset:2px}";

#endif
