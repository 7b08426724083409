/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages that people see: plain HTML without scripts and without anything from elsewhere, for every browser and
 * every reader of screens, in light and in dark, from 320 pixels on.
 *
 * What a stranger wrote stands in them escaped. Nothing may frame them, and they name nobody where they lead to.
 */
#ifndef MM_DAEMON_ISSUER_PAGE_H
#define MM_DAEMON_ISSUER_PAGE_H

#include "daemon/http/answer.h"
#include "daemon/issuer/exchange.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

/* The digest of the style, by which the content security policy lets it in. */
struct issuer_page_style {
	char source[64]; /* 'sha256-…' */
};

MM_MUST_USE bool issuer_page_style_init(struct issuer_page_style *style);

/* Append a text so that it is nothing but text, in an element and in a quoted attribute. */
void issuer_html_add(struct mm_buf *buf, struct mm_slice text);

/*
 * Begin a page and end it. leads_to: where its form may lead to besides us (a redirect URI that was checked); absent:
 * nowhere.
 */
void issuer_page_begin(const struct issuer_exchange *exchange, struct mm_http_answer *answer, unsigned status,
    const char *title, struct mm_slice leads_to);
void issuer_page_end(struct mm_http_answer *answer);

/* A line of text in an element: escaped, with strong where it is not NULL. */
void issuer_page_add_line(struct mm_http_answer *answer, const char *before, struct mm_slice strong, const char *after);

/* What went wrong with the last try, for all to notice; field: the input that it is about, NULL none. */
void issuer_page_add_alert(struct mm_http_answer *answer, const char *text, const char *field);

/* The form of this path ("/sign-in"), and what it carries along unseen. */
void issuer_page_begin_form(const struct issuer_exchange *exchange, struct mm_http_answer *answer, const char *path);
void issuer_page_add_hidden(struct mm_http_answer *answer, enum issuer_parameter parameter, struct mm_slice value);
void issuer_page_add_button(struct mm_http_answer *answer, const char *text, const char *decision, bool is_main);
void issuer_page_end_form(struct mm_http_answer *answer);

/* What a client asks for, word by word, as people say it where we know. */
void issuer_page_add_scope(struct mm_http_answer *answer, struct mm_slice scope);

/* A page of one line, with a status. */
enum issuer_turn issuer_page_message(const struct issuer_exchange *exchange, struct mm_http_answer *answer,
    unsigned status, const char *title, struct mm_slice text);

/* The same, for those who may come again shortly. */
enum issuer_turn issuer_page_not_now(const struct issuer_exchange *exchange, struct mm_http_answer *answer,
    enum mm_sign_in_status status);

/*
 * Seal the form that is being made: over purpose, tenant, the browser's form cookie (which is set where it has none),
 * its session where with_session, and the parameters in list; each of them is added, hidden.
 */
void issuer_page_seal_form(struct issuer_exchange *exchange, struct mm_http_answer *answer, const char *purpose,
    struct mm_slice session, const enum issuer_parameter *list, size_t count);

/* Whether the form that was sent is one that this browser was given, unchanged. */
bool issuer_page_check_form(const struct issuer_exchange *exchange, const char *purpose, struct mm_slice session,
    const enum issuer_parameter *list, size_t count);

#endif
