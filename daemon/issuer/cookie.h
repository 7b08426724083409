/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cookies (RFC 6265): those of the request, and setting ours.
 *
 * The realm's name is in each name, so that two realms of one host keep apart. With https the names begin with
 * "__Host-": a browser then takes none that another host, another path or an unprotected answer wants to set.
 */
#ifndef MM_DAEMON_ISSUER_COOKIE_H
#define MM_DAEMON_ISSUER_COOKIE_H

#include "daemon/http/answer.h"
#include "daemon/issuer/realm.h"

#include <mintmark/slice.h>

#include <stddef.h>

enum issuer_cookie {
	ISSUER_COOKIE_SESSION, /* who is signed in */
	ISSUER_COOKIE_DEVICE,  /* this browser, whom a stranger's wrong passwords do not lock out */
	ISSUER_COOKIE_FORM,    /* what the forms of this browser are bound to */
	ISSUER_COOKIES
};

/* The longest value that is ours; others are passed over. */
#define ISSUER_COOKIE_LEN_MAX 62

#define ISSUER_COOKIE_NAME_LEN_MAX (MM_NAME_LEN_MAX + 32)

void issuer_cookie_name(const struct issuer_realm *realm, enum issuer_cookie cookie,
    char name[ISSUER_COOKIE_NAME_LEN_MAX]);

/*
 * The value of the one cookie of this name in a field "a=b; c=d"; absent where there is none, where it is there more
 * than once (somebody else set one of them), and where it is no word of base64url of at most ISSUER_COOKIE_LEN_MAX.
 */
struct mm_slice issuer_cookie_find(struct mm_slice field, const char *name);

/* Have a cookie set for so many seconds (0: until the browser ends); value is base64url. An empty one removes it. */
void issuer_cookie_set(struct mm_http_answer *answer, const struct issuer_realm *realm, enum issuer_cookie cookie,
    struct mm_slice value, unsigned age_s);

#endif
