/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pictures of report.html: SVG, made of the story's numbers alone. Each has a name and a description for who cannot
 * see it, and the page has the same in tables.
 */
#ifndef MM_ENGINE_STORY_PICTURE_H
#define MM_ENGINE_STORY_PICTURE_H

#include "engine/story/html.h"
#include "engine/story/story.h"

/* Mail accesses in the course of time, a row an application; first ones marked, gaps shaded. */
void mm_picture_timeline(struct mm_html *html, const struct mm_story *story);

/* Which application read which mailbox how often. */
void mm_picture_mailboxes(struct mm_html *html, const struct mm_story *story);

/* The class of a bar or name: "" , " warn" or " bad", by how suspicious it is. */
const char *mm_picture_tone(enum mm_finding_class class);

/* What an application is called in a picture. */
void mm_picture_application(struct mm_html *html, const struct mm_story *story,
    const struct mm_story_application *application, size_t columns);

#endif
