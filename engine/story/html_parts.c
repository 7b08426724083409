/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Colours of text have a contrast of 4.5 and more to what they stand on (WCAG 2.1 AA), in both themes. What a colour
 * says, a word or a shape says too.
 */
#include "engine/story/html_parts.h"

const char mm_html_style[] =
    ":root{color-scheme:light dark;--paper:#fff;--panel:#f4f6f8;--ink:#1a1f24;--soft:#505a64;--line:#d4dae0;"
    "--bad:#b3261e;--warn:#8a5300;--cool:#1f5fa8;--fill:#5b86b5;--hatch:#9aa4ae}"
    "@media(prefers-color-scheme:dark){:root{--paper:#14181c;--panel:#1d2329;--ink:#e6eaee;--soft:#a6b0ba;"
    "--line:#38424c;--bad:#ff8a80;--warn:#f0b45c;--cool:#8ab8ee;--fill:#6f9fd4;--hatch:#6a7580}}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}"
    "main{max-width:80rem;margin:0 auto;padding:1.5rem}"
    "h1{font-size:1.8rem;line-height:1.2;margin:.2em 0}h2{margin:2.2em 0 .5em;font-size:1.35rem;"
    "border-bottom:1px solid var(--line);padding-bottom:.2em}h3{margin:1.8em 0 .4em;font-size:1.08rem;"
    "overflow-wrap:anywhere}"
    "p{max-width:52rem}a{color:var(--cool)}"
    ".verdict{font-size:1.15rem;border-left:.4rem solid var(--cool);padding:.6rem 1rem;background:var(--panel)}"
    ".verdict.strong,.verdict.proof{border-color:var(--bad)}.verdict.lead{border-color:var(--warn)}"
    ".note{color:var(--soft)}"
    ".mark{display:inline-block;padding:0 .45em;border:1px solid;border-radius:.3em;font-size:.85em;font-weight:600;"
    "white-space:nowrap}"
    ".mark.proof,.mark.strong{color:var(--bad)}.mark.lead{color:var(--warn)}.mark.gap{color:var(--soft)}"
    ".scroll{overflow-x:auto;border:1px solid var(--line);border-radius:.4rem;margin:.6rem 0}"
    ".scroll:focus-visible,button:focus-visible,a:focus-visible,summary:focus-visible"
    "{outline:3px solid var(--cool);outline-offset:2px}"
    "table{border-collapse:collapse;width:100%;font-size:.92rem}"
    "caption{text-align:left;padding:.5rem .7rem;color:var(--soft)}"
    "th,td{text-align:left;vertical-align:top;padding:.35rem .7rem;border-top:1px solid var(--line)}"
    "tbody th,td.w{overflow-wrap:anywhere;min-width:12rem}"
    "thead th{background:var(--panel);white-space:nowrap}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "td.t{white-space:nowrap;font-size:.9em;font-variant-numeric:tabular-nums}"
    "td.h{font-family:ui-monospace,monospace;font-size:.85em;min-width:16rem}"
    "th button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer;text-align:inherit}"
    "th button::after{content:\" \\2195\";color:var(--soft)}"
    "th[aria-sort=ascending] button::after{content:\" \\2191\"}"
    "th[aria-sort=descending] button::after{content:\" \\2193\"}"
    "dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem;margin:.6rem 0}"
    "dl.facts dt{color:var(--soft)}dl.facts dd{margin:0;overflow-wrap:anywhere}"
    "ul.plain{margin:.2rem 0;padding-left:1.2rem}"
    "details{margin:.6rem 0}summary{cursor:pointer;color:var(--cool)}"
    "svg{display:block;min-width:46rem;width:100%;height:auto;font:12px system-ui,sans-serif}"
    "svg text{fill:var(--ink)}svg .soft{fill:var(--soft)}svg .axis{stroke:var(--line)}"
    "svg .bar{fill:var(--fill)}svg .bar.bad{fill:var(--bad)}svg .bar.warn{fill:var(--warn)}"
    "svg .first{fill:var(--ink)}svg .gap{fill:url(#hatch)}svg .hatch{stroke:var(--hatch)}"
    "svg .name.bad{fill:var(--bad);font-weight:600}svg .name.warn{fill:var(--warn);font-weight:600}"
    "@media print{:root{color-scheme:light;--paper:#fff;--panel:#f4f6f8;--ink:#000;--soft:#444;--line:#bbb;--bad:#a00;"
    "--warn:#740;--cool:#036;--fill:#68a;--hatch:#888}main{max-width:none;padding:0}"
    "body{font-size:11px}.scroll{overflow:visible;border:0}svg{min-width:0}nav,summary{display:none}"
    "tr,svg{break-inside:avoid}h2,h3{break-after:avoid}thead{display:table-header-group}}";

const char mm_html_script[] =
    "\"use strict\";"
    "for(const table of document.querySelectorAll(\"table.sort\")){"
    "const body=table.tBodies[0],heads=[...table.tHead.rows[0].cells];"
    "const value=(row,i)=>{const v=row.cells[i].dataset.v;return v===undefined?row.cells[i].textContent:Number(v)};"
    "heads.forEach((head,i)=>{"
    "const button=document.createElement(\"button\");button.type=\"button\";"
    "button.append(...head.childNodes);head.append(button);"
    "button.addEventListener(\"click\",()=>{"
    "const down=head.getAttribute(\"aria-sort\")===\"ascending\";"
    "heads.forEach(other=>other.removeAttribute(\"aria-sort\"));"
    "head.setAttribute(\"aria-sort\",down?\"descending\":\"ascending\");"
    "const rows=[...body.rows].sort((a,b)=>{const x=value(a,i),y=value(b,i);return x<y?-1:x>y?1:0});"
    "if(down)rows.reverse();body.append(...rows)})})}";

const char mm_html_policy[] =
    "default-src 'none'; style-src 'sha256-TnyqWbwuYVAAq+XREQmIRMUyJwzrVm7pu3LV6wwyF1c='; "
    "script-src 'sha256-N2VIMsy7VYHNVp4/KQG2PRvq83bY0UepZbPwSu1zhyg='; "
    "base-uri 'none'; form-action 'none'";
