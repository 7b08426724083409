/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The style and the script of report.html, and the policy that lets the page have these two and nothing else. A change
 * of either needs a new digest in the policy: test/unit/story/html.c tells which.
 */
#ifndef MM_ENGINE_STORY_HTML_PARTS_H
#define MM_ENGINE_STORY_HTML_PARTS_H

extern const char mm_html_style[];

/* Sorts tables by a column; the page is whole without it. */
extern const char mm_html_script[];

/* Content-Security-Policy (W3C, level 3), by the SHA-256 of both. */
extern const char mm_html_policy[];

#endif
